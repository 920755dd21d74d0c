"""What ``kubectl get`` shows of a custom resource changes.

## Why it matters

Scripts that parse the columns of ``kubectl get`` read something else.

## What to do

Read values with ``-o json`` or ``-o jsonpath``.
"""

from collections.abc import Iterator

from pipeline.core.crd.case_crds import crd, version
from pipeline.core.crd.pairs import claim, edited_pairs
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_KEY = "additionalPrinterColumns"


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for pair, _, _ in edited_pairs(upgrade):
        paths = [change.path for change in pair.fields if change.under("spec", "versions", "*", _KEY)]
        if paths:
            yield Hit(
                pair.place(paths[0]),
                title=f"CRD {pair.name}: the columns of kubectl get change",
                impact="Scripts that parse these columns read something else.",
                fix="Read values with -o json or -o jsonpath.",
                also=tuple(pair.place(path) for path in paths[1:]),
                claims=claim(pair, *paths),
            )


_COLUMN = version(rest="additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.INFO,
    whole=check,
    cases=(
        speaks(
            "a column is added",
            ("info", "spec.versions[name=v1].additionalPrinterColumns"),
            before=crd(),
            after=crd(_COLUMN),
        ),
        quiet("they stay", before=crd(_COLUMN), after=crd(_COLUMN, scope="Cluster")),
    ),
)
