"""The new chart has a switch, off by default, next to settings of ours.

## Why it matters

Our settings only have an effect if the switch is on. Without it they are silently ignored, and the objects that they
produced disappear.

## What to do

Turn the switch on in our values if you still need the feature.
"""

from collections.abc import Iterator

from pipeline.core.analysis.case_charts import chart, sides
from pipeline.core.charts.known_values import default_at, leaves, scope_of
from pipeline.core.charts.template_reads import ValuesPath
from pipeline.core.charts.values_lines import where
from pipeline.core.diff.change import Action
from pipeline.core.kube.path import MISSING
from pipeline.core.risk.finding import Confidence, Place, ResourceRef, Severity
from pipeline.core.risk.rule import Hit, Need, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_SWITCHES = ("enabled", "create")
_FEW = 5


def check(upgrade: Upgrade) -> Iterator[Hit]:
    old, new = upgrade.before.chart, upgrade.after.chart
    assert old is not None, "BUG: evaluated without a chart"
    assert new is not None, "BUG: evaluated without a chart"
    before, after = scope_of(old), scope_of(new)
    own = {path for layer in upgrade.after.values for path, _ in leaves(layer.data)}
    switches: dict[ValuesPath, ValuesPath] = {}
    for path in sorted(own):
        for switch in ((*path[:-1], word) for word in _SWITCHES):
            fresh = default_at(before, switch) is MISSING and default_at(after, switch) is False
            known = default_at(before, path[:-1]) is not MISSING
            if len(path) > 1 and fresh and known and switch not in own:
                switches.setdefault(switch, path)
    removed = [at(change) for change in upgrade.diff.of_action(Action.REMOVED)]
    for switch, path in switches.items():
        place = where(upgrade.after.values, path)
        yield Hit(
            Place(ResourceRef.chart_file("values.yaml"), switch),
            title=f"{place}: our value {'.'.join(path)} now needs {'.'.join(switch)}, which is new and off",
            impact="What it configures is no longer rendered.",
            fix=f"{place}: set {'.'.join(switch)} to true if you still need it.",
            also=tuple(removed) if len(removed) <= _FEW else (),
            evidence=(place,),
        )


_OLD, _NEW = chart("1.0.0", "budget: {}\n"), chart("2.0.0", "budget: {enabled: false}\n")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    confidence=Confidence.LIKELY,
    whole=check,
    needs=(Need.CHART,),
    unrendered=True,
    cases=(
        speaks(
            "a map that we set gets a switch",
            ("medium", "budget.enabled"),
            sides=sides(_OLD, _NEW, "budget: {min: 1}"),
        ),
        quiet("we turn it on", sides=sides(_OLD, _NEW, "budget: {min: 1, enabled: true}")),
        quiet("we do not use it", sides=sides(_OLD, _NEW, "other: 1")),
        quiet("it existed before", sides=sides(_NEW, _NEW, "budget: {min: 1}")),
    ),
)
