"""A webhook is added to a configuration that exists.

## Why it matters

From now on the API server calls it for every request that it matches. If it fails closed, those requests are rejected
while its backend does not answer: while it starts, and where the new path is not served by the old version of it.

## What to do

Check which requests it matches, and that its backend of the new version is ready first.
"""

from collections.abc import Iterator

from pipeline.core.analysis.removal import WEBHOOKS
from pipeline.core.analysis.webhook_entries import entries, fails_closed, renamed
from pipeline.core.diff.change import Action, FieldChange, ResourceChange
from pipeline.core.kube.path import MISSING
from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import listed


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    if change.action is not Action.CHANGED or renamed(change):
        return
    for field in entries(change):
        if field.old is MISSING and isinstance(field.new, dict):
            yield _hit(change, field)


def _hit(change: ResourceChange, field: FieldChange) -> Hit:
    webhook = mapping(field.new)
    closed = fails_closed(webhook)
    rules = [mapping(rule) for rule in sequence(webhook.get("rules"))]
    asked = dict.fromkeys(str(resource) for rule in rules for resource in sequence(rule.get("resources")))
    return Hit(
        at(change, field),
        title=f"{change.id.kind} {change.id.name}: webhook {webhook.get('name')} is added"
        + (f", called for {listed(asked)}" if asked else ""),
        impact="If its backend does not answer, those requests are rejected."
        if closed
        else "It may change or reject requests; if it does not answer, they are allowed.",
        fix=f"{change.id.kind} {change.id.name}: make sure that the new version of its backend is ready first.",
        severity=None if closed else Severity.LOW,
        claims=(Claim.of(change, field),),
    )


_HOOK = (
    "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {name: a}\n"
    "webhooks: [{name: a.b.c, rules: [{resources: [pods]}]}%s]\n"
)
_NEW = ", {name: d.e.f, rules: [{resources: [services]}]%s}"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    each=check,
    kinds=WEBHOOKS,
    cases=(
        speaks("it fails closed", ("medium", "webhooks[name=d.e.f]"), before=_HOOK % "", after=_HOOK % (_NEW % "")),
        speaks(
            "it fails open",
            ("low", "webhooks[name=d.e.f]"),
            before=_HOOK % "",
            after=_HOOK % (_NEW % ", failurePolicy: Ignore"),
        ),
        quiet("one is removed", before=_HOOK % (_NEW % ""), after=_HOOK % ""),
        quiet("one is renamed", before=_HOOK % "", after=(_HOOK % "").replace("a.b.c", "x.b.c")),
        quiet("the configuration is new", after=_HOOK % (_NEW % "")),
    ),
)
