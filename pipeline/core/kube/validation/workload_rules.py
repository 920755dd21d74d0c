"""Rules across fields of a workload: its selector and template, its strategy, its restart policy.

Source: k8s.io/kubernetes/pkg/apis/apps/validation and pkg/apis/batch/validation.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.kube.validation.invalid import Context, Invalid, Span
from pipeline.core.kube.validation.labels import empty, matches
from pipeline.core.kube.validation.lenient import mapping, number
from pipeline.core.kube.validation.pod_rules import one_of
from pipeline.core.kube.validation.predicates import label
from pipeline.core.yaml.positions import Steps

_DEADLINE_S = 600
_MOST_INDEX_DIGITS = 63


def _selected(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    """The selector selects the pods of the template, and not everything."""
    selector = value.get("selector")
    if not isinstance(selector, dict):
        return
    if empty(selector):
        yield Invalid((*path, "selector"), "selector", "not empty", selector)
    elif not matches(selector, _labels(value)):
        yield Invalid((*path, "template", "metadata", "labels"), "labels", "what the selector selects", _labels(value))


def _selected_equal(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    """The same for a ReplicationController, whose selector is a map of labels."""
    selector, labels = mapping(value.get("selector")), _labels(value)
    if selector and not matches({"matchLabels": selector}, labels):
        yield Invalid((*path, "template", "metadata", "labels"), "labels", "what the selector selects", labels)
    elif not selector and isinstance(value.get("template"), dict) and not labels:
        yield Invalid((*path, "selector"), "selector", "set", "", missing=True)


def _labels(value: Mapping[str, Any]) -> dict[str, Any]:
    return mapping(mapping(mapping(value.get("template")).get("metadata")).get("labels"))


def _deployment(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    deadline = number(value.get("progressDeadlineSeconds"), _DEADLINE_S)
    if deadline <= number(value.get("minReadySeconds"), 0):
        wanted = "more than minReadySeconds"
        yield Invalid((*path, "progressDeadlineSeconds"), "progressDeadlineSeconds", wanted, deadline)
    strategy = mapping(value.get("strategy"))
    rolling = mapping(strategy.get("rollingUpdate"))
    if strategy.get("type") == "Recreate" and rolling:
        wanted = "absent: the strategy is Recreate"
        yield Invalid((*path, "strategy", "rollingUpdate"), "rollingUpdate", wanted, rolling)
    elif _zero(rolling.get("maxUnavailable")) and _zero(rolling.get("maxSurge")):
        wanted = "above 0 where maxSurge is 0"
        where = (*path, "strategy", "rollingUpdate", "maxUnavailable")
        yield Invalid(where, "maxUnavailable", wanted, rolling["maxUnavailable"])


def _zero(value: Any) -> bool:
    return value in (0, "0%") and not isinstance(value, bool)


def _daemon_set(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    rolling = mapping(mapping(value.get("updateStrategy")).get("rollingUpdate"))
    unavailable, surge = rolling.get("maxUnavailable", 1), rolling.get("maxSurge", 0)
    if rolling and _zero(unavailable) and _zero(surge):
        where = (*path, "updateStrategy", "rollingUpdate", "maxUnavailable")
        yield Invalid(where, "maxUnavailable", "above 0 where maxSurge is 0", unavailable)
    elif rolling.get("maxSurge") is not None and not _zero(unavailable) and not _zero(surge):
        where = (*path, "updateStrategy", "rollingUpdate", "maxSurge")
        yield Invalid(where, "maxSurge", "0 where maxUnavailable is above 0", surge)


def _stateful_set(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    strategy = mapping(value.get("updateStrategy"))
    if strategy.get("type") == "OnDelete" and strategy.get("rollingUpdate"):
        wanted = "absent: the strategy is OnDelete"
        where = (*path, "updateStrategy", "rollingUpdate")
        yield Invalid(where, "rollingUpdate", wanted, strategy["rollingUpdate"])


def _always(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    yield from _restarts(value, path, ("Always", "", None))


def _job(value: Mapping[str, Any], path: Steps, context: Context) -> Iterator[Invalid]:
    yield from _restarts(value, path, ("OnFailure", "Never"))
    if value.get("completionMode") != "Indexed":
        if value.get("backoffLimitPerIndex") is not None:
            wanted = "absent unless completionMode is Indexed"
            where = (*path, "backoffLimitPerIndex")
            yield Invalid(where, "backoffLimitPerIndex", wanted, value["backoffLimitPerIndex"])
        if value.get("successPolicy"):
            wanted = "absent unless completionMode is Indexed"
            yield Invalid((*path, "successPolicy"), "successPolicy", wanted, value["successPolicy"])
        return
    completions = value.get("completions")
    if completions is None:
        yield Invalid((*path, "completions"), "completions", "set", "", missing=True)
        return
    name = mapping(context.body.get("metadata")).get("name")
    if context.kind == "batch.v1.Job" and isinstance(name, str) and isinstance(completions, int) and completions > 0:
        pod = f"{name}-{completions - 1}"
        if not label(pod):
            wanted = "short and plain enough for the pods' host names, NAME-INDEX"
            yield Invalid(("metadata", "name"), "name", wanted, name)


def _restarts(value: Mapping[str, Any], path: Steps, accepted: tuple[str | None, ...]) -> Iterator[Invalid]:
    template = value.get("template")
    spec = mapping(mapping(template).get("spec"))
    if not spec:
        return
    policy = spec.get("restartPolicy")
    if policy not in accepted:
        words = " or ".join(word for word in accepted if word)
        yield Invalid((*path, "template", "spec", "restartPolicy"), "restartPolicy", words, policy or "")


def _deadline(value: Mapping[str, Any], path: Steps, context: Context) -> Iterator[Invalid]:
    """Pods that run for ever have no deadline."""
    if context.kind in _EVERLASTING and value.get("activeDeadlineSeconds") is not None:
        wanted = "absent: these pods run for ever"
        where = (*path, "activeDeadlineSeconds")
        yield Invalid(where, "activeDeadlineSeconds", wanted, value["activeDeadlineSeconds"])


_EVERLASTING = {
    "apps.v1.Deployment",
    "apps.v1.DaemonSet",
    "apps.v1.StatefulSet",
    "apps.v1.ReplicaSet",
    "core.v1.ReplicationController",
}

WORKLOADS: Mapping[str, tuple[Span, ...]] = {
    "apps.v1.DeploymentSpec": (_selected, _deployment, _always),
    "apps.v1.DaemonSetSpec": (_selected, _daemon_set, _always),
    "apps.v1.StatefulSetSpec": (_selected, _stateful_set, _always),
    "apps.v1.ReplicaSetSpec": (_selected, _always),
    "core.v1.ReplicationControllerSpec": (_selected_equal, _always),
    "batch.v1.JobSpec": (_job,),
    "batch.v1.PodFailurePolicyRule": (one_of(("onExitCodes", "onPodConditions")),),
    "core.v1.PodSpec": (_deadline,),
}
