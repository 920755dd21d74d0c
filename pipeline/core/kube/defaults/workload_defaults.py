"""Defaults of workloads (pkg/apis/apps/v1 and batch/v1, defaults.go)."""

from collections.abc import Mapping
from typing import Any

from pipeline.core.kube.defaults.pod_defaults import fill, pod
from pipeline.core.kube.resource import Body, Resource, mapping, sequence

_IMPLICIT_SELECTOR = ("extensions/v1beta1", "apps/v1beta1")
"""API versions in which a workload without a selector got its pods' labels as one."""


def workload(body: Body, defaults: Mapping[str, Any]) -> dict[str, Any]:
    spec = body.setdefault("spec", {})
    if not isinstance(spec, dict):
        return {}
    fill(spec, defaults)
    template = spec.setdefault("template", {})  # without it and with an empty one it is the same to the server
    if isinstance(template, dict) and isinstance(template.setdefault("spec", {}), dict):
        pod(template["spec"])
    if str(body.get("apiVersion")).endswith(_IMPLICIT_SELECTOR):
        labels = mapping(mapping(mapping(template).get("metadata")).get("labels"))
        fill(spec, {"selector": {"matchLabels": dict(labels)}})
    return spec


def deployment(body: Body, _resource: Resource) -> None:
    spec = workload(body, {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600})
    strategy = spec.setdefault("strategy", {})
    if isinstance(strategy, dict) and strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        fill(strategy, {"rollingUpdate": {}})
        fill(strategy["rollingUpdate"], {"maxSurge": "25%", "maxUnavailable": "25%"})


def daemon_set(body: Body, _resource: Resource) -> None:
    spec = workload(body, {"revisionHistoryLimit": 10})
    strategy = spec.setdefault("updateStrategy", {})
    if isinstance(strategy, dict) and strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        fill(strategy, {"rollingUpdate": {}})
        fill(strategy["rollingUpdate"], {"maxSurge": 0, "maxUnavailable": 1})


def replica_set(body: Body, _resource: Resource) -> None:
    workload(body, {"replicas": 1})


def replication_controller(body: Body, _resource: Resource) -> None:
    """Its selector is its pods' labels, where it has none."""
    spec = workload(body, {"replicas": 1})
    labels = mapping(mapping(mapping(spec.get("template")).get("metadata")).get("labels"))
    fill(spec, {"selector": dict(labels)})


def stateful_set(body: Body, _resource: Resource) -> None:
    spec = workload(body, {"replicas": 1, "revisionHistoryLimit": 10, "podManagementPolicy": "OrderedReady"})
    fill(spec, {"persistentVolumeClaimRetentionPolicy": {}})
    fill(spec["persistentVolumeClaimRetentionPolicy"], {"whenDeleted": "Retain", "whenScaled": "Retain"})
    strategy = spec.setdefault("updateStrategy", {})
    if isinstance(strategy, dict):
        if "type" not in strategy:  # where the type is stated, the server leaves an absent rollingUpdate absent
            fill(strategy, {"type": "RollingUpdate", "rollingUpdate": {}})
        if strategy["type"] == "RollingUpdate":
            fill(strategy.get("rollingUpdate"), {"partition": 0, "maxUnavailable": 1})
    for template in sequence(spec.get("volumeClaimTemplates")):
        if isinstance(template, dict):
            fill(template, {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "spec": {}})
            fill(template["spec"], {"volumeMode": "Filesystem"})
            template.pop("status", None)


def job(body: Body, _resource: Resource) -> None:
    job_spec(workload(body, {}))


def job_spec(spec: dict[str, Any]) -> None:
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    fill(spec, {"parallelism": 1, "completionMode": "NonIndexed", "suspend": False, "manualSelector": False})
    failure = spec.get("podFailurePolicy")
    fill(spec, {"podReplacementPolicy": "Failed" if failure else "TerminatingOrFailed"})
    for rule in sequence(mapping(failure).get("rules")):
        for condition in sequence(mapping(rule).get("onPodConditions")):
            if isinstance(condition, dict):
                fill(condition, {"status": "True"})
    if "backoffLimitPerIndex" not in spec:
        fill(spec, {"backoffLimit": 6})


def cron_job(body: Body, _resource: Resource) -> None:
    spec = body.setdefault("spec", {})
    if not isinstance(spec, dict):
        return
    defaults = {"concurrencyPolicy": "Allow", "suspend": False, "successfulJobsHistoryLimit": 3}
    fill(spec, defaults | {"failedJobsHistoryLimit": 1})
    template = spec.setdefault("jobTemplate", {})
    if isinstance(template, dict) and isinstance(template.setdefault("spec", {}), dict):
        job_spec(workload(template, {}))
