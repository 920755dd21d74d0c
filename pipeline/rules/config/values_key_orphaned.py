"""The new chart does not know a value that we set.

## Why it matters

Helm silently ignores a value that no template reads. The setting is lost: what it hardened, sized or disabled goes
back to the chart's default.

## What to do

Find the key's new name in the chart's values.yaml or changelog and move our value there, or delete it if the feature
was removed.
"""

from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches

from pipeline.core.analysis.case_charts import chart, sides
from pipeline.core.analysis.lost_values import lost_values
from pipeline.core.charts.chart import Chart
from pipeline.core.charts.known_values import ChartValues, default_at, knows, leaves, scope_of
from pipeline.core.charts.template_reads import ValuesPath
from pipeline.core.charts.values import overlaid
from pipeline.core.charts.values_lines import where
from pipeline.core.charts.values_schema import refused, violations
from pipeline.core.risk.finding import Place, ResourceRef, Severity
from pipeline.core.risk.rule import Hit, Need, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    old, new = upgrade.before.chart, upgrade.after.chart
    assert old is not None
    assert new is not None
    before, after = scope_of(old), scope_of(new)
    own = {path: value for layer in upgrade.after.values for path, value in leaves(layer.data)}
    orphaned = [path for path in own if knows(before, path) and not knows(after, path)]
    idle = {path for path in orphaned if own[path] is None or default_at(before, path) == own[path]}
    stood = lost_values(upgrade)
    for orphan in sorted({_topmost(path, after) for path in orphaned} - _refused(upgrade, after)):
        below = [path for path in orphaned if path[: len(orphan)] == orphan]
        hit = _hit(orphan, upgrade, new, after, Severity.LOW if idle.issuperset(below) else None)
        places = dict.fromkeys(place for path in below for place in stood.get(path, ()))
        yield replace(hit, also=tuple(places))


def _refused(upgrade: Upgrade, after: ChartValues) -> frozenset[ValuesPath]:
    """What the new schema refuses outright: values-schema-violation speaks."""
    if not refused(upgrade.facts.refusal):
        return frozenset()
    return frozenset(violation.path for violation in violations(after, overlaid(upgrade.after.values)))


def _topmost(path: ValuesPath, after: ChartValues) -> ValuesPath:
    """The shortest part of the path that the new chart does not know: one moved map is one finding."""
    return next(path[:length] for length in range(1, len(path) + 1) if not knows(after, path[:length]))


def _hit(path: ValuesPath, upgrade: Upgrade, new: Chart, after: ChartValues, severity: Severity | None) -> Hit:
    dotted = ".".join(path)
    place = where(upgrade.after.values, path)
    near = get_close_matches(dotted, [".".join(known) for known, _ in leaves(after.defaults)], n=1, cutoff=0.75)
    guess = f", possibly {near[0]}," if near else ","
    return Hit(
        Place(ResourceRef.chart_file("values.yaml"), path),
        title=f"{place}: {new.name} {new.version} has no value {dotted}",
        impact="Helm silently ignores it: the setting is lost and the chart's default applies."
        if severity is None
        else "It only repeated what the old chart did anyway; Helm ignores it from now on.",
        fix=f"{place}: move the value to its new key{guess} or delete it if the feature was removed.",
        severity=severity,
        evidence=(place,),
    )


_TEMPLATE = "replicas: {{ .Values.web.replicas }} {{ toYaml .Values.spare }}"
_OLD = chart("1.0.0", "spare: {}\nweb:\n  replicas: 1\n", files={"templates/a.yaml": _TEMPLATE})
_NEW = chart("2.0.0", "spare: {}\nreplicaCount: 1\n", files={"templates/a.yaml": "{{ .Values.replicaCount }}"})

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    needs=(Need.CHART,),
    unrendered=True,
    whole=check,
    cases=(
        speaks(
            "a key that we set is removed, with its map",
            ("high", "web"),
            sides=sides(_OLD, _NEW, "web:\n  replicas: 3\n"),
        ),
        speaks(
            "a key that only removed a default",
            ("low", "web"),
            sides=sides(_OLD, _NEW, "web:\n  replicas: null\n"),
        ),
        quiet("we do not set the removed key", sides=sides(_OLD, _NEW)),
        quiet(
            "a key below a map that is empty by default is free-form", sides=sides(_OLD, _NEW, "spare: {any: thing}")
        ),
        quiet("the key never meant anything", sides=sides(_OLD, _NEW, "tpyo: 1")),
    ),
)
