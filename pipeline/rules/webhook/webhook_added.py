"""A webhook configuration is added.

## Why it matters

From now on the API server calls it for every request that it matches, in every namespace that its selectors do not
exclude. If it fails closed, those requests are rejected while its backend does not answer, for example while it starts.

## What to do

Check which requests it matches, that its backend is ready first, and that kube-system is excluded.
"""

from collections.abc import Iterator

from pipeline.core.analysis.removal import WEBHOOKS
from pipeline.core.analysis.webhook_entries import fails_closed
from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import listed


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    if change.action is not Action.ADDED:
        return
    hooks = [mapping(hook) for hook in sequence(change.resource.body.get("webhooks"))]
    closed = [str(hook.get("name", "")) for hook in hooks if fails_closed(hook)]
    asked = dict.fromkeys(
        str(resource)
        for hook in hooks
        for rule in sequence(hook.get("rules"))
        for resource in sequence(mapping(rule).get("resources"))
    )
    yield Hit(
        at(change),
        title=f"{change.id.kind} {change.id.name} is added{f', called for {listed(asked)}' if asked else ''}",
        impact="If its backend does not answer, those requests are rejected."
        if closed
        else "It may change or reject requests; if it does not answer, they are allowed.",
        fix="Make its backend ready first, and exclude kube-system.",
        severity=None if closed else Severity.LOW,
    )


_HOOK = (
    "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: a}\n"
    "webhooks: [{name: a.b.c%s, rules: [{resources: [pods]}]}]\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    each=check,
    kinds=WEBHOOKS,
    cases=(
        speaks("it fails closed by default", ("medium", ""), after=_HOOK % ""),
        speaks("it fails open", ("low", ""), after=_HOOK % ", failurePolicy: Ignore"),
        quiet("it existed before", before=_HOOK % "", after=_HOOK % ", timeoutSeconds: 5"),
        quiet("it is removed", before=_HOOK % ""),
    ),
)
