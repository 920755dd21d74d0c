"""What the pods of workloads ask for, summed up as ResourceQuotas count it, and what LimitRanges fill in.

k8s.io/kubernetes: pkg/quota/v1/evaluator/core/pods.go, plugin/pkg/admission/limitranger.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from pipeline.core.analysis.side_index import PodTemplate, SideIndex
from pipeline.core.kube.pods import pod_spec
from pipeline.core.kube.quantity import quantity
from pipeline.core.kube.resource import Resource, mapping, sequence

_COUNTED = frozenset({"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "Pod", "DaemonSet"})
COMPUTE = ("requests.cpu", "requests.memory", "limits.cpu", "limits.memory")
_SHORT = {"cpu": "requests.cpu", "memory": "requests.memory"}


def quota_key(key: str) -> str:
    """A quota's ``cpu`` is ``requests.cpu``."""
    return _SHORT.get(key, key)


def pod_count(workload: Resource) -> int:
    """How many pods run at least: one of a DaemonSet, and none of a Job that may have ended."""
    if workload.kind not in _COUNTED:
        return 0
    replicas = mapping(workload.body.get("spec")).get("replicas")
    return replicas if isinstance(replicas, int) and workload.kind not in ("Pod", "DaemonSet") else 1


def own_containers(workload: Resource) -> Iterator[Mapping[str, Any]]:
    """Those that run all the time."""
    return map(mapping, sequence(pod_spec(workload).get("containers")))


def asked(container: Mapping[str, Any], key: str, filled: Mapping[str, Any]) -> Fraction | None:
    """The container's ``requests.cpu`` and so on: a limit stands in for a request, ``filled`` for both."""
    kind, _, name = key.partition(".")
    resources = mapping(container.get("resources"))
    own, limit = (mapping(resources.get(part)).get(name) for part in (kind, "limits"))
    of_range = mapping(filled.get("defaultRequest" if kind == "requests" else "default")).get(name)
    fallback = mapping(filled.get("default")).get(name)
    amounts = (quantity(amount) for amount in (own, limit if kind == "requests" else None, of_range, fallback))
    return next((amount for amount in amounts if amount is not None), None)


def pod_sum(workload: Resource, key: str, filled: Mapping[str, Any]) -> Fraction:
    """Of one pod."""
    return sum(
        (asked(own_container, key, filled) or Fraction(0) for own_container in own_containers(workload)), Fraction(0)
    )


def container_ranges(side: SideIndex, namespace: str) -> list[Mapping[str, Any]]:
    """The limits of type Container of a namespace's LimitRanges."""
    ranges = (limit_range for limit_range in side.of("LimitRange", "") if side.home(limit_range) == namespace)
    limits = (limit for range_ in ranges for limit in sequence(mapping(range_.body.get("spec")).get("limits")))
    return [limit for limit in map(mapping, limits) if limit.get("type") == "Container"]


def filled_in(side: SideIndex, namespace: str) -> Mapping[str, Any]:
    """``default`` and ``defaultRequest`` of a namespace."""
    defaults: dict[str, dict[str, Any]] = {"default": {}, "defaultRequest": {}}
    for limit in container_ranges(side, namespace):
        for key, known in defaults.items():
            known.update(mapping(limit.get(key)))
    return defaults


def quotas(side: SideIndex, namespace: str) -> list[Resource]:
    """The ResourceQuotas that count every pod of a namespace: those with scopes count some alone."""
    candidates = (
        resource_quota for resource_quota in side.of("ResourceQuota", "") if side.home(resource_quota) == namespace
    )
    return [
        candidate
        for candidate in candidates
        if not mapping(candidate.body.get("spec")).get("scopes")
        and not mapping(candidate.body.get("spec")).get("scopeSelector")
    ]


def used(side: SideIndex, pods: tuple[PodTemplate, ...], key: str, namespace: str) -> Fraction:
    """What all pods of a namespace ask for of ``requests.cpu`` and so on, or their number for ``pods``."""
    own = [pod.workload for pod in pods if pod.namespace == namespace]
    if key in ("pods", "count/pods"):
        return Fraction(sum(map(pod_count, own)))
    filled = filled_in(side, namespace)
    return sum((pod_count(workload) * pod_sum(workload, key, filled) for workload in own), Fraction(0))
