"""The new chart's schema rejects our values, so Helm does not render it.

## Why it matters

Helm validates the values against ``values.schema.json`` of the chart and of each dependency before it renders
anything. One wrong key stops the whole upgrade.

## What to do

Change the named key in our values file to what the schema allows.
"""

from collections.abc import Iterator

from pipeline.core.analysis.case_charts import chart, sides
from pipeline.core.charts.chart import Chart
from pipeline.core.charts.known_values import scope_of
from pipeline.core.charts.values import overlaid
from pipeline.core.charts.values_lines import where
from pipeline.core.charts.values_schema import ValuesViolation, named_by_helm, prefix_of, refused, violations
from pipeline.core.kube.path import MISSING, get, to_text
from pipeline.core.risk.finding import Place, ResourceRef, Severity
from pipeline.core.risk.rule import Hit, Need, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    new = upgrade.after.chart
    assert new is not None, "BUG: evaluated without a chart"
    if not refused(upgrade.facts.refusal):
        return
    scope = scope_of(new)
    broken = violations(scope, overlaid(upgrade.after.values))
    for violation in broken or named_by_helm(upgrade.facts.refusal, lambda name: prefix_of(name, scope)):
        yield _hit(violation, upgrade, new)


def _hit(violation: ValuesViolation, upgrade: Upgrade, new: Chart) -> Hit:
    path = violation.path
    place = where(upgrade.after.values, path)
    near = place or next((w for n in range(len(path) - 1, 0, -1) if (w := where(upgrade.after.values, path[:n]))), "")
    dotted = to_text(path) or "the values as a whole"
    rule = f" ({violation.file}: {'/'.join(violation.rule)})" if violation.file else ""
    missing = get(new.defaults, path) is MISSING and not place
    return Hit(
        Place(ResourceRef.chart_file(violation.file or "values.schema.json"), path),
        title=f"{f'{near}: ' if near else ''}{new.name} {new.version} rejects {dotted} ({violation.words})",
        impact=f"Helm renders nothing until this is fixed{rule}.",
        fix=f"{place}: change {dotted} to what the schema allows."
        if place
        else f"Set it in our values{f' (near {near})' if near else ''}; the schema says what is allowed."
        if missing
        else "Set it in our values: the chart's own default does not match its schema.",
        evidence=tuple(filter(None, (near,))),
    )


_SCHEMA = (
    '{"properties": {"web": {"additionalProperties": false, "properties": {"port": {"type": "integer"}}}},'
    ' "required": ["host"]}'
)
_NEW = chart("2.0.0", "web: {port: 80}\nhost: a\n", files={"values.schema.json": _SCHEMA})
_BARE = chart("2.0.0", "web: {port: 80}\n", files={"values.schema.json": _SCHEMA})
_OLD = chart("1.0.0", "web: {port: 80}\nhost: a\n")
_SAID = {
    "refusal": "values don't meet the specifications of the schema(s) in the following chart(s):\nweb:\n- at '/web'"
}

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    whole=check,
    needs=(Need.CHART,),
    unrendered=True,
    cases=(
        speaks("a key is unknown", ("blocker", "web.prot"), sides=sides(_OLD, _NEW, "web: {prot: 81}"), facts=_SAID),
        speaks("a type is wrong", ("blocker", "web.port"), sides=sides(_OLD, _NEW, "web: {port: '81'}"), facts=_SAID),
        speaks("a key is missing", ("blocker", ""), sides=sides(_OLD, _BARE), facts=_SAID),
        quiet("Helm fails for another reason", sides=sides(_OLD, _NEW, "web: {prot: 81}"), facts={"refusal": "boom"}),
        quiet("it renders", sides=sides(_OLD, _NEW, "web: {port: 81}")),
    ),
)
