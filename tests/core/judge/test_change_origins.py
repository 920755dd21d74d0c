"""A change is the chart's, our values' or our overlay's; where both chart and values changed, only what can be told."""

from dataclasses import replace
from typing import Any

import pytest

from pipeline.core.analysis.case_charts import chart
from pipeline.core.charts.chart import ValuesLayer
from pipeline.core.charts.values import values_of
from pipeline.core.diff.change import Op
from pipeline.core.diff.compare import compare
from pipeline.core.judge.change_origins import change_origins
from pipeline.core.kube.resource import ManifestSet, Resource
from pipeline.core.render.notes import Notes
from pipeline.core.render.overlay_effects import Effect, effects
from pipeline.core.risk.upgrade import Side

OLD = replace(chart("1.0.0"), digest="sha256:1")
NEW = replace(chart("2.0.0"), digest="sha256:2")


def settings(**data: Any) -> Resource:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web", "namespace": "shop"}, "data": data}
    return Resource.of(body)


def side(resource: Resource | None, made_of: Any, values: str = "", overlay: Resource | None = None) -> Side:
    manifests = ManifestSet.of([resource] if resource else [])
    built = ManifestSet.of([overlay]) if overlay else manifests
    layer = ValuesLayer("values/web/common.yaml", values, values_of(values))
    return Side(built, made_of, (layer,), notes=Notes(overlaid=effects(manifests, built)))


def said(before: Side, after: Side) -> list[str]:
    diff = compare(before.manifests, after.manifests)
    (found,) = change_origins(diff.changes, before, after)
    return [str(found.whole), *map(str, found.fields)]


ONE, TWO = settings(type="ClusterIP"), settings(type="NodePort")


@pytest.mark.parametrize(
    ("before", "after", "origin"),
    [
        (side(ONE, OLD), side(TWO, NEW), "chart"),
        (side(ONE, OLD, "type: ClusterIP"), side(TWO, OLD, "type: NodePort"), "values"),
        (side(ONE, OLD), side(ONE, NEW, overlay=TWO), "overlay"),
        (side(ONE, OLD, overlay=TWO), side(ONE, OLD), "overlay"),
        (side(ONE, OLD, "type: ClusterIP"), side(TWO, NEW, "type: NodePort"), "values"),
        (side(ONE, OLD, "a: b"), side(TWO, NEW, "a: c"), ""),
        (side(ONE, OLD), side(TWO, OLD), ""),
        (side(ONE, None), side(TWO, None), ""),
    ],
)
def test_whose_change_a_field_is(before: Side, after: Side, origin: str) -> None:
    assert said(before, after) == ["", origin]


def test_beside_a_field_of_the_overlay_the_others_are_the_charts() -> None:
    patched = settings(type="NodePort", more="ours")
    before, after = side(ONE, OLD), side(TWO, NEW, overlay=patched)
    diff = compare(before.manifests, after.manifests)
    (found,) = change_origins(diff.changes, before, after)
    paths = [field.path[-1] for field in diff.changes[0].fields]
    assert dict(zip(paths, map(str, found.fields), strict=True)) == {"type": "chart", "more": "overlay"}


def test_whose_object_comes_or_goes() -> None:
    nothing = side(None, OLD)
    assert said(nothing, side(ONE, NEW)) == ["chart"]
    generated = replace(side(ONE, OLD), notes=Notes(overlaid=(Effect(ONE.id, Op.ADDED),)))
    assert said(nothing, generated) == ["overlay"]
    deleted = replace(side(None, OLD), notes=Notes(overlaid=(Effect(ONE.id, Op.REMOVED),)))
    assert said(side(ONE, OLD), deleted) == ["overlay"]


def test_where_something_else_differs_too_only_a_value_of_ours_is_told() -> None:
    before, after = side(ONE, OLD), side(TWO, NEW)
    diff = compare(before.manifests, after.manifests)
    assert [one.fields for one in change_origins(diff.changes, before, after, more=True)] == [("",)]
    before, after = side(ONE, OLD, "type: ClusterIP"), side(TWO, OLD, "type: NodePort")
    assert [one.fields for one in change_origins(diff.changes, before, after, more=True)] == [("values",)]
    ours = settings(port=81, mine=80), settings(port=82, mine=81)
    before, after = side(ours[0], OLD, "web: {size: 81}"), side(ours[1], OLD, "web: {size: 82}")
    diff = compare(before.manifests, after.manifests)
    (found,) = change_origins(diff.changes, before, after, more=True)
    paths = [field.path[-1] for field in diff.changes[0].fields]
    assert dict(zip(paths, map(str, found.fields), strict=True)) == {"port": "values", "mine": ""}
