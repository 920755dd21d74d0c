"""A webhook or a whole webhook configuration is removed, or a webhook is added to one.

## Why it matters

What a removed one enforced or injected is no longer done; an added one is called for requests from now on.

## What to do

Check that something else does its work now, and that the backend of an added webhook exists first.
"""

from collections.abc import Iterator

from pipeline.core.analysis.removal import WEBHOOKS, gone, kept
from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[:1] == ("webhooks",) and not path[2:]


_inside = object_check(
    _picks,
    FindingText(
        "webhooks added or removed",
        "What a removed one enforced is no longer done; an added one is called from now on.",
        "Check that something else does its work, and that the backend of an added one exists first.",
    ),
)


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for change in upgrade.diff.changes:
        if change.id.kind in WEBHOOKS:
            yield from _inside(change, upgrade)
    for change in (one for one in gone(upgrade) if one.id.kind in WEBHOOKS):
        keep = kept(change.resource)
        yield Hit(
            at(change),
            title=f"{change.id.kind} {change.id.name} is no longer rendered",
            why=f"It stays and still calls its backend ({keep})."
            if keep
            else "What it enforced or injected is no longer done.",
            remedy="Delete it by hand with its backend."
            if keep
            else "Check that something else enforces or injects it now.",
        )


_HOOK = (
    "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: a}\n"
    "webhooks: [{name: a.b.c%s}]\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    whole=check,
    cases=(
        speaks("one goes", ("medium", "webhooks[name=d.e.f]"), before=_HOOK % "}, {name: d.e.f", after=_HOOK % ""),
        speaks("all of it goes", ("medium", ""), before=_HOOK % ""),
        quiet("another timeout", before=_HOOK % "", after=_HOOK % ", timeoutSeconds: 5"),
    ),
)
