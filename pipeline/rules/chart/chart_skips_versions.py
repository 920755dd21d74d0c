"""The upgrade skips major versions of the chart, or minor versions although the chart says that none may be skipped.

## Why it matters

A migration that is part of a skipped version never runs: data keeps an old format, objects keep an old owner. Many
projects only test the step from one version to the next.

## What to do

Upgrade through the versions in between, one at a time, and wait until each is healthy. Read the notes of each.
"""

import re
from collections.abc import Iterator, Mapping

from pipeline.core.analysis.case_charts import chart, sides
from pipeline.core.charts.chart import Chart
from pipeline.core.charts.semver import Version
from pipeline.core.risk.finding import Confidence, Place, ResourceRef, Severity
from pipeline.core.risk.rule import Hit, Need, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

# What charts write in their README, notes and values where they want every step taken.
_POLICY = re.compile(
    r"\b(?:(?:one|single)\s+(?P<one>major|minor)\s+(?:version|release)s?\s+at\s+a\s+time"
    r"|(?:do\s+not|don't|never|not\s+supported\s+to|cannot)\s+skip\w*\s+(?:a\s+|any\s+)?(?P<two>major|minor)"
    r"|skipping\s+(?:of\s+)?(?:a\s+|any\s+)?(?P<three>major|minor)\s+(?:version|release)s?\s+is\s+not)\b",
    re.IGNORECASE,
)
_TEXTS = ("README.md", "UPGRADE.md", "UPGRADING.md", "CHANGELOG.md", "templates/NOTES.txt", "values.yaml")
_SHOWN = 4


def check(upgrade: Upgrade) -> Iterator[Hit]:
    old, new = upgrade.before.chart, upgrade.after.chart
    assert old is not None, "BUG: evaluated without a chart"
    assert new is not None, "BUG: evaluated without a chart"
    if old.name != new.name:
        return
    policies = _policies(new)
    steps = _between(old.version, new.version, 0)
    if len(steps) > 1:
        yield _hit(old, new, steps, policies.get("major", ""))
        return
    for field, versions in (("version", (old.version, new.version)), ("appVersion", _app_versions(old, new))):
        minors = _between(*versions, 1)
        if len(minors) > 1 and "minor" in policies:
            yield _hit(old, new, minors, policies["minor"], field)
            return


def _policies(new: Chart) -> Mapping[str, str]:
    """What the chart says about steps: a sentence of its own by ``major`` and ``minor``."""
    policies: dict[str, str] = {}
    for file in _TEXTS:
        text = new.files.get(file, "")
        lower = text.lower()
        if "major" not in lower and "minor" not in lower:
            continue  # a hundred times as fast as the expression
        for match in _POLICY.finditer(text):
            level = (match["one"] or match["two"] or match["three"]).lower()
            policies.setdefault(level, f"{file}:{text.count(chr(10), 0, match.start()) + 1}: {match.group()}")
    return policies


def _app_versions(old: Chart, new: Chart) -> tuple[str, str]:
    return str(old.metadata.get("appVersion") or ""), str(new.metadata.get("appVersion") or "")


def _between(old: str, new: str, place: int) -> list[str]:
    """The steps from ``old`` to ``new`` by major (0) or minor (1) versions, the last one included."""
    try:
        start, end = Version.parse(old).numbers, Version.parse(new).numbers
    except ValueError:
        return []
    if start[:place] != end[:place]:
        return []
    prefix = "".join(f"{number}." for number in start[:place])
    return [f"{prefix}{number}" for number in range(start[place] + 1, end[place] + 1)]


def _hit(old: Chart, new: Chart, steps: list[str], policy: str, field: str = "version") -> Hit:
    left_out = steps[:-1]
    shown = ", ".join(left_out[:_SHOWN]) + (f", … {left_out[-1]}" if len(left_out) > _SHOWN else "")
    plan = " -> ".join(steps if len(steps) <= _SHOWN else [*steps[: _SHOWN - 1], "…", steps[-1]])
    return Hit(
        Place(ResourceRef.chart_file("Chart.yaml"), (field,)),
        title=f"{new.name} moves from {old.version} to {new.version} and skips {shown}",
        impact="The chart requires every step to be taken: a migration of a skipped version would never run."
        if policy
        else "A migration of a skipped version would never run.",
        fix=f"Upgrade one step at a time: {plan}. Read the notes of each.",
        severity=Severity.MEDIUM if policy else None,
        confidence=Confidence.LIKELY if policy else None,
        evidence=(policy,) if policy else (),
    )


_SAYS = {"README.md": "Upgrades must go one minor version at a time.\n"}

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    whole=check,
    needs=(Need.CHART,),
    unrendered=True,
    cases=(
        speaks("two major versions are skipped", ("low", "version"), sides=sides(chart("1.0.0"), chart("4.0.0"))),
        speaks(
            "the chart wants each minor",
            ("medium", "version"),
            sides=sides(chart("1.1.0"), chart("1.4.0", files=_SAYS)),
        ),
        quiet("the next major", sides=sides(chart("1.9.0"), chart("2.0.0"))),
        quiet("the next minor", sides=sides(chart("1.1.0"), chart("1.2.0", files=_SAYS))),
        quiet("minors of a chart that says nothing", sides=sides(chart("1.1.0"), chart("1.4.0"))),
        quiet("a lower version", sides=sides(chart("4.0.0"), chart("1.0.0"))),
    ),
)
