"""A CRD of the Gateway API is older than what the control plane of Istio reads: it ignores the objects of that kind.

Istio takes the version from the annotation ``gateway.networking.k8s.io/bundle-version`` of the CRD.

## Why it matters

The routes and policies stay in the cluster, and Istio serves none of them: no error, no route.

## What to do

Upgrade the CRDs of the Gateway API first, then the control plane.
"""

from collections.abc import Iterator

from pipeline.core.analysis.side_index import SideIndex, sides
from pipeline.core.charts.semver import Version
from pipeline.core.kube.resource import CRD_KIND, Resource
from pipeline.core.mesh.api_groups import GATEWAY_API
from pipeline.core.mesh.control_plane import istio_parts
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_NEEDED = {
    "GRPCRoute": ("grpcroutes", (1, 23), "1.1.0"),
    "BackendTLSPolicy": ("backendtlspolicies", (1, 28), "1.4.0"),
    "TLSRoute": ("tlsroutes", (1, 30), "1.5.0"),
}
"""By kind: the name of its CRD, the Istio minor that reads it in a newer version, and the bundle that has that version.
istio/istio: pkg/kube/kclient/crdwatcher.go (minimumCRDVersions), releasenotes."""
_BUNDLE = "gateway.networking.k8s.io/bundle-version"


def check(upgrade: Upgrade) -> Iterator[Hit]:
    before, after = sides(upgrade)
    known = {kind for kind, _ in _ignored(before)}
    own = {resource.id for resource in upgrade.after.manifests.resources}
    for kind, (crd, plane) in _ignored(after):
        name, since, least = _NEEDED[kind]
        where = next((resource for resource in (crd, plane) if resource.id in own), None)
        if kind in known or where is None:
            continue
        number = sum(1 for _ in after.of(kind, GATEWAY_API))
        yield Hit(
            place(where),
            title=f"CRD {name} is older than {least}: Istio {since[0]}.{since[1]} and later ignore {number} {kind}",
            impact=f"No {kind} is served any more, without an error.",
            fix=f"Upgrade the CRDs of the Gateway API to {least} or later first.",
        )


def _ignored(side: SideIndex) -> Iterator[tuple[str, tuple[Resource, Resource]]]:
    """Each kind that has objects and that no control plane of the side reads, with its CRD and the control plane."""
    planes = [part for part in istio_parts(side) if part.role == "istiod"]
    crds = {definition.id.name: definition for definition in side.kinds.get(CRD_KIND, ())} if planes else {}
    for kind, (name, since, least) in _NEEDED.items():
        crd = crds.get(f"{name}.{GATEWAY_API}")
        if crd is None or not any(side.of(kind, GATEWAY_API)) or any(part.version < since for part in planes):
            continue
        version = _version(crd)
        if version is not None and version < Version.parse(least):
            yield kind, (crd, planes[0].workload)


def _version(crd: Resource) -> Version | None:
    return Version.or_none(str(crd.annotations.get(_BUNDLE, "")).removeprefix("v"))


def _state(istio: str, bundle: str, more: str = "") -> str:
    return (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: istiod}\n"
        f"spec: {{template: {{spec: {{containers: [{{name: a, image: 'docker.io/istio/pilot:{istio}'}}]}}}}}}\n---\n"
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
        f"metadata: {{name: grpcroutes.gateway.networking.k8s.io, annotations: {{{_BUNDLE}: {bundle}}}}}\n---\n{more}"
    )


_ROUTE = "apiVersion: gateway.networking.k8s.io/v1\nkind: GRPCRoute\nmetadata: {name: r}\nspec: {}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=check,
    shares=("image-changed", "crd-downgraded", "annotations-changed"),
    cases=(
        speaks(
            "the control plane asks for newer CRDs",
            ("high", ""),
            before=_state("1.22.0", "v1.0.0", _ROUTE),
            after=_state("1.23.0", "v1.0.0", _ROUTE),
        ),
        speaks(
            "the CRDs move back",
            ("high", ""),
            before=_state("1.24.0", "v1.2.1", _ROUTE),
            after=_state("1.24.0", "v1.0.0", _ROUTE),
        ),
        quiet("new enough", before=_state("1.22.0", "v1.1.0", _ROUTE), after=_state("1.23.0", "v1.1.0", _ROUTE)),
        quiet("no object of the kind", before=_state("1.22.0", "v1.0.0"), after=_state("1.23.0", "v1.0.0")),
        quiet("it was so before", before=_state("1.23.0", "v1.0.0", _ROUTE), after=_state("1.24.0", "v1.0.0", _ROUTE)),
        quiet("no version", before=_state("1.22.0", "main", _ROUTE), after=_state("1.23.0", "main", _ROUTE)),
    ),
)
