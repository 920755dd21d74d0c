"""Two Sidecars, PeerAuthentications or Telemetries claim all pods of one namespace.

An object of these kinds without a selector is for its whole namespace, and there may be one.

## Why it matters

Istio uses one of them, the oldest: what the others say has no effect, or takes effect after a reinstall.

## What to do

Merge them into one object, or give each a selector.
"""

from collections.abc import Iterator

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.side_index import SideIndex
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.memo import once
from pipeline.core.mesh.api_groups import ISTIO
from pipeline.core.mesh.route_parts import spec
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import listed

_KINDS = frozenset({"Sidecar", "PeerAuthentication", "Telemetry"})
_NARROWER = ("selector", "workloadSelector", "targetRef", "targetRefs")


def _is_for_all(resource: Resource) -> bool:
    return resource.id.group in ISTIO and not any(spec(resource).get(key) for key in _NARROWER)


@once
def _for_all(side: SideIndex) -> dict[tuple[str, str], list[Resource]]:
    """By kind and namespace, the objects that are for all of its pods."""
    resources_of: dict[tuple[str, str], list[Resource]] = {}
    for kind in sorted(_KINDS):
        for resource in filter(_is_for_all, side.kinds.get(kind, ())):
            resources_of.setdefault((kind, side.home(resource)), []).append(resource)
    return resources_of


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    if not _is_for_all(resource):
        return
    home = side.home(resource)
    others = [rival.id.name for rival in _for_all(side)[resource.kind, home] if rival.id != resource.id]
    if others:
        title = f"is for all pods of namespace {home}, as {resource.kind} {listed(sorted(others))}"
        yield StateFault(resource, ("spec",) if mapping(spec(resource)) else (), ("all",), title, certain=True)


def _one(kind: str, name: str, spec: str = "", namespace: str = "shop") -> str:
    group = "networking" if kind == "Sidecar" else "security" if kind == "PeerAuthentication" else "telemetry"
    return (
        f"apiVersion: {group}.istio.io/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}}}\n"
        f"spec: {{{spec}}}\n---\n"
    )


_STRICT, _EGRESS = "mtls: {mode: STRICT}", "egress: [{hosts: ['./*']}]"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=fault_check(
        _KINDS,
        _faults,
        impact="Istio uses the oldest of them: what the others say has no effect.",
        fix="Merge them into one object, or give each a selector.",
    ),
    shares=("custom-resource-changed",),
    cases=(
        speaks(
            "a second Sidecar of the namespace",
            ("high", "spec"),
            ("high", "spec"),
            before=_one("Sidecar", "a", _EGRESS),
            after=_one("Sidecar", "a", _EGRESS) + _one("Sidecar", "b", _EGRESS),
        ),
        speaks(
            "a selector is taken away",
            ("high", "spec"),
            ("high", "spec"),
            before=_one("PeerAuthentication", "a", _STRICT)
            + _one("PeerAuthentication", "b", f"selector: {{matchLabels: {{a: b}}}}, {_STRICT}"),
            after=_one("PeerAuthentication", "a", _STRICT) + _one("PeerAuthentication", "b", _STRICT),
        ),
        speaks(
            "one of the two says nothing",
            ("high", ""),
            ("high", "spec"),
            after=_one("Telemetry", "a") + _one("Telemetry", "b", "tracing: [{randomSamplingPercentage: 1}]"),
        ),
        quiet("other namespaces", after=_one("Sidecar", "a", _EGRESS) + _one("Sidecar", "a", _EGRESS, "other")),
        quiet(
            "the other has a selector",
            after=_one("Sidecar", "a", _EGRESS)
            + _one("Sidecar", "b", f"workloadSelector: {{labels: {{a: b}}}}, {_EGRESS}"),
        ),
        quiet(
            "a target is narrower, too",
            after=_one("Telemetry", "a")
            + _one("Telemetry", "b", "targetRefs: [{kind: Gateway, group: gateway.networking.k8s.io, name: edge}]"),
        ),
        quiet(
            "it was so before",
            before=_one("Sidecar", "a", _EGRESS) + _one("Sidecar", "b"),
            after=_one("Sidecar", "a", _EGRESS) + _one("Sidecar", "b", _EGRESS),
        ),
    ),
)
