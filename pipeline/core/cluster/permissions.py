"""The smallest roles that plan and apply need for an environment: RBAC objects, sorted, ready to apply."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pipeline.core.cluster.api.discovery import Served
from pipeline.core.cluster.inventory.inventory import name_of
from pipeline.core.cluster.inventory.inventory_shards import may_need_shards
from pipeline.core.cluster.plan.prune import NEVER_UNLESS_NAMED
from pipeline.core.kube.apis import built_in_group
from pipeline.core.kube.resource import CRD_KIND, Body, ResourceId

RBAC = "rbac.authorization.k8s.io"
_EXTENSIONS = "apiextensions.k8s.io"
_BINDINGS = frozenset({"RoleBinding", "ClusterRoleBinding"})
_WEBHOOKS = ("mutatingwebhookconfigurations", "validatingwebhookconfigurations")
_ROLES = frozenset({"Role", "ClusterRole"})


class Purpose(StrEnum):
    """What the role is for. Plan and drift ask by dry run, which needs the same permissions as the write (KEP-576)."""

    VIEWER = "viewer"
    """status: reads alone."""
    PLANNER = "planner"
    APPLIER = "applier"


_VERBS = {
    Purpose.VIEWER: ("get", "list"),
    Purpose.PLANNER: ("get", "list", "create", "patch"),
    Purpose.APPLIER: ("get", "list", "create", "patch", "delete"),
}


@dataclass(frozen=True, slots=True)
class PermissionScope:
    """What the permissions are for. ``objects``: what is rendered or in the inventory, with how each is served."""

    environment: str
    namespace: str
    """Where the inventory and the lock live."""
    purpose: Purpose
    objects: Mapping[ResourceId, Served] = field(hash=False)
    prune_kinds: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    """Namespaces that do not exist yet: a Role cannot be created in them before they exist."""
    migrate_storage: bool = False
    retired: frozenset[str] = frozenset()
    """Namespaces of Helm releases whose records are retired."""


def manifests(scope: PermissionScope, subject: Mapping[str, str]) -> list[Body]:
    """Our namespace, a Role in each namespace, a ClusterRole for what is in none, and their bindings to ``subject``."""
    name = f"{name_of(scope.environment)}-{scope.purpose}"
    needed = {rid.namespace for rid in scope.objects} | {scope.namespace}
    objects: list[Body] = [_namespace(namespace) for namespace in sorted(needed & scope.missing)]
    if subject["kind"] == "ServiceAccount":
        metadata = {"name": subject["name"], "namespace": subject["namespace"]}
        objects.append({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
    by_namespace: defaultdict[str, list[ResourceId]] = defaultdict(list)
    for rid in scope.objects:
        by_namespace[rid.namespace].append(rid)
    objects += _pair(name, "", [*_everywhere(scope), *_rules(scope, by_namespace.pop("", []))], subject)
    for namespace in (scope.namespace, *scope.retired):
        by_namespace.setdefault(namespace, [])
    for namespace, rids in sorted(by_namespace.items()):
        bookkeeping = _bookkeeping(scope) if namespace == scope.namespace else []
        retiring = _retiring(scope) if namespace in scope.retired else []
        objects += _pair(name, namespace, [*bookkeeping, *retiring, *_rules(scope, rids)], subject)
    return objects


def _namespace(name: str) -> Body:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _pair(name: str, namespace: str, rules: list[dict[str, Any]], subject: Mapping[str, str]) -> list[Body]:
    kind = "Role" if namespace else "ClusterRole"
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    role = {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": metadata, "rules": rules}
    binding = {
        "apiVersion": f"{RBAC}/v1",
        "kind": f"{kind}Binding",
        "metadata": metadata,
        "roleRef": {"apiGroup": RBAC, "kind": kind, "name": name},
        "subjects": [dict(subject)],
    }
    return [role, binding]


def _everywhere(scope: PermissionScope) -> list[dict[str, Any]]:
    """Which cluster it is, which namespaces there are, and which webhooks see what we write."""
    rendered = any(rid.kind == "Namespace" and not rid.group for rid in scope.objects)  # then its own rule says so
    rules = [
        _rule([""], ["namespaces"], ["get", "list"]),
        _rule(
            ["admissionregistration.k8s.io"],
            ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
            ["list"],
        ),
    ]
    rules = rules if scope.purpose is not Purpose.VIEWER else rules[:1]
    rules = rules[1:] if rendered else rules
    rules = [*rules, *_definitions(scope)]
    claims = any(rid.kind == "PersistentVolumeClaim" for rid in scope.objects)
    return [*rules, _rule(["storage.k8s.io"], ["storageclasses"], ["get"])] if claims else rules


def _retiring(scope: PermissionScope) -> list[dict[str, Any]]:
    """Helm's records are Secrets whose names end in a revision, so they cannot be named here."""
    verbs = ["get", "list", "delete"] if scope.purpose is Purpose.APPLIER else ["list"]
    return [] if scope.purpose is Purpose.VIEWER else [_rule([""], ["secrets"], verbs)]


