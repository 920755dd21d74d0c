"""A webhook or a whole webhook configuration is removed, or a webhook gets another name.

## Why it matters

What a removed one enforced or injected is no longer done.

## What to do

Check that something else does its work now.
"""

from collections.abc import Iterator
from dataclasses import replace

from pipeline.core.analysis.change_text import entry_name
from pipeline.core.analysis.removal import WEBHOOKS, kept, not_replaced
from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.analysis.webhook_entries import renamed
from pipeline.core.diff.change import FieldChange, Op
from pipeline.core.kube.path import MISSING, Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def _picks(field: FieldChange, path: Path) -> bool:
    """Added webhooks are webhook-entry-added's, but for those that only have another name."""
    gone = field.old is not MISSING and field.op is not Op.REORDERED
    return path[:1] == ("webhooks",) and not path[2:] and gone


def _picks_renamed(field: FieldChange, path: Path) -> bool:
    return path[:1] == ("webhooks",) and not path[2:] and field.op is not Op.REORDERED


_TEXT = FindingText(
    "webhook {} removed",
    "What a removed one enforced is no longer done.",
    "Check that something else does its work.",
    say=lambda _, field: entry_name(field),
)
_inside, _inside_renamed = object_check(_picks, _TEXT), object_check(_picks_renamed, _TEXT)


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for change in upgrade.diff.changes:
        if change.id.kind in WEBHOOKS:
            names = renamed(change)
            inside = _inside_renamed if names else _inside
            yield from (_as_renamed(hit, names) if names else hit for hit in inside(change, upgrade))
    for change in (change for change in not_replaced(upgrade) if change.id.kind in WEBHOOKS):
        keep = kept(change.resource)
        yield Hit(
            at(change),
            title=f"{change.id.kind} {change.id.name} is no longer rendered",
            impact=f"It stays and still calls its backend ({keep})."
            if keep
            else "What it enforced or injected is no longer done.",
            fix="Delete it by hand with its backend."
            if keep
            else "Check that something else enforces or injects it now.",
        )


def _as_renamed(hit: Hit, names: dict[str, str]) -> Hit:
    said = ", ".join(f"{old} -> {new}" for old, new in sorted(names.items()))
    return replace(
        hit,
        title=f"{hit.place.resource.kind} {hit.place.resource.name}: webhook renamed ({said})",
        impact="Its work is the same; only what refers to it by its old name breaks.",
        fix="Search your policies and scripts for the old name.",
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
        speaks(
            "one is renamed",
            ("medium", "webhooks[name=a.b.c]"),
            before=_HOOK % ", rules: [{resources: [pods]}]",
            after=_HOOK.replace("a.b.c", "x.b.c") % ", rules: [{resources: [pods]}]",
        ),
        speaks(
            "one is removed", ("medium", "webhooks[name=d.e.f]"), before=_HOOK % "}, {name: d.e.f", after=_HOOK % ""
        ),
        speaks("the whole object is removed", ("medium", ""), before=_HOOK % ""),
        quiet("one is added", before=_HOOK % "", after=_HOOK % "}, {name: d.e.f"),
        quiet("another timeout", before=_HOOK % "", after=_HOOK % ", timeoutSeconds: 5"),
    ),
)
