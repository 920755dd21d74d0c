"""A kind is used for the first time that neither Kubernetes nor a CRD in the repository defines.

## Why it matters

Unless the cluster has its CRD from somewhere else, the API server answers "no matches for kind".

## What to do

Add the release that installs the CRD and name it under ``needs``, or disable the object with a value.
"""

from collections.abc import Iterator

from pipeline.core.crd.case_crds import crd
from pipeline.core.crd.find import definitions
from pipeline.core.kube.apis import built_in_group
from pipeline.core.kube.kind_index import by_kind
from pipeline.core.kube.resource import ManifestSet, Resource
from pipeline.core.render.manifests import parse
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Need, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_AGGREGATED = "metrics.k8s.io"


def check(upgrade: Upgrade) -> Iterator[Hit]:
    others = upgrade.facts.repository_after
    assert others is not None, "BUG: evaluated without a repository"
    unknown: dict[tuple[str, str], list[Resource]] = {}
    for resource in upgrade.after.manifests.resources:
        key = _kind(resource)
        if not built_in_group(key[0]) and key[0] != _AGGREGATED:
            unknown.setdefault(key, []).append(resource)
    brought = _brought(upgrade.after.manifests) | _brought(others) if unknown else set()
    sides = [by_kind(side) for side in (upgrade.before.manifests, others)]
    for key in list(unknown):
        if key in brought or any(_kind(resource) == key for side in sides for resource in side.get(key[1], ())):
            del unknown[key]
    for (group, kind), resources in sorted(unknown.items()):
        places = [place(resource, ("apiVersion",)) for resource in resources]
        yield Hit(
            places[0],
            title=f"{kind}.{group} is used for the first time, and no CRD in the repository defines it",
            impact="Unless the cluster has its CRD from somewhere else, the apply fails: no matches for kind.",
            fix="Add the release that installs the CRD and name it under needs, or disable the object with a value.",
            also=tuple(places[1:]),
        )


def _kind(resource: Resource) -> tuple[str, str]:
    return resource.id.group, resource.id.kind


def _brought(manifests: ManifestSet) -> set[tuple[str, str]]:
    return {
        (one_definition.group, str(one_definition.names.get("kind")))
        for one_definition in definitions(manifests).values()
    }


_ONE = "apiVersion: example.org/v1\nkind: Widget\nmetadata: {name: a}\n"
_NOBODY = {"repository_after": parse("", namespace="shop")}

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    confidence=Confidence.LIKELY,
    whole=check,
    needs=(Need.REPOSITORY,),
    cases=(
        speaks("no CRD defines it", ("medium", "apiVersion"), after=_ONE, facts=_NOBODY),
        quiet("it was used before", before=_ONE, after=_ONE, facts=_NOBODY),
        quiet(
            "a CRD of another release defines it",
            after="apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\n",
            facts={"repository_after": parse(crd(), namespace="shop")},
        ),
        quiet("a built-in kind", after="apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n", facts=_NOBODY),
    ),
)
