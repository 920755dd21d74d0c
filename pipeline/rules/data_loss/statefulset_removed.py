"""A StatefulSet leaves the render, or comes back under another name.

## Why it matters

Its pods are deleted. Its volume claims stay behind, unused, or are deleted with it where ``whenDeleted`` is Delete:
a StatefulSet of another name starts on empty volumes.

## What to do

Keep the name (``fullnameOverride``), or move the data: new claims from snapshots, then the switch.
"""

from collections.abc import Iterator

from pipeline.core.change import Action, ResourceChange
from pipeline.core.finding import Severity
from pipeline.core.removal import kept, removed
from pipeline.core.resource import mapping, sequence
from pipeline.core.rule import Hit, Rule, at, place, quiet, speaks
from pipeline.core.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for change in removed(upgrade):
        if change.id.kind == "StatefulSet":
            yield _hit(change, "is no longer rendered")
    for change in upgrade.diff.of_action(Action.RENAMED):
        if change.id.kind == "StatefulSet":
            yield _hit(change, f"is renamed to {change.id.name}")


def _hit(change: ResourceChange, what: str) -> Hit:
    before = change.before
    assert before is not None, "BUG: a removed or renamed object has an old side"
    spec = mapping(before.body.get("spec"))
    claims = bool(sequence(spec.get("volumeClaimTemplates")))
    deletes = mapping(spec.get("persistentVolumeClaimRetentionPolicy")).get("whenDeleted") == "Delete"
    fate = "are deleted with it" if deletes else "stay behind, attached to nothing"
    keep = kept(before)
    return Hit(
        place(before),
        title=f"StatefulSet {before.id.name} {what}",
        why=f"Its pods stop; its volume claims {fate}." if claims else "Its pods stop, and it has no volume claims.",
        remedy="Keep the name (fullnameOverride), or migrate its volume claims first."
        if claims
        else "Keep it by a chart value, or check that nothing needs its pods.",
        severity=Severity.LOW if keep else Severity.BLOCKER if claims else Severity.HIGH,
        also=() if change.after is None else (at(change),),
    )


_SET = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {replicas: 1"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    whole=check,
    cases=(
        speaks(
            "a database goes", ("blocker", ""), before=_SET + ", volumeClaimTemplates: [{metadata: {name: data}}]}\n"
        ),
        speaks("one without volumes goes", ("high", ""), before=_SET + "}\n"),
        quiet("it only scales", before=_SET + "}\n", after=_SET.replace("1", "2") + "}\n"),
    ),
)
