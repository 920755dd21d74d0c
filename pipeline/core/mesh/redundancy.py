"""How many pods of a workload run at least, and what keeps them apart: for those that carry a whole mesh's traffic."""

from collections.abc import Iterator
from typing import NamedTuple

from pipeline.core.analysis.selection import selects
from pipeline.core.analysis.side_index import SideIndex, template
from pipeline.core.kube.pods import containers, pod_spec
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.mesh.control_plane import parts_of
from pipeline.core.mesh.injection import PROXY
from pipeline.core.mesh.route_parts import spec

_SERVING = frozenset({"Deployment", "StatefulSet"})


class Redundancy(NamedTuple):
    """``least`` is the number of pods, at least; the others say what there is."""

    least: int
    has_autoscaler: bool
    has_budget: bool
    is_spread: bool


def carries_the_mesh(workload: Resource) -> bool:
    """Whether it is a control plane, or a gateway: a proxy that is the workload's own and only program."""
    if workload.kind not in _SERVING:
        return False
    names = {str(container.get("name")) for container in containers(workload)}
    return names == {PROXY} or any(part.role == "istiod" for part in parts_of(workload))


def redundancy(workload: Resource, side: SideIndex) -> Redundancy:
    scalers = [scaler for scaler in _scalers(side) if _scales(scaler, workload, side)]
    replicas = spec(workload).get("replicas")
    floors = [spec(scaler).get("minReplicas", 1) for scaler in scalers] or [1 if replicas is None else replicas]
    pods, pod = template(workload, side.home(workload)), pod_spec(workload)
    budgets = (
        pod_disruption_budget
        for pod_disruption_budget in side.of("PodDisruptionBudget", "policy")
        if side.home(pod_disruption_budget) == pods.namespace
        and selects(mapping(spec(pod_disruption_budget).get("selector")), pods.labels)
    )
    spread = bool(mapping(pod.get("affinity")).get("podAntiAffinity")) or bool(pod.get("topologySpreadConstraints"))
    return Redundancy(
        min((n for n in floors if isinstance(n, int)), default=1), bool(scalers), any(True for _ in budgets), spread
    )


def _scalers(side: SideIndex) -> Iterator[Resource]:
    return side.of("HorizontalPodAutoscaler", "autoscaling")


def _scales(scaler: Resource, workload: Resource, side: SideIndex) -> bool:
    target = mapping(spec(scaler).get("scaleTargetRef"))
    same = (target.get("kind"), target.get("name")) == (workload.kind, workload.id.name)
    return same and side.home(scaler) == side.home(workload)
