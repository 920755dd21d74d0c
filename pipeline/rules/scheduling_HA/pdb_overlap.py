"""Two disruption budgets select the same pods.

## Why it matters

The eviction API refuses to evict a pod that two budgets select, with error 500: its node can never be drained.

## What to do

Keep one budget, or make the selectors exclude each other.
"""

from collections.abc import Iterator

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.selection import selects
from pipeline.core.analysis.side_index import SideIndex, pod_templates
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    home = side.home(resource)
    others = [o for o in side.of("PodDisruptionBudget", "policy") if o.id != resource.id and side.home(o) == home]
    for pods in pod_templates(side) if others else ():
        if pods.namespace == home and _selects(resource, pods.labels):
            for other in others:
                if _selects(other, pods.labels):
                    what = f"{pods.workload.kind} {pods.workload.id.name}"
                    title = f"selects the pods of {what}, as PodDisruptionBudget {other.id.name} does"
                    yield StateFault(resource, ("spec", "selector"), (other.id.name, what), title, certain=True)


def _selects(budget: Resource, labels: object) -> bool:
    selector = mapping(budget.body.get("spec")).get("selector")
    return isinstance(selector, dict) and selects(selector, mapping(labels))


_BUDGET = (
    "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: %s, namespace: shop}\n"
    "spec: {maxUnavailable: 1, selector: {matchLabels: {%s}}}\n---\n"
)
_POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop, labels: {app: web, tier: front}}\n---\n"
_ONE = _POD + _BUDGET % ("a", "app: web")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=fault_check(
        frozenset({"PodDisruptionBudget"}),
        _faults,
        impact="The eviction API refuses pods that two budgets select: their node cannot be drained.",
        fix="Keep one budget, or make the selectors exclude each other.",
    ),
    shares=("pdb-changed",),
    cases=(
        speaks(
            "a second budget",
            ("high", "spec.selector"),
            ("high", "spec.selector"),
            before=_ONE,
            after=_ONE + _BUDGET % ("b", "tier: front"),
        ),
        quiet("other pods", before=_ONE, after=_ONE + _BUDGET % ("b", "app: api")),
        quiet("another namespace", before=_ONE, after=_ONE + (_BUDGET % ("b", "app: web")).replace("shop", "other")),
        quiet("it was so before", before=_ONE + _BUDGET % ("b", "app: web"), after=_ONE + _BUDGET % ("b", "app: web")),
    ),
)
