"""Checks beforehand what would stop an apply half way: permissions, sizes, webhooks on our own bookkeeping."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pipeline.core.analysis.webhook_entries import fails_closed
from pipeline.core.cluster.api.error_text import clean
from pipeline.core.cluster.api.request import Call
from pipeline.core.cluster.inventory.inventory import name_of
from pipeline.core.cluster.inventory.inventory_shards import may_need_shards
from pipeline.core.cluster.plan.plan import STEPS, WRITES, Operation, PlannedAction
from pipeline.core.cluster.plan.policy import ApplyPolicy
from pipeline.core.errors import WorldError
from pipeline.core.kube.resource import mapping, sequence
from pipeline.flows.cluster.client import Client
from pipeline.flows.cluster.reading import in_parallel

_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_BOOKKEEPING = (("", "configmaps"), ("coordination.k8s.io", "leases"))
_JUDGED = WRITES | STEPS | {Operation.DELETE}
_WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/"


class Permission(NamedTuple):
    verb: str
    group: str
    resource: str
    namespace: str
    name: str = ""
    subresource: str = ""

    def __str__(self) -> str:
        kind = f"{self.resource}.{self.group}" if self.group else self.resource
        kind = f"{kind}/{self.subresource}" if self.subresource else kind
        return f"{self.verb} {kind}" + (f" in {self.namespace}" if self.namespace else "")


def caller(client: Client) -> str:
    """Who the API server takes us for (SelfSubjectReview, since Kubernetes 1.28); empty where it does not say."""
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    _, answer = client.send(Call("POST", _WHO, body=review))
    return str(mapping(mapping(mapping(answer.body).get("status")).get("userInfo")).get("username") or "")


def warnings(
    client: Client, environment: str, policy: ApplyPolicy, actions: Sequence[PlannedAction]
) -> tuple[str, ...]:
    """For a plan: its author and its applier may differ, so a missing permission is a warning and not an error."""
    missing = missing_permissions(client, environment, policy, actions)
    texts = [f"you may not {', '.join(map(str, missing))}: whoever applies this must be able to"] if missing else []
    return (*texts, *_guards(client, actions))


def missing_permissions(
    client: Client, environment: str, policy: ApplyPolicy, actions: Iterable[PlannedAction]
) -> tuple[Permission, ...]:
    """Access reviews (SelfSubjectAccessReview) for every kind of write: those that are refused, sorted."""
    permissions = sorted(_permissions(environment, policy, list(actions)))
    allowed = in_parallel(lambda wanted: _allowed(client, wanted), permissions)
    return tuple(wanted for wanted, yes in zip(permissions, allowed, strict=True) if not yes)


def may_apply(client: Client, environment: str, policy: ApplyPolicy, actions: Iterable[PlannedAction]) -> None:
    """Raises WorldError, naming every missing permission: an apply that stops half way is worse than none."""
    missing = missing_permissions(client, environment, policy, actions)
    if missing:
        message = f"nothing was written: you may not {', '.join(map(str, missing))}"
        raise WorldError(message, hint="pipeline rbac prints the required role")


def _permissions(environment: str, policy: ApplyPolicy, actions: list[PlannedAction]) -> set[Permission]:
    home, name = policy.namespace, name_of(environment)
    permissions = {
        Permission(verb, group, resource, home, name if verb != "create" else "")
        for group, resource in _BOOKKEEPING
        for verb in ("get", "create", "update")
    }
    if may_need_shards(action.id for action in actions):
        permissions |= {Permission(verb, "", "configmaps", home) for verb in ("get", "list", "delete")}
    for action in actions:
        if action.op in STEPS and action.resource:
            if action.op is Operation.MIGRATE:
                plural, _, group = action.name.partition(".")
                permissions.add(Permission("patch", action.group, action.resource, "", action.name, "status"))
                permissions |= {Permission(verb, group, plural, "") for verb in ("list", "patch")}
            verbs = ("get", "delete") if action.op is Operation.RETIRE else ("get", "patch")
            permissions |= {Permission(verb, action.group, action.resource, action.namespace) for verb in verbs}
        if action.op in WRITES and action.resource:
            permissions |= {
                Permission(verb, action.group, action.resource, action.namespace) for verb in ("patch", "create")
            }
        if action.op in (Operation.DELETE, Operation.RECREATE) and action.resource:
            permissions.add(Permission("delete", action.group, action.resource, action.namespace))
    return permissions


def _allowed(client: Client, permission: Permission) -> bool:
    """True where the cluster does not answer the question: then the write itself will show it."""
    wanted = permission._asdict()
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": wanted},
    }
    _, answer = client.send(Call("POST", _REVIEW, body=body))
    return not answer.ok or mapping(mapping(answer.body).get("status")).get("allowed") is True


def _guards(client: Client, actions: Iterable[PlannedAction]) -> Iterator[str]:
    """Webhooks that fail closed: those that can lock us out of our own bookkeeping, and those that judge this plan."""
    written = {(action.group, action.resource) for action in actions if action.op in _JUDGED and action.resource}
    judges = set()
    webhooks, unseen = _fail_closed(client)
    if unseen:
        yield f"you may not list {', '.join(unseen)}: whether webhooks would refuse this was not looked at"
    for webhook in webhooks:
        name = clean(str(webhook.get("name")))
        if _looks_at(webhook, _BOOKKEEPING) and not _selects(webhook):
            yield f"the webhook {name} fails closed and looks at ConfigMaps or Leases: if it is down, so are we"
        elif _looks_at(webhook, written):
            judges.add(name)
    if judges:
        names = ", ".join(sorted(judges))
        yield f"webhooks that fail closed and look at what is written here: {names}; without them it is refused"


def _fail_closed(client: Client) -> tuple[list[Mapping[str, Any]], list[str]]:
    """Those that refuse what they cannot judge, and the kinds of configurations that could not be listed."""
    closed: list[Mapping[str, Any]] = []
    unseen = []
    for kind in ("validatingwebhookconfigurations", "mutatingwebhookconfigurations"):
        _, answer = client.send(Call("GET", _WEBHOOKS + kind))
        if not answer.ok:
            unseen.append(kind)
        for item in map(mapping, sequence(mapping(answer.body).get("items"))):
            webhooks = map(mapping, sequence(item.get("webhooks")))
            closed += filter(fails_closed, webhooks)
    return closed, unseen


def _selects(webhook: Mapping[str, Any]) -> bool:
    return bool(webhook.get("namespaceSelector") or webhook.get("objectSelector"))


def _looks_at(webhook: Mapping[str, Any], resources: Iterable[tuple[str, str]]) -> bool:
    for rule in map(mapping, sequence(webhook.get("rules"))):
        groups, names = sequence(rule.get("apiGroups")), set(map(str, sequence(rule.get("resources"))))
        if any(
            ("*" in groups or group in groups) and ({"*", "*/*", resource} & names) for group, resource in resources
        ):
            return True
    return False
