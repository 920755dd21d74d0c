"""A CRD is new.

## Why it matters

Nothing breaks by itself. The CRD may already be in the cluster from another chart or an older install: then two owners
write it from now on. What is in a chart's crds/ folder, Helm installs once and never upgrades.

## What to do

See that no other release delivers it. Its custom resources can only be applied once the API server serves it.
"""

from collections.abc import Iterator

from pipeline.core.crd.case_crds import crd
from pipeline.core.crd.pairs import claim, pairs
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_SHOWN = 4


def check(upgrade: Upgrade) -> Iterator[Hit]:
    new = [pair for pair in pairs(upgrade) if pair.before is None]
    if new:
        names = ", ".join(pair.name for pair in new[:_SHOWN])
        more = f" and {len(new) - _SHOWN} more" if len(new) > _SHOWN else ""
        yield Hit(
            new[0].place(),
            title=f"{len(new)} CRD{'s are' if len(new) > 1 else ' is'} new: {names}{more}",
            why="If another release or an older install has it already, two owners write it from now on.",
            remedy="See that no other release delivers it.",
            also=tuple(pair.place() for pair in new[1:]),
            claims=tuple(one for pair in new for one in claim(pair, ())),
        )


RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.INFO,
    whole=check,
    cases=(
        speaks("the chart starts shipping a CRD", ("info", ""), after=crd()),
        quiet("the CRD changes", before=crd(), after=crd(scope="Cluster")),
    ),
)
