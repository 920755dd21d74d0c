"""The chart's version changes by a minor or patch version only, but something breaks.

## Why it matters

According to the chart's version number nothing should break (Semantic Versioning 2.0.0). If you take its minor
versions without reading them, or let a bot take them, this will happen again.

## What to do

Pin exact versions of this chart, and review each upgrade.
"""

from collections.abc import Iterator, Mapping, Sequence

from pipeline.core.analysis.case_charts import chart, sides
from pipeline.core.charts.semver import Version
from pipeline.core.kube.resource import ResourceId
from pipeline.core.risk.finding import Confidence, Finding, Place, ResourceRef, Severity
from pipeline.core.risk.rule import Hit, Need, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade, said: Sequence[Finding], _left: Mapping[ResourceId, tuple[int, ...]]) -> Iterator[Hit]:
    old, new = upgrade.before.chart, upgrade.after.chart
    assert old is not None, "BUG: evaluated without a chart"
    assert new is not None, "BUG: evaluated without a chart"
    grave = sorted({finding.rule for finding in said if finding.severity >= Severity.HIGH})
    step = _step(old.version, new.version)
    if grave and step and old.name == new.name:
        yield Hit(
            Place(ResourceRef.chart_file("Chart.yaml"), ("version",)),
            title=f"{new.name} {old.version} -> {new.version} is {step} with breaking changes: {', '.join(grave)}",
            impact="The chart's version numbers do not tell which upgrades are safe.",
            fix="Pin exact versions of this chart, and review each upgrade.",
        )


def _step(old: str, new: str) -> str:
    """What is said to break nothing; empty for a major version, for one below 1.0, and for a way back."""
    try:
        before, after = Version.parse(old).numbers, Version.parse(new).numbers
    except ValueError:
        return ""
    if before[0] != after[0] or not after[0] or after <= before:
        return ""
    return "a patch version" if before[1] == after[1] else "a minor version"


_WEB = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {selector: {matchLabels: {app: %s}}}\n"
_SELECTOR = ("immutable-workload-selector",)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.INFO,
    confidence=Confidence.PROVEN,
    needs=(Need.CHART,),
    last=check,
    cases=(
        speaks(
            "a patch breaks something",
            ("info", "version"),
            before=_WEB % "a",
            after=_WEB % "b",
            sides=sides(chart("1.0.0"), chart("1.0.1")),
            beside=_SELECTOR,
        ),
        quiet(
            "a major version may",
            before=_WEB % "a",
            after=_WEB % "b",
            sides=sides(chart("1.0.0"), chart("2.0.0")),
            beside=_SELECTOR,
        ),
        quiet("a patch breaks nothing", sides=sides(chart("1.0.0"), chart("1.0.1")), beside=_SELECTOR),
    ),
)
