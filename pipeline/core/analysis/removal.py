"""Objects that an upgrade removes: who keeps them, and how findings about many of them are grouped."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.kube.resource import CRD_KIND, Delivery, ManifestSet, Resource, ResourceId
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import listed, plural

ROLES = frozenset({"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"})
WEBHOOKS = frozenset({"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"})
OWN_RULE = (
    frozenset({CRD_KIND, "Namespace", "StatefulSet", "PersistentVolumeClaim", "PersistentVolume"}) | ROLES | WEBHOOKS
)
"""Kinds whose removal has a rule of its own."""

KEEPERS = frozenset({"helm.sh/resource-policy", "argocd.argoproj.io/sync-options", "kapp.k14s.io/delete-strategy"})
"""Annotations that may keep an object when it leaves the render."""
_WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"})
_KINDS_SHOWN = 3
_WEIGHT = {kind: index for index, kind in enumerate(("StatefulSet", "Deployment", "DaemonSet", "Service", "Secret"))}
"""What is named first among many."""
GroupKey = TypeVar("GroupKey")


def removed(upgrade: Upgrade) -> list[ResourceChange]:
    """Objects that are no longer rendered, without hooks (they run by phase) and what another release renders now."""
    gone = [
        change for change in upgrade.diff.of_action(Action.REMOVED) if change.resource.delivery is not Delivery.HOOK
    ]
    others = upgrade.facts.repository_after
    moved = owners(others, gone) if others else {}
    return [change for change in gone if change.id not in moved]


def not_replaced(upgrade: Upgrade) -> list[ResourceChange]:
    """Removed objects that no workload of another kind replaces."""
    successors = {old.id for old, _ in kind_changes(upgrade)}
    return [change for change in removed(upgrade) if change.id not in successors]


def kind_changes(upgrade: Upgrade) -> list[tuple[ResourceChange, ResourceChange]]:
    """Removed workloads, each with the added one of another kind that has its name."""
    added = {
        (change.id.namespace, change.id.name): change
        for change in upgrade.diff.of_action(Action.ADDED)
        if change.id.kind in _WORKLOADS
    }
    olds = [change for change in removed(upgrade) if change.id.kind in _WORKLOADS]
    keys = ((old, (old.id.namespace, old.id.name)) for old in olds)
    return [(old, added[key]) for old, key in keys if key in added]


def owners(others: ManifestSet, changes: Iterable[ResourceChange]) -> dict[ResourceId, str]:
    """By the object of each change that another release renders: which release."""
    wanted = {change.id for change in changes}
    names = {rid.name for rid in wanted}
    if not wanted:
        return {}
    there = (resource for kind in sorted({rid.kind for rid in wanted}) for resource in others.of_kind(kind))
    return {resource.id: resource.release for resource in there if resource.id.name in names and resource.id in wanted}


def kept(resource: Resource) -> str:
    """The annotation that keeps the object when it leaves the render; empty where none does."""
    notes = resource.annotations
    if notes.get("helm.sh/resource-policy") == "keep":
        return "helm.sh/resource-policy: keep"
    options = str(notes.get("argocd.argoproj.io/sync-options", ""))
    if "Prune=false" in options or "Delete=false" in options:
        return f"argocd.argoproj.io/sync-options: {options}"
    if notes.get("kapp.k14s.io/delete-strategy") == "orphan":
        return "kapp.k14s.io/delete-strategy: orphan"
    return ""


def grouped(
    changes: Iterable[ResourceChange], key: Callable[[ResourceChange], GroupKey]
) -> dict[GroupKey, list[ResourceChange]]:
    """Changes by ``key``, in the order they come."""
    groups: dict[GroupKey, list[ResourceChange]] = {}
    for change in changes:
        groups.setdefault(key(change), []).append(change)
    return groups


def naming(changes: list[ResourceChange]) -> str:
    """``Service web``, or ``3 Services: a, b, c``."""
    kind = changes[0].id.kind
    if len(changes) == 1:
        return f"{kind} {changes[0].id.name}"
    return f"{len(changes)} {plural(kind)}: {listed(change.id.name for change in changes)}"


def by_kind(changes: list[ResourceChange]) -> str:
    """``Service web``, ``3 Services: a, b, c``, or ``9 objects (Deployment web, 3 Services and 5 of other kinds)``."""
    kinds = grouped(changes, lambda change: change.id.kind)
    if len(kinds) == 1:
        return naming(changes)
    ranked = sorted(kinds.items(), key=lambda item: (_WEIGHT.get(item[0], len(_WEIGHT)), item[0]))
    said = [naming(of)[: naming(of).index(":")] if len(of) > 1 else naming(of) for _, of in ranked[:_KINDS_SHOWN]]
    rest = sum(len(of) for _, of in ranked[_KINDS_SHOWN:])
    more = f" and {rest} of other kinds" if rest else ""
    return f"{len(changes)} objects ({', '.join(said)}{more})"
