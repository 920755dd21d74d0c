"""A value that we set stood in the old manifests, and stands nowhere in the new ones.

## Why it matters

The new chart still has the key, but it has no effect any more: the setting is lost silently, and the chart's default
applies. Both charts were rendered with the same value, so what became of it is seen, not guessed.

## What to do

Look for the key's new name in the chart's values.yaml or changelog, and move our value there.
"""

from collections.abc import Iterator

from pipeline.core.analysis.case_charts import chart, sides
from pipeline.core.analysis.lost_values import lost_values
from pipeline.core.charts.known_values import knows, scope_of
from pipeline.core.charts.values_lines import where
from pipeline.core.risk.finding import Confidence, Place, ResourceRef, Severity
from pipeline.core.risk.rule import Hit, Need, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    assert upgrade.after.chart is not None, "BUG: evaluated without a chart"
    after = scope_of(upgrade.after.chart)
    for path, places in lost_values(upgrade).items():
        if not knows(after, path):
            continue  # values-key-orphaned speaks
        dotted, ours = ".".join(path), where(upgrade.after.values, path)
        yield Hit(
            Place(ResourceRef.chart_file("values.yaml"), path),
            title=f"{ours}: our value {dotted} is no longer rendered",
            impact=f"{upgrade.after.chart.name} {upgrade.after.chart.version} does not use it: the setting is lost.",
            fix=f"Move {dotted} to the key that the chart's values.yaml or changelog names now.",
            also=places,
            evidence=(ours, *(f"it stood in {place}" for place in places[:3])),
        )


_TEMPLATE = {"templates/a.yaml": "{{ .Values.hosts }}"}
_OLD, _NEW = (chart(version, "hosts: []\n", files=_TEMPLATE) for version in ("1.0.0", "2.0.0"))
_WEB = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec: {rules: [{host: %s}]}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("ingress-changed",),
    severity=Severity.HIGH,
    confidence=Confidence.LIKELY,
    needs=(Need.CHART,),
    whole=check,
    cases=(
        speaks(
            "the host that we set is replaced by a default",
            ("high", "hosts"),
            before=_WEB % "shop.example.org",
            after=_WEB % "chart.example.com",
            sides=sides(_OLD, _NEW, "hosts: [shop.example.org]"),
        ),
        quiet(
            "it is rendered elsewhere now",
            before=_WEB % "shop.example.org",
            after=_WEB % "www.shop.example.org",
            sides=sides(_OLD, _NEW, "hosts: [shop.example.org]"),
        ),
        quiet(
            "we set nothing",
            before=_WEB % "shop.example.org",
            after=_WEB % "chart.example.com",
            sides=sides(_OLD, _NEW),
        ),
    ),
)
