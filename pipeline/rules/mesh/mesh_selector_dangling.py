"""An object of Istio selects no pods any more, or targets a Gateway or Service that the upgrade takes away.

## Why it matters

It has no effect: a policy protects nothing, a Sidecar or an EnvoyFilter no longer shapes what it did.

## What to do

Align the selector with the new labels of the pods, or the target with the new name.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.side_index import SideIndex, pod_templates
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.mesh.api_groups import ISTIO
from pipeline.core.mesh.peer_authentication import ROOT
from pipeline.core.mesh.route_parts import spec
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import listed

_KINDS = frozenset(
    {"Sidecar", "EnvoyFilter", "RequestAuthentication", "PeerAuthentication", "AuthorizationPolicy", "Telemetry"}
    | {"WasmPlugin", "ProxyConfig", "DestinationRule"}
)


def _selector(resource: Resource) -> tuple[Path, Mapping[str, Any]]:
    for key in ("selector", "workloadSelector"):
        value = mapping(spec(resource).get(key))
        for inner in ("matchLabels", "labels"):
            if mapping(value.get(inner)):
                return ("spec", key), mapping(value.get(inner))
    return (), {}


def _selects(labels: Mapping[str, Any], namespace: str, side: SideIndex) -> bool:
    return any(
        labels.items() <= pods.labels.items() and namespace in (pods.namespace, ROOT) for pods in pod_templates(side)
    )


def _exists(kind: str, group: str, namespace: str, name: str, side: SideIndex) -> bool:
    return any(resource.id.name == name and side.home(resource) == namespace for resource in side.of(kind, group))


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    if resource.id.group not in ISTIO:
        return
    home = side.home(resource)
    path, labels = _selector(resource)
    if labels and not _selects(labels, home, side):
        title = f"selects no pods ({listed(f'{key}={value}' for key, value in labels.items())})"
        yield StateFault(resource, path, ("pods",), title, is_there=partial(_selects, labels, home), unsure=True)
    targets: list[tuple[Path, Any]] = [(("spec", "targetRef"), spec(resource).get("targetRef"))]
    targets += [
        (("spec", "targetRefs", n), target_ref)
        for n, target_ref in enumerate(sequence(spec(resource).get("targetRefs")))
    ]
    for at, value in targets:
        target = mapping(value)
        kind, name = str(target.get("kind")), str(target.get("name"))
        there = partial(_exists, kind, str(target.get("group") or ""), str(target.get("namespace") or home), name)
        if target and not there(side):
            yield StateFault(
                resource, at, (kind, name), f"targets {kind} {name}, which is gone", is_there=there, unsure=True
            )


_POLICY = (
    "apiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {name: jwt, namespace: %s}\n"
    "spec: {selector: {matchLabels: {app: web}}}\n---\n"
)
_POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: %s, namespace: shop, labels: {app: %s}}\n---\n"
_TARGET = (
    "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: a, namespace: shop}\n"
    "spec: {targetRefs: [{kind: Service, group: '', name: web}]}\n---\n"
)
_SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n---\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    whole=fault_check(
        _KINDS,
        _faults,
        impact="It has no effect: a policy protects nothing.",
        fix="Align the selector with the pods' new labels, or the target with the new name.",
    ),
    shares=("custom-resource-changed",),
    cases=(
        speaks(
            "the pods get another label",
            ("medium", "spec.selector"),
            before=_POLICY % "shop" + _POD % ("a", "web"),
            after=_POLICY % "shop" + _POD % ("b", "store"),
        ),
        speaks("the Service is removed", ("medium", "spec.targetRefs[0]"), before=_TARGET + _SERVICE, after=_TARGET),
        quiet(
            "a policy of the whole mesh",
            before=_POLICY % "istio-system" + _POD % ("a", "web"),
            after=_POLICY % "istio-system" + _POD % ("b", "web"),
        ),
        quiet("the pods are applied by others", before=_POD % ("a", "b"), after=_POLICY % "shop" + _POD % ("a", "b")),
    ),
)
