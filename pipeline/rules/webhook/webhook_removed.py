"""A webhook or a whole webhook configuration is removed, or a webhook is added to one.

## Why it matters

What a removed one enforced or injected is no longer done; an added one is called for requests from now on.

## What to do

Check that something else does its work now, and that the backend of an added webhook exists first.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pipeline.core.analysis.removal import WEBHOOKS, gone, kept
from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.diff.change import FieldChange, ResourceChange
from pipeline.core.kube.path import MISSING, Path
from pipeline.core.kube.resource import mapping
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
            renamed = _renamed(change)
            yield from (_as_renamed(hit, renamed) if renamed else hit for hit in _inside(change, upgrade))
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


def _renamed(change: ResourceChange) -> dict[str, str]:
    """The new names by the old ones, where every webhook that went came back with nothing but another name."""
    fields = [field for field in change.fields if _picks(field, field.path)]
    gone = {str(mapping(field.old).get("name")): _rest(field.old) for field in fields if field.new is MISSING}
    came = {str(mapping(field.new).get("name")): _rest(field.new) for field in fields if field.old is MISSING}
    pairs = {old: new for old, rest in gone.items() for new, other in came.items() if rest == other}
    return pairs if len(set(pairs.values())) == len(gone) == len(came) == len(pairs) else {}


def _rest(webhook: object) -> dict[str, Any]:
    return {key: value for key, value in mapping(webhook).items() if key != "name"}


def _as_renamed(hit: Hit, names: dict[str, str]) -> Hit:
    said = ", ".join(f"{old} -> {new}" for old, new in sorted(names.items()))
    return replace(
        hit,
        title=f"{hit.place.resource.kind} {hit.place.resource.name}: webhook renamed: {said}",
        why="Its work is the same; only what refers to it by its old name breaks.",
        remedy="Search your policies and scripts for the old name.",
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
        speaks("one goes", ("medium", "webhooks[name=d.e.f]"), before=_HOOK % "}, {name: d.e.f", after=_HOOK % ""),
        speaks("all of it goes", ("medium", ""), before=_HOOK % ""),
        quiet("another timeout", before=_HOOK % "", after=_HOOK % ", timeoutSeconds: 5"),
    ),
)
