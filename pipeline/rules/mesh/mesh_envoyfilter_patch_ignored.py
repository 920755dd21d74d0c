"""A patch of an EnvoyFilter names an operation that Istio ignores for what it applies to.

Istio's reference of EnvoyFilter: ADD and REMOVE are ignored for routes and route configurations, and REPLACE works for
HTTP and network filters only.

## Why it matters

The patch has no effect, and nothing says so: what it was to add, limit or log does not happen.

## What to do

Use MERGE, or apply the patch to what the operation is for.
"""

from collections.abc import Iterator

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.side_index import SideIndex
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.mesh.api_groups import NETWORKING
from pipeline.core.mesh.route_parts import spec
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_ROUTES = frozenset({"ROUTE_CONFIGURATION", "HTTP_ROUTE"})
_FILTERS = frozenset({"HTTP_FILTER", "NETWORK_FILTER"})
_IGNORED = {"ADD": _ROUTES, "REMOVE": _ROUTES}


def _faults(resource: Resource, _side: SideIndex) -> Iterator[StateFault]:
    patches = sequence(spec(resource).get("configPatches")) if resource.id.group == NETWORKING else ()
    for index, patch in enumerate(map(mapping, patches)):
        target, operation = str(patch.get("applyTo")), str(mapping(patch.get("patch")).get("operation"))
        outside = operation == "REPLACE" and target not in _FILTERS
        if outside or target in _IGNORED.get(operation, ()):
            path = ("spec", "configPatches", index, "patch", "operation")
            title = f"has a patch that Istio ignores: {operation} for {target}"
            yield StateFault(resource, path, (target, operation), title, certain=True)


_FILTER = (
    "apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: {name: limits}\n"
    "spec: {configPatches: [{applyTo: %s, patch: {operation: %s, value: {}}}]}\n"
)
_PATH = "spec.configPatches[0].patch.operation"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    whole=fault_check(
        frozenset({"EnvoyFilter"}),
        _faults,
        impact="The patch has no effect, and nothing says so.",
        fix="Use MERGE, or apply the patch to what the operation is for.",
    ),
    shares=("custom-resource-changed",),
    cases=(
        speaks("a route is added", ("medium", _PATH), after=_FILTER % ("HTTP_ROUTE", "ADD")),
        speaks(
            "a cluster is replaced",
            ("medium", _PATH),
            before=_FILTER % ("CLUSTER", "MERGE"),
            after=_FILTER % ("CLUSTER", "REPLACE"),
        ),
        quiet("a filter is replaced", after=_FILTER % ("HTTP_FILTER", "REPLACE")),
        quiet("a cluster is added", after=_FILTER % ("CLUSTER", "ADD")),
        quiet(
            "it was so before",
            before=_FILTER % ("HTTP_ROUTE", "REMOVE"),
            after=_FILTER.replace("limits", "limits, labels: {a: b}") % ("HTTP_ROUTE", "REMOVE"),
        ),
    ),
)
