"""Two workloads of a namespace select each other's pods.

## Why it matters

Services and budgets mix their pods, and ``kubectl`` and autoscalers count those of the other. A ReplicaSet or
StatefulSet that finds a pod without an owner adopts it.

## What to do

Add a label to the selector and the pods of each that the other does not have.
"""

from collections.abc import Iterator

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.selection import selects
from pipeline.core.analysis.side_index import PodTemplate, SideIndex, template
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_KINDS = frozenset({"Deployment", "StatefulSet", "DaemonSet"})


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    own, home = template(resource, side.home(resource)), side.home(resource)
    for other in (one for kind in sorted(_KINDS) for one in side.kinds.get(kind, ())):
        if side.home(other) != home or other.id == resource.id:
            continue
        if _selects(resource, template(other, home)) and _selects(other, own):
            name = f"{other.kind} {other.id.name}"
            title = f"selects the pods of {name}, and it these"
            yield StateFault(resource, ("spec", "selector"), (name,), title, certain=True)


def _selects(workload: Resource, pods: PodTemplate) -> bool:
    selector = mapping(mapping(workload.body.get("spec")).get("selector"))
    return bool(selector) and selects(selector, pods.labels)


_WORKLOAD = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: %s, namespace: shop}\n"
    "spec: {selector: {matchLabels: {app: %s}}, template: {metadata: {labels: {app: %s, part: %s}}}}\n---\n"
)
_WEB = _WORKLOAD % ("web", "web", "web", "web")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    whole=fault_check(
        _KINDS,
        _faults,
        impact="Services, budgets and autoscalers mix their pods, and one may adopt those of the other.",
        fix="Add a label to the selector and the pods of each that the other does not have.",
    ),
    shares=("immutable-workload-selector", "pod-labels-changed"),
    cases=(
        speaks(
            "a second workload with the same labels",
            ("medium", "spec.selector"),
            ("medium", "spec.selector"),
            before=_WEB,
            after=_WEB + _WORKLOAD % ("worker", "web", "web", "worker"),
        ),
        quiet("other labels", before=_WEB, after=_WEB + _WORKLOAD % ("worker", "worker", "worker", "worker")),
        quiet(
            "another namespace", before=_WEB, after=_WEB + (_WORKLOAD % ("a", "web", "web", "a")).replace("shop", "b")
        ),
    ),
)
