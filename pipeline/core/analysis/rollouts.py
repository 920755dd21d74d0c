"""Which workloads replace their pods in an upgrade, how many pods that is, and which keep their old ones."""

from collections.abc import Iterable
from typing import NamedTuple

from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.kube.resource import mapping

_ROLLED = frozenset({"Deployment", "StatefulSet", "DaemonSet"})
_STRATEGY = {"StatefulSet": "updateStrategy", "DaemonSet": "updateStrategy"}
_OPERATED = {
    "monitoring.coreos.com": frozenset({"Prometheus", "PrometheusAgent", "Alertmanager", "ThanosRuler"}),
    "argoproj.io": frozenset({"Rollout"}),
    "opentelemetry.io": frozenset({"OpenTelemetryCollector"}),
    "kafka.strimzi.io": frozenset({"Kafka", "KafkaConnect", "KafkaMirrorMaker2", "KafkaNodePool"}),
    "postgresql.cnpg.io": frozenset({"Cluster", "Pooler"}),
    "elasticsearch.k8s.elastic.co": frozenset({"Elasticsearch"}),
    "kibana.k8s.elastic.co": frozenset({"Kibana"}),
    "rabbitmq.com": frozenset({"RabbitmqCluster"}),
    "jaegertracing.io": frozenset({"Jaeger"}),
    "grafana.integreatly.org": frozenset({"Grafana"}),
}
"""Custom resources of which an operator makes pods, from each operator's documentation: how many is its own to say."""


class Extent(NamedTuple):
    """What is restarted. ``replicas`` are the pods of ``workloads``, but for DaemonSets, whose number nodes decide."""

    workloads: int
    replicas: int
    daemon_sets: int
    operated: int
    """Custom resources whose operators may restart pods."""


NONE_RESTARTED = Extent(0, 0, 0, 0)


def extent(changes: Iterable[ResourceChange]) -> Extent:
    changed = list(changes)
    rolled = [change for change in changed if rolls(change)]
    operated = sum(1 for change in changed if _operated(change))
    return Extent(
        len(rolled), sum(map(_pods, rolled)), sum(change.id.kind == "DaemonSet" for change in rolled), operated
    )


def rolls(change: ResourceChange) -> bool:
    """Whether its pods are replaced: any change below the pod template does it, noise labels and checksums too."""
    return template_changes(change) and not kept_by(change) and not _has_none(change)


def template_changes(change: ResourceChange) -> bool:
    return change.id.kind in _ROLLED and any(field.under("spec", "template") for field in change.fields)


def kept_by(change: ResourceChange) -> str:
    """The setting that keeps all the old pods although the template changes; empty where none does."""
    spec = mapping(change.resource.body.get("spec"))
    strategy = mapping(spec.get(_STRATEGY.get(change.id.kind, "")))
    if strategy.get("type") == "OnDelete":
        return "updateStrategy OnDelete"
    if change.id.kind == "Deployment" and spec.get("paused") is True:
        return "paused: true"
    if change.id.kind == "StatefulSet" and 0 < _wanted(change) <= _partition(change):
        return f"partition {_partition(change)}"
    return ""


def _has_none(change: ResourceChange) -> bool:
    return change.id.kind != "DaemonSet" and _wanted(change) == 0


def _pods(change: ResourceChange) -> int:
    return 0 if change.id.kind == "DaemonSet" else _wanted(change) - _partition(change)


def _wanted(change: ResourceChange) -> int:
    replicas = mapping(change.resource.body.get("spec")).get("replicas", 1)
    return replicas if type(replicas) is int and replicas >= 0 else 1


def _partition(change: ResourceChange) -> int:
    """Pods of a StatefulSet with a lower number than this keep the old template."""
    if change.id.kind != "StatefulSet":
        return 0
    strategy = mapping(mapping(change.resource.body.get("spec")).get("updateStrategy"))
    partition = mapping(strategy.get("rollingUpdate")).get("partition", 0)
    return partition if type(partition) is int and partition > 0 else 0


def _operated(change: ResourceChange) -> bool:
    edited = change.action not in (Action.ADDED, Action.REMOVED)
    known = change.id.kind in _OPERATED.get(change.id.group, frozenset())
    return edited and known and any(field.under("spec") and not field.noise for field in change.fields)
