"""A chart's default changes its type: for example, a list or a boolean becomes a map.

## Why it matters

A value of ours with the old type makes templates fail or render something else. If we do not set the key, it only
shows that the key works differently now.

## What to do

Rewrite our value in the form that the new chart's values.yaml shows.
"""

from collections.abc import Iterator

from pipeline.core.analysis.case_charts import chart, sides
from pipeline.core.analysis.changed_defaults import changed_defaults
from pipeline.core.charts.template_reads import ValuesPath
from pipeline.core.charts.values_lines import where
from pipeline.core.kube.path import MISSING, get
from pipeline.core.kube.resource import ManifestSet
from pipeline.core.risk.finding import Place, ResourceRef, Severity
from pipeline.core.risk.rule import Hit, Need, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import article


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for change in changed_defaults(upgrade):
        old, new = kind(change.old), kind(change.new)
        if old and new and old != new:
            dotted = ".".join(change.path)
            place = where(upgrade.after.values, change.own_path)
            ready = bool(place) and kind(_ours(upgrade, change.own_path)) == new
            yield Hit(
                Place(ResourceRef.chart_file(change.file), change.path),
                title=f"{change.file}: {dotted} was {article(old)} and is now {article(new)}"
                + (f"; we set it at {place}" if place else ""),
                impact="Our value already has the new type."
                if ready
                else "A value with the old type fails or renders something else."
                if place
                else "We do not set it."
                if _unset(upgrade)
                else "Values that set it with the old type fail, or render something else.",
                fix=f"{place}: check that it still means what you want."
                if ready
                else f"{place}: rewrite it in the form of the new values.yaml."
                if place
                else "Nothing to do."
                if _unset(upgrade)
                else "Rewrite the values that set it in the form of the new values.yaml.",
                severity=_grade(upgrade, set_here=bool(place), ready=ready),
            )


def _grade(upgrade: Upgrade, *, set_here: bool, ready: bool) -> Severity:
    """Where no repository shows who sets the key, somebody does."""
    if set_here and not ready:
        return Severity.HIGH
    return Severity.LOW if set_here or _unset(upgrade) else Severity.MEDIUM


def _unset(upgrade: Upgrade) -> bool:
    """Whether our values are known to be all that there are."""
    return upgrade.facts.repository_before is not None


def _ours(upgrade: Upgrade, path: ValuesPath) -> object:
    """What the last of our files that sets it sets."""
    values = (get(layer.data, path) for layer in reversed(upgrade.after.values))
    return next((value for value in values if value not in (MISSING, None)), None)


def kind(value: object) -> str:
    """The type's everyday name; empty for null and an empty text, which say nothing about the shape."""
    if value is None or value == "":
        return ""
    names = {bool: "boolean", int: "number", float: "number", str: "string", list: "list", dict: "map"}
    return names.get(type(value), "")


_FLAG = chart("1.0.0", "rootMount: true\nargs: ''\nport: 80\n")
_MAP = chart("2.0.0", "rootMount: {enabled: true}\nargs: {}\nport: 80.0\n")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    needs=(Need.CHART,),
    unrendered=True,
    whole=check,
    cases=(
        speaks(
            "a boolean that we set becomes a map", ("high", "rootMount"), sides=sides(_FLAG, _MAP, "rootMount: false")
        ),
        speaks(
            "our value is a map already",
            ("low", "rootMount"),
            sides=sides(_FLAG, _MAP, "rootMount: {enabled: false}"),
        ),
        speaks(
            "a boolean that we do not set becomes a map",
            ("low", "rootMount"),
            sides=sides(_FLAG, _MAP),
            facts={"repository_before": ManifestSet()},
        ),
        speaks(
            "a boolean becomes a map, and who sets it is unknown", ("medium", "rootMount"), sides=sides(_FLAG, _MAP)
        ),
        speaks(
            "an empty map becomes an empty list",
            ("medium", "args"),
            sides=sides(chart("1.0.0", "args: {}\n"), chart("2.0.0", "args: []\n")),
        ),
        quiet("nothing changes its type", sides=sides(_FLAG, _FLAG, "rootMount: false")),
    ),
)
