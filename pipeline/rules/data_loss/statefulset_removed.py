"""A StatefulSet is no longer rendered, or is renamed.

## Why it matters

Its pods are deleted. Its volume claims stay behind unused, or are deleted too if ``whenDeleted`` is Delete. A
StatefulSet with another name starts with empty volumes.

## What to do

Keep the name (``fullnameOverride``), or move the data: create new claims from snapshots, then switch.
"""

from collections.abc import Iterator

from pipeline.core.analysis.removal import kept, not_replaced
from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.diff.generated_names import differing
from pipeline.core.diff.similarity import ALIKE, Likeness
from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, at, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for change in not_replaced(upgrade):
        if change.id.kind == "StatefulSet":
            yield _hit(change, _successor(change, upgrade))


def _successor(change: ResourceChange, upgrade: Upgrade) -> ResourceChange | None:
    """A new StatefulSet that is this one under another name or in another namespace."""
    added = [one for one in upgrade.diff.of_action(Action.ADDED) if one.id.kind == "StatefulSet"]
    likeness = Likeness()
    scored = [
        (likeness.of(change.resource, one.resource, differing(change.id.name, one.id.name)), one.id, one)
        for one in added
    ]
    score, _, best = max(scored, default=(0.0, change.id, None))
    return best if score >= ALIKE else None


def _hit(change: ResourceChange, successor: ResourceChange | None) -> Hit:
    before = change.resource
    spec = mapping(before.body.get("spec"))
    claims = bool(sequence(spec.get("volumeClaimTemplates")))
    deletes = mapping(spec.get("persistentVolumeClaimRetentionPolicy")).get("whenDeleted") == "Delete"
    fate = "are deleted too" if deletes else "stay behind unused"
    keep = kept(before)
    what = f"is renamed to {_named(change, successor)}" if successor else "is no longer rendered"
    starts = ", and the new one starts with empty volumes" if successor else ""
    return Hit(
        place(before),
        title=f"StatefulSet {before.id.name} {what}",
        impact=f"Its pods are deleted; its volume claims {fate}{starts}."
        if claims
        else "Its pods are deleted. It has no volume claims.",
        fix="Keep the name (fullnameOverride), or migrate its volume claims first."
        if claims
        else "Keep it with a chart value, or check that nothing needs its pods.",
        severity=Severity.LOW if keep else Severity.BLOCKER if claims else Severity.HIGH,
        also=() if successor is None else (at(successor),),
    )


def _named(old: ResourceChange, new: ResourceChange) -> str:
    return new.id.name if old.id.namespace == new.id.namespace else f"{new.id.namespace}/{new.id.name}"


_SET = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {replicas: 1"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    whole=check,
    cases=(
        speaks(
            "a database is removed",
            ("blocker", ""),
            before=_SET + ", volumeClaimTemplates: [{metadata: {name: data}}]}\n",
        ),
        speaks(
            "a database has another name",
            ("blocker", ""),
            before=_SET + ", volumeClaimTemplates: [{metadata: {name: data}}], serviceName: db}\n",
            after=_SET.replace("db", "sql") + ", volumeClaimTemplates: [{metadata: {name: data}}], serviceName: sql}\n",
        ),
        speaks("a StatefulSet without volumes is removed", ("high", ""), before=_SET + "}\n"),
        quiet("it only scales", before=_SET + "}\n", after=_SET.replace("1", "2") + "}\n"),
    ),
)
