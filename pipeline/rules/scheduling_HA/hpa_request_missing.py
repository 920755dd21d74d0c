"""An autoscaler goes by the use of CPU or memory, and a container of its pods no longer requests any.

## Why it matters

Utilization is a share of the request. Without one the autoscaler computes nothing and keeps the number of pods,
whatever the load.

## What to do

Set the request of each container, or use a target of type AverageValue.
"""

from collections.abc import Iterator
from typing import Any

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.pod_resources import asked, filled_in, own_containers
from pipeline.core.analysis.side_index import SideIndex
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _shares(spec: Any) -> list[str]:
    """The resources of which a share is the target; all containers count."""
    metrics = map(mapping, sequence(mapping(spec).get("metrics")))
    resource_metrics = [mapping(metric.get("resource")) for metric in metrics if metric.get("type") == "Resource"]
    return sorted(
        {
            str(resource_metric.get("name"))
            for resource_metric in resource_metrics
            if mapping(resource_metric.get("target")).get("type") == "Utilization"
        }
    )


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    spec, home = mapping(resource.body.get("spec")), side.home(resource)
    target = mapping(spec.get("scaleTargetRef"))
    for workload in side.kinds.get(str(target.get("kind")), ()):
        if workload.id.name == target.get("name") and side.home(workload) == home:
            filled = filled_in(side, home)
            for name in _shares(spec):
                for container in own_containers(workload):
                    if asked(container, f"requests.{name}", filled) is None:
                        what = f"container {container.get('name')} of {workload.kind} {workload.id.name}"
                        title = f"goes by the use of {name}, and {what} requests none"
                        about = (name, str(container.get("name")))
                        yield StateFault(resource, ("spec", "metrics"), about, title, certain=True)


_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n"
    "spec: {template: {spec: {containers: [{name: a%s}]}}}\n---\n"
)
_SCALER = (
    "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h, namespace: shop}\nspec:\n"
    "  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n"
    "  metrics: [{type: Resource, resource: {name: cpu, target: {type: %s}}}]\n---\n"
)
_ASKS = ", resources: {%s: {cpu: 1}}"
_SHARE = _SCALER % "Utilization"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=fault_check(
        frozenset({"HorizontalPodAutoscaler"}),
        _faults,
        impact="It computes nothing and keeps the number of pods, whatever the load.",
        fix="Set the request of each container, or use a target of type AverageValue.",
    ),
    shares=("autoscaling-changed",),
    cases=(
        speaks(
            "the request is gone",
            ("high", "spec.metrics"),
            before=_SHARE + _WEB % _ASKS % "requests",
            after=_SHARE + _WEB % "",
        ),
        quiet("a limit stands in", before=_SHARE + _WEB % _ASKS % "requests", after=_SHARE + _WEB % _ASKS % "limits"),
        quiet("an absolute target", before=_WEB % "", after=_SCALER % "AverageValue" + _WEB % ""),
        quiet("it was so before", before=_SHARE + _WEB % "", after=_SHARE + _WEB % ""),
        quiet("its pods are not at hand", after=_SHARE),
    ),
)
