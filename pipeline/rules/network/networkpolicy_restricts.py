"""A new network policy restricts pods that run already.

## Why it matters

The first policy that selects a pod closes it in that direction: only what the policy lists still gets through. Clients,
monitoring, webhooks and DNS that are not listed are cut off at once, without a restart.

## What to do

Compare the policy with who talks to the pods, and with what they call. DNS needs port 53 for UDP and TCP.
"""

from collections.abc import Iterator

from pipeline.core.analysis.selection import around, home, pods, selects
from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.kube.defaults.normalise import normal
from pipeline.core.kube.pods import template_path
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import listed

_SHOWN = 3
_WORDS = {"Ingress": "incoming", "Egress": "outgoing"}


def check(change: ResourceChange, upgrade: Upgrade) -> Iterator[Hit]:
    policy = change.after
    if policy is None or change.action is not Action.ADDED:
        return
    running = around(upgrade)[0]
    touched = [resource for resource in running if _selected(policy, resource, upgrade)]
    others = [workload for workload in running if workload.kind == policy.kind and workload.id.group == policy.id.group]
    closed = [
        way
        for way in sequence(mapping(normal(policy).get("spec")).get("policyTypes"))
        if not _open(policy, str(way)) and any(not _closed_by(others, way, resource, upgrade) for resource in touched)
    ]
    if not touched or not closed:
        return
    names = listed((f"{resource.kind} {resource.id.name}" for resource in touched), _SHOWN)
    ways = " and ".join(_WORDS.get(str(way), str(way)) for way in closed)
    none = [way for way in closed if not mapping(policy.body.get("spec")).get(str(way).lower())]
    yield Hit(
        place(policy, ("spec", "podSelector")),
        title=f"NetworkPolicy {change.id.name}: restricts {ways} traffic of {names}, which runs already",
        impact="All traffic is blocked." if none else "Traffic that the policy does not list is cut off at once.",
        fix=f"NetworkPolicy {change.id.name}: add to its rules what these pods are asked and what they call.",
        severity=Severity.HIGH if none else None,
        claims=(Claim(change.id),),
    )


def _open(policy: Resource, way: str) -> bool:
    """Whether a rule without conditions lets everything through."""
    return any(not mapping(rule) for rule in sequence(mapping(policy.body.get("spec")).get(way.lower())))


def _selected(policy: Resource, resource: Resource, upgrade: Upgrade) -> bool:
    if template_path(resource) is None or home(resource, upgrade) != home(policy, upgrade):
        return False
    selector = mapping(mapping(policy.body.get("spec")).get("podSelector"))
    return any(selects(selector, pod.labels) for pod in pods([resource]))


def _closed_by(policies: list[Resource], way: object, resource: Resource, upgrade: Upgrade) -> bool:
    """Whether a policy that was there before restricts the same direction of the same pods."""
    return any(
        way in sequence(mapping(normal(policy).get("spec")).get("policyTypes")) and _selected(policy, resource, upgrade)
        for policy in policies
    )


_WEB = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {metadata: {labels: {a: b}}}}\n"
_POLICY = (
    "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: %s}\nspec: {podSelector: {%s}%s}\n"
)
_PORT = ", ingress: [{ports: [{port: 80}]}]"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    each=check,
    kinds=frozenset({"NetworkPolicy"}),
    cases=(
        speaks(
            "one port stays open",
            ("medium", "spec.podSelector"),
            before=_WEB,
            after=_WEB + _POLICY % ("a", "matchLabels: {a: b}", _PORT),
        ),
        speaks(
            "all traffic is blocked", ("high", "spec.podSelector"), before=_WEB, after=_WEB + _POLICY % ("a", "", "")
        ),
        quiet(
            "everything is let through",
            before=_WEB,
            after=_WEB + _POLICY % ("a", "matchLabels: {a: b}", ", ingress: [{}]"),
        ),
        quiet("pods that are new", after=_WEB + _POLICY % ("a", "", "")),
        quiet("other pods", before=_WEB, after=_WEB + _POLICY % ("a", "matchLabels: {a: c}", "")),
        quiet(
            "another policy allows more",
            before=_WEB + _POLICY % ("a", "", ""),
            after=_WEB + _POLICY % ("a", "", "") + _POLICY % ("b", "", _PORT),
        ),
    ),
)
