"""The pods of a namespace ask for more than its ResourceQuota allows.

Counted are the pods of Deployments, StatefulSets and single pods with what their containers ask for, one pod of each
DaemonSet, and no Job. A quota with scopes is left out.

## Why it matters

The API server refuses the pods beyond the quota. The workload stays smaller than it says, and the next roll-out, which
starts a new pod before it ends an old one, stops.

## What to do

Raise the quota, or lower replicas and requests. Leave room for one more pod of each Deployment.
"""

from collections.abc import Iterator
from fractions import Fraction

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.pod_resources import COMPUTE, quota_key, quotas, used
from pipeline.core.analysis.side_index import SideIndex, pod_templates
from pipeline.core.kube.quantity import quantity
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_KEYS = frozenset({*COMPUTE, "pods", "count/pods"})


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    home = side.home(resource)
    if resource not in quotas(side, home):
        return
    for key, hard in mapping(mapping(resource.body.get("spec")).get("hard")).items():
        limit = quantity(hard)
        if quota_key(key) in _KEYS and limit is not None:
            sum_ = used(side, pod_templates(side), quota_key(key), home)
            if sum_ > limit:
                title = f"allows {hard} of {key}, and the pods of {home} ask for {_text(sum_)}"
                yield StateFault(resource, ("spec", "hard", key), (key,), title, certain=True)


def _text(number: Fraction) -> str:
    return str(number.numerator) if number.denominator == 1 else f"{float(number):g}"


_QUOTA = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q, namespace: shop}\nspec: {%s}\n---\n"
_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  replicas: %s\n"
    "  template: {spec: {containers: [{name: a, resources: {requests: {cpu: %s}}}]}}\n---\n"
)
_ONE = _QUOTA % "hard: {requests.cpu: '1'}"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=fault_check(
        frozenset({"ResourceQuota"}),
        _faults,
        impact="The API server refuses the pods beyond the quota, and roll-outs stop.",
        fix="Raise the quota, or lower replicas and requests.",
    ),
    shares=("shared-object-changed",),
    cases=(
        speaks(
            "more pods", ("high", 'spec.hard["requests.cpu"]'),
            before=_ONE + _WEB % (2, "500m"), after=_ONE + _WEB % (3, "500m"),
        ),
        speaks(
            "a smaller quota", ("high", 'spec.hard["requests.cpu"]'),
            before=_ONE + _WEB % (2, "500m"), after=_QUOTA % "hard: {requests.cpu: 900m}" + _WEB % (2, "500m"),
        ),
        quiet("it fits", before=_ONE + _WEB % (1, "500m"), after=_ONE + _WEB % (2, "0.5")),
        quiet("it did not fit before", before=_ONE + _WEB % (3, "500m"), after=_ONE + _WEB % (4, "500m")),
        quiet(
            "a quota of some pods alone",
            before=_ONE + _WEB % (1, "500m"),
            after=_QUOTA % "scopes: [BestEffort], hard: {requests.cpu: '1'}" + _WEB % (3, "500m"),
        ),
        quiet("another resource", before=_WEB % (3, "1"), after=_QUOTA % "hard: {services: '1'}" + _WEB % (3, "1")),
    ),
)  # fmt: skip
