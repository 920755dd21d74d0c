"""The chart moves to the next major version, or back by one or more.

## Why it matters

Maintainers make breaking changes in major versions, and list them in the upgrade notes. By itself the number breaks
nothing: the effects here are in the other findings.

## What to do

Read the upgrade notes of each major version in between.
"""

from collections.abc import Iterator

from pipeline.core.analysis.case_charts import chart, sides
from pipeline.core.charts.semver import Version
from pipeline.core.risk.finding import Place, ResourceRef, Severity
from pipeline.core.risk.rule import Hit, Need, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import counted


def check(upgrade: Upgrade) -> Iterator[Hit]:
    old, new = upgrade.before.chart, upgrade.after.chart
    assert old is not None, "BUG: evaluated without a chart"
    assert new is not None, "BUG: evaluated without a chart"
    try:
        majors = Version.parse(new.version).numbers[0] - Version.parse(old.version).numbers[0]
    except ValueError:
        return
    if (majors < 0 or majors == 1) and old.name == new.name:
        step = "a new major version" if majors > 0 else f"back by {counted(-majors, 'major version')}"
        yield Hit(
            Place(ResourceRef.chart_file("Chart.yaml"), ("version",)),
            title=f"{new.name} moves from {old.version} to {new.version}: {step}",
            impact="Major versions contain breaking changes; the upgrade notes list them.",
            fix="Read the upgrade notes of each major version in between.",
            severity=Severity.LOW if majors < 0 else None,
        )


RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.INFO,
    whole=check,
    needs=(Need.CHART,),
    unrendered=True,
    cases=(
        speaks("one major version", ("info", "version"), sides=sides(chart("1.0.0"), chart("2.0.0"))),
        speaks("a lower version", ("low", "version"), sides=sides(chart("4.0.0"), chart("1.0.0"))),
        quiet("several: chart-skips-versions speaks", sides=sides(chart("1.0.0"), chart("4.0.0"))),
        quiet("a minor one", sides=sides(chart("1.0.0"), chart("1.1.0"))),
    ),
)
