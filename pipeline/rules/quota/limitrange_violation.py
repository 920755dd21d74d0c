"""A container asks for more or less than the namespace's LimitRange allows.

## Why it matters

The API server refuses its pods as soon as they are created again.

## What to do

Bring the container's requests and limits into the range, or change the LimitRange.
"""

from collections.abc import Iterator

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.pod_resources import COMPUTE, asked, container_ranges, filled_in, own_containers
from pipeline.core.analysis.side_index import SideIndex
from pipeline.core.kube.path import Entry
from pipeline.core.kube.pods import WORKLOADS, template_path
from pipeline.core.kube.quantity import quantity
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    home = side.home(resource)
    ranges = container_ranges(side, home)
    filled = filled_in(side, home) if ranges else {}
    base = (*(template_path(resource) or ()), "spec", "containers")
    for container in own_containers(resource) if ranges else ():
        name = str(container.get("name"))
        for key in COMPUTE:
            value = asked(container, key, filled)
            kind, _, what = key.partition(".")
            for limit in ranges if value is not None else ():
                word = "max" if kind == "limits" else "min"
                written = mapping(limit.get(word)).get(what)
                bound = quantity(written)
                if bound is not None and value is not None and (value > bound if word == "max" else value < bound):
                    bound_ = f"{'above' if word == 'max' else 'below'} the {word} of {home}, {written}"
                    path = (*base, Entry.of(name=name))
                    yield StateFault(
                        resource, path, (name, key), f"has container {name} with {key} {bound_}", certain=True
                    )


_RANGE = (
    "apiVersion: v1\nkind: LimitRange\nmetadata: {name: l, namespace: shop}\n"
    "spec: {limits: [{type: %s, max: {cpu: 1}, min: {cpu: 100m}}]}\n---\n"
)
_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n"
    "spec: {template: {spec: {containers: [{name: a, resources: {requests: {cpu: %s}, limits: {cpu: %s}}}]}}}\n---\n"
)
_OWN = _RANGE % "Container"
_AT = "spec.template.spec.containers[name=a]"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=fault_check(
        WORKLOADS,
        _faults,
        impact="The API server refuses its pods when they are created again.",
        fix="Bring requests and limits into the range, or change the LimitRange.",
    ),
    shares=("resources-changed",),
    cases=(
        speaks("a higher limit", ("high", _AT), before=_OWN + _WEB % (1, 1), after=_OWN + _WEB % (1, 2)),
        speaks("a lower request", ("high", _AT), before=_OWN + _WEB % (1, 1), after=_OWN + _WEB % ("50m", 1)),
        speaks("a new range", ("high", _AT), before=_WEB % (1, 2), after=_OWN + _WEB % (1, 2)),
        quiet("within the range", before=_OWN + _WEB % (1, 1), after=_OWN + _WEB % ("100m", "1000m")),
        quiet("it was outside before", before=_OWN + _WEB % (1, 2), after=_OWN + _WEB % (1, 3)),
        quiet("a range of whole pods", before=_WEB % (1, 2), after=_RANGE % "PersistentVolumeClaim" + _WEB % (1, 2)),
    ),
)
