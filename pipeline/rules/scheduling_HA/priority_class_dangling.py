"""Pods name a PriorityClass that the upgrade takes away, or that nobody declares.

## Why it matters

The API server refuses pods whose PriorityClass does not exist. Running pods stay until they are replaced.

## What to do

Keep the class, or correct ``priorityClassName``.
"""

from collections.abc import Iterator
from functools import partial

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.side_index import SideIndex
from pipeline.core.kube.pods import WORKLOADS, pod_spec, template_path
from pipeline.core.kube.resource import Resource
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_OF_SYSTEM = "system-"


def _exists(name: str, side: SideIndex) -> bool:
    return any(priority_class.id.name == name for priority_class in side.of("PriorityClass", "scheduling.k8s.io"))


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    name = pod_spec(resource).get("priorityClassName")
    if not isinstance(name, str) or not name or name.startswith(_OF_SYSTEM) or _exists(name, side):
        return
    path = (*(template_path(resource) or ()), "spec", "priorityClassName")
    title = f"names PriorityClass {name}, which is not rendered"
    yield StateFault(resource, path, (name,), title, is_there=partial(_exists, name), unsure=True)


_CLASS = "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: %s}\nvalue: 1\n---\n"
_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {priorityClassName: %s}}}\n---\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=fault_check(
        WORKLOADS,
        _faults,
        impact="The API server refuses its new pods.",
        fix="Keep the PriorityClass, or correct priorityClassName.",
    ),
    shares=("placement-changed",),
    cases=(
        speaks(
            "the class is renamed",
            ("high", "spec.template.spec.priorityClassName"),
            before=_CLASS % "fast" + _WEB % "fast",
            after=_CLASS % "faster" + _WEB % "fast",
        ),
        quiet("a class of Kubernetes", before=_WEB % "fast", after=_WEB % "system-node-critical"),
        quiet("both change", before=_CLASS % "a" + _WEB % "a", after=_CLASS % "b" + _WEB % "b"),
        quiet("it comes from elsewhere", before=_WEB % "a", after=_WEB % "a"),
    ),
)
