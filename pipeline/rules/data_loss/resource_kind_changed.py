"""A workload becomes one of another kind.

## Why it matters

The old one is deleted and the new one created: its pods stop, and a StatefulSet starts with empty volumes where a
Deployment had a claim of its own.

## What to do

Back up and move the data first; plan the gap.
"""

from collections.abc import Iterator

from pipeline.core.change import Action
from pipeline.core.finding import Severity
from pipeline.core.rule import Hit, Rule, at, quiet, speaks
from pipeline.core.upgrade import Upgrade

_WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"})


def check(upgrade: Upgrade) -> Iterator[Hit]:
    added = {
        (change.id.namespace, change.id.name): change
        for change in upgrade.diff.of_action(Action.ADDED)
        if change.id.kind in _WORKLOADS
    }
    for change in upgrade.diff.of_action(Action.REMOVED):
        other = added.get((change.id.namespace, change.id.name)) if change.id.kind in _WORKLOADS else None
        if other is not None:
            yield Hit(
                at(other),
                title=f"{change.id.kind} {change.id.name} becomes a {other.id.kind}",
                why="Its pods stop before the new ones start; volumes are not carried over.",
                remedy="Back up and move the data first; plan the gap.",
                also=(at(change),),
            )


_OLD = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: db}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=check,
    cases=(
        speaks(
            "it gets volumes of its own", ("high", ""), before=_OLD, after=_OLD.replace("Deployment", "StatefulSet")
        ),
        quiet("it stays", before=_OLD, after=_OLD),
        quiet("it goes", before=_OLD),
    ),
)
