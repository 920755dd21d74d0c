"""Objects that an upgrade removes: who keeps them, and how findings about many of them are grouped."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from pipeline.core.change import Action, ResourceChange
from pipeline.core.resource import CRD_KIND, Delivery, Resource
from pipeline.core.upgrade import Upgrade

OWN_RULE = frozenset({CRD_KIND, "Namespace", "StatefulSet", "PersistentVolumeClaim", "PersistentVolume"})
"""Kinds whose removal has a rule of its own."""

_SHOWN = 4
Key = TypeVar("Key")


def removed(upgrade: Upgrade) -> list[ResourceChange]:
    """What is gone for good: hooks aside (they come and go by phase), and what another release renders now."""
    moved = {r.id for r in upgrade.facts.repository_after.resources} if upgrade.facts.repository_after else set()
    return [
        change
        for change in upgrade.diff.of_action(Action.REMOVED)
        if change.resource.delivery is not Delivery.HOOK and change.id not in moved
    ]


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


def grouped(changes: Iterable[ResourceChange], key: Callable[[ResourceChange], Key]) -> dict[Key, list[ResourceChange]]:
    """Changes by ``key``, in the order they come."""
    groups: dict[Key, list[ResourceChange]] = {}
    for change in changes:
        groups.setdefault(key(change), []).append(change)
    return groups


def naming(changes: list[ResourceChange]) -> str:
    """``Service web``, or ``3 Services: a, b, c``."""
    kind = changes[0].id.kind
    if len(changes) == 1:
        return f"{kind} {changes[0].id.name}"
    names = ", ".join(change.id.name for change in changes[:_SHOWN])
    more = f" and {len(changes) - _SHOWN} more" if len(changes) > _SHOWN else ""
    return f"{len(changes)} {_plural(kind)}: {names}{more}"


def _plural(kind: str) -> str:
    if kind.endswith(("s", "x", "ch")):
        return f"{kind}es" if not kind.endswith("s") else kind
    return f"{kind[:-1]}ies" if kind.endswith("y") and kind[-2:-1] not in "aeiou" else f"{kind}s"
