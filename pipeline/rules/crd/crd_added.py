"""A CRD is new.

## Why it matters

Nothing breaks by itself. If the CRD is already in the cluster from another chart or an older install, two owners write
it from now on. Helm installs what is in a chart's crds/ folder once and never upgrades it.

## What to do

Check that no other release installs it. Its custom resources can only be applied once the API server serves it.
"""

from collections.abc import Iterator

from pipeline.core.crd.case_crds import crd
from pipeline.core.crd.pairs import claim, pairs
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import counted, listed


def check(upgrade: Upgrade) -> Iterator[Hit]:
    new = [pair for pair in pairs(upgrade) if pair.before is None]
    if new:
        names = listed(pair.name for pair in new)
        yield Hit(
            new[0].place(),
            title=f"{counted(len(new), 'CRD')} added: {names}",
            impact="If another release or an older installation already has it, two owners now write it.",
            fix="Check that no other release installs it.",
            also=tuple(pair.place() for pair in new[1:]),
            claims=tuple(claimed for pair in new for claimed in claim(pair, ())),
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
