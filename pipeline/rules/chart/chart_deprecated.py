"""The chart is deprecated.

## Why it matters

It is no longer maintained and gets no security fixes.

## What to do

Find the replacement that its maintainers recommend, and plan the move.
"""

from collections.abc import Iterator

from pipeline.core.analysis.case_charts import chart, sides
from pipeline.core.risk.finding import Place, ResourceRef, Severity
from pipeline.core.risk.rule import Hit, Need, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    old, new = upgrade.before.chart, upgrade.after.chart
    assert old is not None, "BUG: evaluated without a chart"
    assert new is not None, "BUG: evaluated without a chart"
    if new.metadata.get("deprecated") is True and old.metadata.get("deprecated") is not True:
        yield Hit(
            Place(ResourceRef.chart_file("Chart.yaml"), ("deprecated",)),
            title=f"{new.name} {new.version} is deprecated",
            impact="It is no longer maintained and gets no security fixes.",
            fix="Find the replacement that its maintainers recommend, and plan the move.",
        )


RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    whole=check,
    needs=(Need.CHART,),
    unrendered=True,
    cases=(
        speaks(
            "it is deprecated now",
            ("low", "deprecated"),
            sides=sides(chart("1.0.0"), chart("2.0.0", metadata="deprecated: true")),
        ),
        quiet(
            "it was before",
            sides=sides(chart("1.0.0", metadata="deprecated: true"), chart("2.0.0", metadata="deprecated: true")),
        ),
    ),
)
