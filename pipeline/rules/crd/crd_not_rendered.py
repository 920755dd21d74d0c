"""The new chart ships a CRD that is not rendered, or that another release renders in its old form.

## Why it matters

The operator is upgraded but its CRDs are not: fields that it writes are dropped, kinds that it watches do not exist,
and it fails or does nothing. The upgrade notes of operators usually start with this warning.

## What to do

Render the CRDs with the chart (enable its CRD switch, remove the patch that drops them), or vendor the same version of
them as a separate release that is applied first.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.analysis.case_charts import chart, sides
from pipeline.core.charts.chart import Chart
from pipeline.core.crd.case_crds import crd
from pipeline.core.crd.shipped import Shipped, shipped
from pipeline.core.kube.resource import CRD_KIND, ManifestSet, Resource, mapping
from pipeline.core.render.manifests import parse
from pipeline.core.risk.finding import Place, ResourceRef, Severity
from pipeline.core.risk.rule import Hit, Need, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import agreeing, listed, noun_for

_SHOWN = 3


def check(upgrade: Upgrade) -> Iterator[Hit]:
    old, new = upgrade.before.chart, upgrade.after.chart
    assert old is not None, "BUG: evaluated without a chart"
    assert new is not None, "BUG: evaluated without a chart"
    now, before = _rendered(upgrade.after.manifests), _rendered(upgrade.before.manifests)
    left_out = [one for name, one in shipped(new).items() if name not in now and name not in before]
    if not left_out:
        return
    known, elsewhere = shipped(old), _rendered(upgrade.facts.repository_after or ManifestSet())
    changed = [one for one in left_out if one.name not in known or known[one.name].text != one.text]
    absent = [one for one in changed if one.name not in elsewhere and _in_use(one, upgrade)]
    stale = [one for one in changed if one.name in elsewhere and _stale(one, known, elsewhere[one.name])]
    if absent:
        yield _hit(absent, new, "not rendered, but objects here need {}")
    if stale:
        yield _hit(stale, new, "rendered by another release, as the old chart had {}")


def _rendered(manifests: ManifestSet) -> Mapping[str, Resource]:
    return {resource.id.name: resource for resource in manifests.of_kind(CRD_KIND)}


def _in_use(one: Shipped, upgrade: Upgrade) -> bool:
    """Whether any object is of its kind: nobody misses the CRDs of a dependency that is switched off."""
    spec = mapping(one.body().get("spec"))
    group, kind = spec.get("group"), mapping(spec.get("names")).get("kind")
    others = upgrade.facts.repository_after or ManifestSet()
    everything = (*upgrade.after.manifests.resources, *others.resources)
    return any((resource.id.group, resource.id.kind) == (group, kind) for resource in everything)


def _stale(one: Shipped, known: Mapping[str, Shipped], there: Resource) -> bool:
    """Whether the other release has what the old chart had, and not what the new one has."""
    held: Any = there.body.get("spec")
    return held != one.body().get("spec") and one.name in known and held == known[one.name].body().get("spec")


def _hit(missing: list[Shipped], new: Chart, how: str) -> Hit:
    names, many = listed((one.name for one in missing), _SHOWN), len(missing) > 1
    places = [Place(ResourceRef.chart_file(one.file)) for one in missing]
    return Hit(
        places[0],
        title=f"{noun_for(len(missing), 'CRD')} of {new.name} {new.version} {agreeing(len(missing), 'is')} "
        f"{how.format('them' if many else 'it')}: {names}",
        impact="The operator is newer than its CRDs: fields are dropped, and kinds are missing.",
        fix="Render the CRDs with the chart, or in a release that is applied first.",
        also=tuple(dict.fromkeys(places[1:])),
    )


_USED = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: mine, namespace: shop}\n"
_NEWER = crd().replace("metadata: {", "metadata: {labels: {a: b}, ")
_FILES = {"crds/w.yaml": crd()}
_CHARTS = sides(chart("1.0.0", files=_FILES), chart("2.0.0", files={"crds/w.yaml": _NEWER}))

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=check,
    needs=(Need.CHART,),
    cases=(
        speaks("a new version of the CRD is not rendered", ("high", ""), before=_USED, after=_USED, sides=_CHARTS),
        quiet("it is rendered", before=crd() + "---\n" + _USED, after=_NEWER + "---\n" + _USED, sides=_CHARTS),
        quiet("nothing uses it", sides=_CHARTS),
        quiet(
            "it did not change",
            before=_USED,
            after=_USED,
            sides=sides(chart("1.0.0", files=_FILES), chart("2.0.0", files=_FILES)),
        ),
        quiet(
            "another release renders it",
            before=_USED,
            after=_USED,
            sides=_CHARTS,
            facts={"repository_after": parse(_NEWER, namespace="")},
        ),
    ),
)
