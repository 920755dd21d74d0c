"""A container's resource requests or limits change.

## Why it matters

Higher requests may not fit on the nodes or into the quota; with a lower memory limit, pods that use more are killed.

## What to do

Compare with what the pods use (``kubectl top pods``) and with the quota.
"""

from pipeline.core.analysis.rule_helpers import FindingText, pods_check
from pipeline.core.diff.change import FieldChange, ResourceChange
from pipeline.core.kube.path import Path
from pipeline.core.kube.pods import in_container
from pipeline.core.kube.quantity import quantity
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import kubectl

_MUCH = 4


def _picks(_field: FieldChange, path: Path) -> bool:
    return in_container(path, "resources")


def _grade(_change: ResourceChange, fields: list[FieldChange]) -> Severity | None:
    return Severity.MEDIUM if any(_lowered(field) or _multiplied(field) for field in fields) else None


def _lowered(field: FieldChange) -> bool:
    """Whether a memory limit is lower than before, or new."""
    if field.path[-2:] != ("limits", "memory"):
        return False
    old, new = quantity(field.old), quantity(field.new)
    return old is not None and new is not None and new < old


def _multiplied(field: FieldChange) -> bool:
    """Whether a request is so much higher that nodes and quotas made for the old one are too small."""
    if "requests" not in field.path:
        return False
    old, new = quantity(field.old), quantity(field.new)
    return old is not None and new is not None and new >= _MUCH * old > 0


def _advise(fields: list[FieldChange]) -> tuple[str, str] | None:
    """What the changes do, where all of them do the same."""
    effects = {_effect(field) for field in fields}
    return (effects.pop(), _COMPARE) if len(effects) == 1 and "" not in effects else None


def _effect(field: FieldChange) -> str:
    """What breaks by one change; empty where it cannot be told."""
    old, new = quantity(field.old), quantity(field.new)
    if old is None or new is None:
        return ""
    *_, what, resource = ("", *map(str, field.path))
    return _EFFECTS.get((what, resource if what == "limits" else "", new > old), "")


_EFFECTS = {
    ("requests", "", True): "The pods may not fit on their nodes, or exceed a quota, and stay pending.",
    ("requests", "", False): "The pods may be placed on fuller nodes, and are evicted earlier.",
    ("limits", "memory", False): "Pods that use more memory are killed.",
    ("limits", "cpu", False): "Pods that use more processor time are slowed down.",
    ("limits", "memory", True): "The pods may take more memory from their neighbours.",
    ("limits", "cpu", True): "The pods may take more processor time from their neighbours.",
}
_COMPARE = "Compare them with what the pods use, and with your quota."

check = pods_check(
    _picks,
    FindingText(
        "resources change",
        "Higher requests may not fit; with a lower memory limit, pods that use more are killed.",
        _COMPARE,
        commands=lambda change: (kubectl("top", "pods", namespace=change.id.namespace),),
        grade=_grade,
        advise=_advise,
    ),
)
_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {containers: [{name: a, image: 'x:1'%s}]}}}\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    whole=check,
    cases=(
        speaks(
            "a request is raised",
            ("low", "spec.template.spec.containers[name=a].resources.requests.cpu"),
            before=_WEB % ", resources: {requests: {cpu: 1}}",
            after=_WEB % ", resources: {requests: {cpu: 2}}",
        ),
        speaks(
            "a request is many times what it was",
            ("medium", "spec.template.spec.containers[name=a].resources.requests.cpu"),
            before=_WEB % ", resources: {requests: {cpu: 10m}}",
            after=_WEB % ", resources: {requests: {cpu: 500m}}",
        ),
        speaks(
            "a memory limit is lowered",
            ("medium", "spec.template.spec.containers[name=a].resources.limits.memory"),
            before=_WEB % ", resources: {limits: {memory: 2Gi}, requests: {memory: 1Gi}}",
            after=_WEB % ", resources: {limits: {memory: 1Gi}, requests: {memory: 1Gi}}",
        ),
        speaks(
            "a memory limit is raised, a request is lowered",
            ("low", "spec.template.spec.containers[name=a].resources.limits.memory"),
            before=_WEB % ", resources: {requests: {memory: 1Gi}, limits: {memory: 1Gi}}",
            after=_WEB % ", resources: {requests: {memory: 512Mi}, limits: {memory: 2Gi}}",
        ),
        quiet(
            "the same in other words",
            before=_WEB % ", resources: {requests: {cpu: 1}}",
            after=_WEB % ", resources: {requests: {cpu: 1000m}}",
        ),
    ),
)
