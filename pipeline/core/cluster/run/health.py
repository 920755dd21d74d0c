"""Whether a live object is healthy: the rules of kstatus (sigs.k8s.io/cli-utils), with their gaps closed.

A status of an older generation is ignored: right after an update, it still has the previous conditions.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pipeline.core.cluster.api.error_text import clean
from pipeline.core.kube.resource import Body, mapping, sequence


class HealthState(StrEnum):
    CURRENT = "current"
    PROGRESSING = "progressing"
    FAILED = "failed"
    SUSPENDED = "suspended"
    TERMINATING = "terminating"


@dataclass(frozen=True, slots=True)
class Health:
    """``reason`` is one short line, empty where there is nothing to say."""

    state: HealthState
    reason: str = ""


_CURRENT = Health(HealthState.CURRENT)
_TELLS_ITS_GENERATION = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "PodDisruptionBudget"})
_GOOD = ("Ready", "Available", "Synced", "Healthy", "Programmed", "Accepted")
_BAD_WAITING = ("Err", "Crash", "ImagePull", "InvalidImage", "CreateContainer", "RunContainer")


def health(body: Body, *, binds_late: bool = False) -> Health:
    """Of one live object. ``binds_late``: its storage class waits for a consumer, so a pending claim is well."""
    metadata, status = mapping(body.get("metadata")), mapping(body.get("status"))
    if metadata.get("deletionTimestamp"):
        return Health(HealthState.TERMINATING, "it is being deleted")
    generation, observed = _number(metadata.get("generation")), status.get("observedGeneration")
    kind, group = str(body.get("kind") or ""), str(body.get("apiVersion") or "").rpartition("/")[0]
    late = observed is None and kind in _TELLS_ITS_GENERATION and group in ("apps", "policy")
    if late or (observed is not None and _number(observed) < generation):
        return Health(HealthState.PROGRESSING, "its controller has not seen it yet")
    if kind == "PersistentVolumeClaim" and not group:
        return _claim(status, binds_late=binds_late)
    rule = _RULES.get((group, kind))
    return rule(body, status) if rule else _by_conditions(status)


def health_of_absent(made: Body) -> Health:
    """Of an object that was made and is not there: a Job may have ended and been cleaned up (ttlSecondsAfterFinished).

    ``made`` is what the server said when it was written, empty where that is not known.
    """
    passing = made.get("kind") == "Job" and "ttlSecondsAfterFinished" in mapping(made.get("spec"))
    return _CURRENT if passing else Health(HealthState.FAILED, "it no longer exists")


def is_silent(body: Body) -> bool:
    """Nobody has said anything about the object yet: it has no status, or an empty one."""
    return not mapping(body.get("status"))


def health_of_pods(pods: list[Body]) -> Health:
    """Why pods do not come up: failed where a container does, and progressing without a reason where they say none."""
    for pod in sorted(pods, key=lambda pod: str(mapping(pod.get("metadata")).get("name"))):
        status = mapping(pod.get("status"))
        for container in map(mapping, sequence(status.get("containerStatuses"))):
            waiting = mapping(mapping(container.get("state")).get("waiting"))
            if str(waiting.get("reason") or "").startswith(_BAD_WAITING):
                said = f": {waiting['message']}" if waiting.get("message") else ""
                return _failed_container(container, f"is in {waiting['reason']}{said}")
            ended = mapping(mapping(container.get("state")).get("terminated"))
            if ended and _number(ended.get("exitCode")):
                return _failed_container(container, f"exited with {ended.get('exitCode')}")
        scheduled = _condition(status, "PodScheduled")
        if scheduled.get("status") == "False" and scheduled.get("message"):
            return Health(HealthState.PROGRESSING, clean(str(scheduled["message"])))
    return Health(HealthState.PROGRESSING)


def _failed_container(container: Mapping[str, Any], what: str) -> Health:
    return Health(HealthState.FAILED, clean(f"container {container.get('name')} {what}"))


def _deployment(body: Body, status: Mapping[str, Any]) -> Health:
    spec = mapping(body.get("spec"))
    if spec.get("paused") is True:
        return Health(HealthState.SUSPENDED, "it is paused")
    progressing = _condition(status, "Progressing")
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        return Health(HealthState.FAILED, _said(progressing, "the rollout exceeded its deadline"))
    wanted = _number(spec.get("replicas"), 1)
    updated, available, total = (_number(status.get(k)) for k in ("updatedReplicas", "availableReplicas", "replicas"))
    if updated < wanted:
        return Health(HealthState.PROGRESSING, f"{updated} of {wanted} pods are updated")
    if total > updated:
        return Health(HealthState.PROGRESSING, f"{total - updated} old pods are still there")
    if available < updated:
        return Health(HealthState.PROGRESSING, f"{available} of {wanted} pods are available")
    return _CURRENT


def _stateful_set(body: Body, status: Mapping[str, Any]) -> Health:
    spec = mapping(body.get("spec"))
    wanted, ready = _number(spec.get("replicas"), 1), _number(status.get("readyReplicas"))
    strategy = mapping(spec.get("updateStrategy"))
    if strategy.get("type") != "OnDelete":
        partition = _number(mapping(strategy.get("rollingUpdate")).get("partition"))
        if _number(status.get("updatedReplicas")) < max(0, wanted - partition):
            return Health(
                HealthState.PROGRESSING, f"{_number(status.get('updatedReplicas'))} of {wanted} pods are updated"
            )
        if not partition and wanted and status.get("currentRevision") != status.get("updateRevision"):
            return Health(HealthState.PROGRESSING, "the rollout is not finished")
    if ready < wanted:
        return Health(HealthState.PROGRESSING, f"{ready} of {wanted} pods are ready")
    waits = strategy.get("type") == "OnDelete" and status.get("currentRevision") != status.get("updateRevision")
    return Health(HealthState.CURRENT, "its pods change when they are deleted (OnDelete)") if waits else _CURRENT


def _daemon_set(_body: Body, status: Mapping[str, Any]) -> Health:
    wanted = _number(status.get("desiredNumberScheduled"))
    updated, available = _number(status.get("updatedNumberScheduled")), _number(status.get("numberAvailable"))
    if updated < wanted:
        return Health(HealthState.PROGRESSING, f"{updated} of {wanted} pods are updated")
    return (
        _CURRENT
        if available >= wanted
        else Health(HealthState.PROGRESSING, f"{available} of {wanted} pods are available")
    )


def _replica_set(body: Body, status: Mapping[str, Any]) -> Health:
    wanted, ready = _number(mapping(body.get("spec")).get("replicas"), 1), _number(status.get("availableReplicas"))
    return _CURRENT if ready >= wanted else Health(HealthState.PROGRESSING, f"{ready} of {wanted} pods are available")


def _job(body: Body, status: Mapping[str, Any]) -> Health:
    if _is(status, "Complete"):
        return _CURRENT
    if _is(status, "Failed"):
        return Health(HealthState.FAILED, _said(_condition(status, "Failed"), "the job failed"))
    if mapping(body.get("spec")).get("suspend") is True:
        return Health(HealthState.SUSPENDED, "it is suspended")
    return Health(HealthState.PROGRESSING, "the job is running")


def _pod(body: Body, status: Mapping[str, Any]) -> Health:
    phase = status.get("phase")
    if phase == "Succeeded" or _is(status, "Ready"):
        return _CURRENT
    pods = health_of_pods([body])
    if phase == "Failed" or pods.state is HealthState.FAILED:
        return Health(HealthState.FAILED, pods.reason or "the pod failed")
    return Health(HealthState.PROGRESSING, pods.reason or "the pod is not ready")


def _claim(status: Mapping[str, Any], *, binds_late: bool) -> Health:
    phase = status.get("phase")
    if phase == "Lost":
        return Health(HealthState.FAILED, "its volume is lost")
    return _CURRENT if phase == "Bound" or binds_late else Health(HealthState.PROGRESSING, "no volume is bound to it")


def _service(body: Body, status: Mapping[str, Any]) -> Health:
    if mapping(body.get("spec")).get("type") != "LoadBalancer":
        return _CURRENT
    has = sequence(mapping(status.get("loadBalancer")).get("ingress"))
    return _CURRENT if has else Health(HealthState.PROGRESSING, "no load balancer has an address for it")


def _definition(_body: Body, status: Mapping[str, Any]) -> Health:
    names, established = _condition(status, "NamesAccepted"), _condition(status, "Established")
    if names.get("status") == "False":
        return Health(HealthState.FAILED, _said(names, "its names are taken"))
    if established.get("status") == "False" and established.get("reason") not in ("Installing", None):
        return Health(HealthState.FAILED, _said(established, "it is not served"))
    good = names.get("status") == established.get("status") == "True"
    return _CURRENT if good else Health(HealthState.PROGRESSING, "it is not served yet")


def _api_service(_body: Body, status: Mapping[str, Any]) -> Health:
    if _is(status, "Available"):
        return _CURRENT
    return Health(HealthState.PROGRESSING, _said(_condition(status, "Available"), "it is not available yet"))


def _namespace(_body: Body, status: Mapping[str, Any]) -> Health:
    if status.get("phase") == "Terminating":
        return Health(HealthState.TERMINATING, "it is being deleted")
    return _CURRENT


def _by_conditions(status: Mapping[str, Any]) -> Health:
    """Custom resources, and whatever else tells by conditions."""
    stalled = _condition(status, "Stalled")
    if stalled.get("status") == "True":
        return Health(HealthState.FAILED, _said(stalled, "it is stalled"))
    if _is(status, "Reconciling"):
        return Health(
            HealthState.PROGRESSING, _said(_condition(status, "Reconciling"), "its controller is working on it")
        )
    for kind in _GOOD:
        condition = _condition(status, kind)
        if condition:
            good = condition.get("status") == "True"
            return _CURRENT if good else Health(HealthState.PROGRESSING, _said(condition, f"it is not {kind} yet"))
    return _CURRENT


_RULES: Mapping[tuple[str, str], Callable[[Body, Mapping[str, Any]], Health]] = {
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "ReplicaSet"): _replica_set,
    ("batch", "Job"): _job,
    ("batch", "CronJob"): lambda _body, _status: _CURRENT,
    ("", "Pod"): _pod,
    ("", "Service"): _service,
    ("", "Namespace"): _namespace,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    ("apiregistration.k8s.io", "APIService"): _api_service,
    ("autoscaling", "HorizontalPodAutoscaler"): lambda _body, _status: _CURRENT,
    ("policy", "PodDisruptionBudget"): lambda _body, _status: _CURRENT,
}


def _condition(status: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    conditions = (mapping(condition) for condition in sequence(status.get("conditions")))
    return next((condition for condition in conditions if condition.get("type") == kind), {})


def _is(status: Mapping[str, Any], kind: str) -> bool:
    return _condition(status, kind).get("status") == "True"


def _said(condition: Mapping[str, Any], otherwise: str) -> str:
    return clean(str(condition.get("message") or condition.get("reason") or otherwise))


def _number(value: Any, otherwise: int = 0) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise
