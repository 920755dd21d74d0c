"""A Namespace is no longer rendered.

## Why it matters

Deleting a Namespace deletes everything in it, whoever created it: volumes, secrets, other teams' workloads.

## What to do

Keep the Namespace: never prune one. Move or delete its contents first, by hand and by name.
"""

from collections.abc import Iterator

from pipeline.core.analysis.removal import kept, removed
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for change in removed(upgrade):
        if change.id.kind == "Namespace" and not change.id.group:
            keep = kept(change.resource)
            yield Hit(
                at(change),
                title=f"Namespace {change.id.name} is no longer rendered",
                impact=f"It stays in the cluster without an owner ({keep})."
                if keep
                else "Pruning it deletes everything in it.",
                fix="Keep it, or move its contents before you remove it.",
                severity=Severity.LOW if keep else Severity.BLOCKER,
            )


_NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    whole=check,
    cases=(
        speaks("the chart stops making its Namespace", ("blocker", ""), before=_NAMESPACE),
        quiet("the chart starts rendering one", after=_NAMESPACE),
    ),
)
