"""What would stop an apply half way, asked before: rights, sizes, webhooks that look at our own bookkeeping."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.core.cluster.answer import Call
from pipeline.core.cluster.deciding import Terms
from pipeline.core.cluster.plan import WRITES, Action, Op, Problem
from pipeline.core.cluster.say import clean
from pipeline.core.resource import mapping, sequence
from pipeline.flows.cluster.client import Client
from pipeline.flows.cluster.reading import in_parallel

_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/"


class Right(NamedTuple):
    verb: str
    group: str
    resource: str
    namespace: str

    def __str__(self) -> str:
        kind = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{self.verb} {kind}" + (f" in {self.namespace}" if self.namespace else "")


@dataclass(frozen=True, slots=True)
class Checks:
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()


def preflight(client: Client, terms: Terms, actions: Iterable[Action]) -> Checks:
    """Access reviews (SelfSubjectAccessReview) for every kind of write, and the webhooks in our own way."""
    rights = sorted(_rights(terms, list(actions)))
    allowed = in_parallel(lambda right: _allowed(client, right), rights)
    refused = [right for right, yes in zip(rights, allowed, strict=True) if not yes]
    cure = "pipeline rbac prints the rights that are needed"
    problems = tuple(Problem("forbidden", str(right), "you may not do that", cure) for right in refused)
    return Checks(problems, tuple(_deadlocks(client)))


def _rights(terms: Terms, actions: list[Action]) -> set[Right]:
    ours = terms.policy.namespace
    found = {
        Right(verb, group, resource, ours)
        for group, resource in (("", "configmaps"), ("coordination.k8s.io", "leases"))
        for verb in ("get", "create", "update")
    }
    for action in actions:
        if action.op in WRITES and action.resource:
            found |= {Right(verb, action.group, action.resource, action.namespace) for verb in ("patch", "create")}
        if action.op in (Op.DELETE, Op.RECREATE) and action.resource:
            found.add(Right("delete", action.group, action.resource, action.namespace))
    return found


def _allowed(client: Client, right: Right) -> bool:
    """True where the cluster does not answer the question: then the write itself will tell."""
    wanted = {"verb": right.verb, "group": right.group, "resource": right.resource, "namespace": right.namespace}
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": wanted},
    }
    _, answer = client.send(Call("POST", _REVIEW, body=body))
    return not answer.ok or mapping(mapping(answer.body).get("status")).get("allowed") is True


def _deadlocks(client: Client) -> Iterator[str]:
    """A webhook that fails closed and looks at ConfigMaps or Leases can lock us out of our own bookkeeping."""
    for kind in ("validatingwebhookconfigurations", "mutatingwebhookconfigurations"):
        _, answer = client.send(Call("GET", _WEBHOOKS + kind))
        for item in map(mapping, sequence(mapping(answer.body).get("items"))):
            for webhook in map(mapping, sequence(item.get("webhooks"))):
                if webhook.get("failurePolicy") == "Fail" and _looks_at_ours(webhook):
                    name = clean(str(webhook.get("name")))
                    yield f"the webhook {name} fails closed and looks at ConfigMaps or Leases: if it is down, so are we"


def _looks_at_ours(webhook: object) -> bool:
    ours = (("", "configmaps"), ("coordination.k8s.io", "leases"))
    if mapping(webhook).get("namespaceSelector") or mapping(webhook).get("objectSelector"):
        return False
    for rule in map(mapping, sequence(mapping(webhook).get("rules"))):
        groups, resources = sequence(rule.get("apiGroups")), sequence(rule.get("resources"))
        if any(("*" in groups or g in groups) and ({"*", "*/*", r} & set(map(str, resources))) for g, r in ours):
            return True
    return False
