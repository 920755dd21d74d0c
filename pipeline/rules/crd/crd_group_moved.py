"""A CRD is removed, and another group has one of the same kind.

## Why it matters

Custom resources of the old group are no longer reconciled, and are deleted with their CRD if it is pruned.

## What to do

Keep both CRDs for one release, move your custom resources to the new group, then remove the old one.
"""

from collections.abc import Iterator

from pipeline.core.crd.case_crds import crd
from pipeline.core.crd.pairs import CrdPair, claim, pairs
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    every = pairs(upgrade)
    new = {pair.definition.kind: pair for pair in every if pair.before is None}
    for pair in every:
        other = new.get(pair.definition.kind) if pair.after is None else None
        if other is not None and pair.definition.group != other.definition.group:
            yield _hit(pair, other)


def _hit(old: CrdPair, new: CrdPair) -> Hit:
    return Hit(
        old.place(),
        title=f"{old.definition.kind} moves from {old.definition.group} to {new.definition.group}",
        impact="Custom resources of the old group are no longer reconciled, and are deleted with their CRD.",
        fix="Keep both CRDs for one release, and move your custom resources first.",
        also=(new.place(),),
        claims=(*claim(old, ()), *claim(new, ())),
    )


_MOVED = crd().replace("example.com", "example.io")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    whole=check,
    cases=(
        speaks("the group changes", ("blocker", ""), before=crd(), after=_MOVED),
        quiet("both groups are rendered", before=crd(), after=f"{crd()}---{_MOVED}"),
    ),
)
