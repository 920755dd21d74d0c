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


check = pods_check(
    _picks,
    FindingText(
        "resources change",
        "Higher requests may not fit; with a lower memory limit, pods that use more are killed.",
        "Compare them with what the pods use, and with your quota.",
        commands=lambda change: (kubectl("top", "pods", namespace=change.id.namespace),),
        grade=_grade,
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
        quiet(
            "the same in other words",
            before=_WEB % ", resources: {requests: {cpu: 1}}",
            after=_WEB % ", resources: {requests: {cpu: 1000m}}",
        ),
    ),
)
