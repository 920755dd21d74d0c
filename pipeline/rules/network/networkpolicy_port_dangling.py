"""A NetworkPolicy opens a port by a name that its pods do not have.

## Why it matters

A name that no container has opens nothing: the traffic that the rule is for is cut off.

## What to do

Correct the name, or write the port's number.
"""

from collections.abc import Iterator
from functools import partial

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.selection import port_names, selects
from pipeline.core.analysis.side_index import SideIndex, pod_templates
from pipeline.core.kube.pods import containers
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _names(policy: Resource, side: SideIndex) -> frozenset[str] | None:
    """The names of the ports of the pods that the policy selects; None where it selects none that is known."""
    selector = mapping(mapping(policy.body.get("spec")).get("podSelector"))
    home = side.home(policy)
    chosen = [
        pod_template
        for pod_template in pod_templates(side)
        if pod_template.namespace == home and selects(selector, pod_template.labels)
    ]
    if not chosen:
        return None
    return frozenset(name for pod in chosen for name in port_names(*containers(pod.workload)))


def _is_there(policy: Resource, name: str, side: SideIndex) -> bool:
    return name in (_names(policy, side) or ())


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    spec = mapping(resource.body.get("spec"))
    rules = list(map(mapping, sequence(spec.get("ingress"))))
    if resource.id.group != "networking.k8s.io" or not any(rule.get("ports") for rule in rules):
        return
    known = _names(resource, side)
    for index, rule in enumerate(rules if known is not None else ()):
        for place, port in enumerate(map(mapping, sequence(rule.get("ports")))):
            name = port.get("port")
            if isinstance(name, str) and not name.isdecimal() and name not in (known or ()):
                path = ("spec", "ingress", index, "ports", place, "port")
                title = f"opens port {name}, which none of its pods has"
                there = partial(_is_there, resource, name)
                yield StateFault(resource, path, (name,), title, is_there=there, foreign=True)


_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n"
    "    metadata: {labels: {a: %s}}\n"
    "    spec: {containers: [{name: a, ports: [{name: %s, containerPort: 80}]}]}\n---\n"
)
_POLICY = (
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\n"
    "spec: {podSelector: {matchLabels: {a: b}}, ingress: [{ports: [{port: %s}]}]}\n---\n"
)
_AT = "spec.ingress[0].ports[0].port"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=fault_check(
        frozenset({"NetworkPolicy"}),
        _faults,
        impact="A name that no container has opens nothing: the traffic is cut off.",
        fix="Correct the name, or write the port's number.",
    ),
    shares=("networkpolicy-changed",),
    cases=(
        speaks(
            "the container's port has another name", ("high", _AT),
            before=_WEB % ("b", "http") + _POLICY % "http", after=_WEB % ("b", "web") + _POLICY % "http",
        ),
        speaks(
            "the policy names another port", ("high", _AT),
            before=_WEB % ("b", "http") + _POLICY % "http", after=_WEB % ("b", "http") + _POLICY % "https",
        ),
        quiet("a number", before=_WEB % ("b", "http"), after=_WEB % ("b", "http") + _POLICY % 8080),
        quiet("pods of somebody else", before=_WEB % ("c", "http"), after=_WEB % ("c", "http") + _POLICY % "x"),
        quiet(
            "it was wrong before", before=_WEB % ("b", "http") + _POLICY % "x", after=_WEB % ("b", "w") + _POLICY % "x"
        ),
    ),
)  # fmt: skip
