"""How a Service is exposed changes: its type, addresses, traffic policies.

## Why it matters

A load balancer or node port opens it to the outside; removing one gives up a public address. Traffic policies change
source addresses and stickiness.

## What to do

Set the type with a value; check firewalls and DNS.
"""

from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.diff.change import FieldChange, ResourceChange
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_TYPE = ("spec", "type")
_FIXED = frozenset({("clusterIP",), ("clusterIPs",), ("healthCheckNodePort",), ("loadBalancerClass",)})
_HARMLESS = frozenset(
    {"ipFamilyPolicy", "ipFamilies", "allocateLoadBalancerNodePorts", "publishNotReadyAddresses", "trafficDistribution"}
)


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[:1] == ("spec",) and path[1:2] not in (("ports",), ("selector",)) and path[1:2] not in _FIXED


def _grade(_change: ResourceChange, fields: list[FieldChange]) -> Severity | None:
    if any(field.path == _TYPE or _opens(field) for field in fields):
        return Severity.HIGH
    return Severity.LOW if all(field.path[1:] and field.path[1] in _HARMLESS for field in fields) else None


def _opens(field: FieldChange) -> bool:
    """Whether somebody reaches it who did not: more source addresses, all of them, or more addresses of its own."""
    old, new = ({str(entry) for entry in sequence(side)} for side in (field.old, field.new))
    if field.path[1:2] == ("externalIPs",):
        return bool(new - old)
    if field.path[1:2] == ("loadBalancerSourceRanges",):
        return bool(old) and (not new or bool(new - old))
    return False


def _advise(fields: list[FieldChange]) -> tuple[str, str] | None:
    """Settings that open nothing to the outside."""
    inside = {"publishNotReadyAddresses", "internalTrafficPolicy", "trafficDistribution", "sessionAffinity"}
    if all(field.path[1:] and field.path[1] in inside for field in fields):
        return "Clients are sent to other pods: to those on their node, or to pods that are not ready.", _COMPARE
    moved = next((field for field in fields if field.path == _TYPE), None)
    if moved is None:
        return None
    old, new = (_REACH.get(str(side), 0) for side in (moved.old, moved.new))
    reach = "It may become reachable from outside of the cluster." if new > old else _CLOSES if old > new else ""
    return (reach, _SET) if reach else None


_REACH = {"NodePort": 1, "LoadBalancer": 2}
_CLOSES = "Clients outside of the cluster may no longer reach it; a public address is lost."
_SET = "Set these fields with values; check firewalls and DNS."
_COMPARE = "Check that enough pods are ready where the clients are."

check = object_check(
    _picks,
    FindingText(
        "exposure changes",
        "It may open to the outside, or lose a public address.",
        _SET,
        grade=_grade,
        advise=_advise,
    ),
    first=_TYPE,
)
_SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    each=check,
    kinds=frozenset({"Service"}),
    cases=(
        speaks(
            "it becomes a load balancer",
            ("high", "spec.type"),
            before=_SERVICE % "ports: []",
            after=_SERVICE % "type: LoadBalancer, ports: []",
        ),
        speaks(
            "it is no longer a load balancer",
            ("high", "spec.type"),
            before=_SERVICE % "type: LoadBalancer, ports: []",
            after=_SERVICE % "ports: []",
        ),
        speaks(
            "everybody may call its load balancer",
            ("high", "spec.loadBalancerSourceRanges"),
            before=_SERVICE % "type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0/8], ports: []",
            after=_SERVICE % "type: LoadBalancer, ports: []",
        ),
        speaks(
            "fewer may call its load balancer",
            ("medium", "spec.loadBalancerSourceRanges"),
            before=_SERVICE % "type: LoadBalancer, ports: []",
            after=_SERVICE % "type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0/8], ports: []",
        ),
        speaks(
            "an address of its own",
            ("high", "spec.externalIPs"),
            before=_SERVICE % "ports: []",
            after=_SERVICE % "externalIPs: [192.0.2.1], ports: []",
        ),
        speaks(
            "another policy",
            ("medium", "spec.internalTrafficPolicy"),
            before=_SERVICE % "ports: []",
            after=_SERVICE % "ports: [], internalTrafficPolicy: Local",
        ),
        speaks(
            "pods answer before they are ready",
            ("low", "spec.publishNotReadyAddresses"),
            before=_SERVICE % "ports: []",
            after=_SERVICE % "ports: [], publishNotReadyAddresses: true",
        ),
        quiet(
            "the default is spelled out", before=_SERVICE % "ports: []", after=_SERVICE % "type: ClusterIP, ports: []"
        ),
    ),
)