def _definitions(scope: PermissionScope) -> list[dict[str, Any]]:
    """What the change of a rendered definition takes: its objects are repaired and stored anew, wherever they are.

    Of other definitions, by which an apply of our custom resources is judged, they are read.
    """
    rendered = sorted(rid.name for rid in scope.objects if rid.kind == CRD_KIND)
    if scope.purpose is Purpose.VIEWER:
        return []
    verbs = ["get", "list", "patch"] if scope.purpose is Purpose.APPLIER else ["list"]
    rules = [_rule([name.partition(".")[2]], [name.partition(".")[0]], verbs) for name in rendered]
    custom = {f"{served.plural}.{rid.group}" for rid, served in scope.objects.items() if _is_custom(rid)}
    if others := sorted(custom - set(rendered)):
        rules.append(_rule([_EXTENSIONS], ["customresourcedefinitions"], ["get"], others))
    if rendered and scope.migrate_storage and scope.purpose is Purpose.APPLIER:
        rules.append(_rule([_EXTENSIONS], ["customresourcedefinitions/status"], ["patch"], rendered))
    return rules


def _bookkeeping(scope: PermissionScope) -> list[dict[str, Any]]:
    """The inventory and the lock, by their names. A create cannot be limited by name (RBAC, resourceNames)."""
    name = name_of(scope.environment)
    pairs = (("", "configmaps"), ("coordination.k8s.io", "leases"))
    verbs = ["get", "update"] if scope.purpose is Purpose.APPLIER else ["get"]
    rules = [_rule([group], [resource], verbs, [name]) for group, resource in pairs]
    if scope.purpose is Purpose.APPLIER:
        rules += [_rule([group], [resource], ["create"]) for group, resource in pairs]
    if may_need_shards(scope.objects):  # their names are not known before they are written
        shards = ["get", "list", "delete"] if scope.purpose is Purpose.APPLIER else ["get"]
        rules.append(_rule([""], ["configmaps"], shards))
    return rules


def _rules(scope: PermissionScope, rids: Iterable[ResourceId]) -> list[dict[str, Any]]:
    """One rule for each set of verbs in each group: the kinds that it is for, sorted."""
    kinds: defaultdict[tuple[str, tuple[str, ...]], set[str]] = defaultdict(set)
    names: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    pods, known = False, list(rids)
    for rid in known:
        served = scope.objects[rid]
        kinds[served.group, _verbs(scope, rid)].add(served.plural)
        pods = pods or rid.kind in ("Deployment", "StatefulSet", "DaemonSet", "Job", "ReplicaSet")
        if rid.group == RBAC and rid.kind in _ROLES:
            names["escalate", served.plural].add(rid.name)
    rules = [_rule([group], sorted(plurals), list(verbs)) for (group, verbs), plurals in sorted(kinds.items())]
    if scope.purpose is not Purpose.VIEWER:
        rules += [_rule([RBAC], [plural], [verb], sorted(of)) for (verb, plural), of in sorted(names.items())]
        if any(rid.kind in _BINDINGS and rid.group == RBAC for rid in known):
            rules.append(_rule([RBAC], ["clusterroles", "roles"], ["bind"]))
        rules += _of_custom_resources(known, {plural for plurals in kinds.values() for plural in plurals})
    if pods and not any("pods" in rule["resources"] for rule in rules):
        rules.append(_rule([""], ["pods"], ["list"]))
    return rules


def _of_custom_resources(rids: list[ResourceId], listed: set[str]) -> list[dict[str, Any]]:
    """What a plan asks before it deletes a custom resource: whether a claim or a StatefulSet belongs to it."""
    if not any(rid.namespace and _is_custom(rid) for rid in rids):
        return []
    asked = (("", "persistentvolumeclaims"), ("apps", "statefulsets"))
    return [_rule([group], [plural], ["list"]) for group, plural in asked if plural not in listed]


def _is_custom(rid: ResourceId) -> bool:
    return bool(rid.group) and not built_in_group(rid.group)


def _verbs(scope: PermissionScope, rid: ResourceId) -> tuple[str, ...]:
    verbs = _VERBS[scope.purpose]
    never_pruned = rid.kind in NEVER_UNLESS_NAMED and rid.kind not in scope.prune_kinds
    return tuple(verb for verb in verbs if verb != "delete") if never_pruned else verbs


def _rule(groups: list[str], resources: list[str], verbs: list[str], names: list[str] | None = None) -> dict[str, Any]:
    rule: dict[str, Any] = {"apiGroups": groups, "resources": resources, "verbs": verbs}
    return rule | ({"resourceNames": names} if names else {})
