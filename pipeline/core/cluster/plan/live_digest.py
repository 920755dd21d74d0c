"""The digest of a live object: changes when somebody edits it, not when a controller does its normal work."""

from collections.abc import Iterable
from typing import Any

from pipeline.core.cluster.api.canonical import digest_of
from pipeline.core.cluster.plan import managed_fields as managed
from pipeline.core.cluster.plan.definition_changes import is_patched
from pipeline.core.cluster.plan.plan import Live
from pipeline.core.cluster.plan.policy import MANAGER, Ignored, is_below
from pipeline.core.kube.resource import Body, ResourceId, mapping

# What the API server keeps for itself (API conventions, "Metadata").
_SERVER = frozenset(
    {
        "resourceVersion",
        "generation",
        "managedFields",
        "creationTimestamp",
        "uid",
        "selfLink",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    }
)
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def stripped(body: Body) -> Body:
    """The body without status and without what the server keeps in metadata; empty labels and annotations are none."""
    metadata = {key: value for key, value in mapping(body.get("metadata")).items() if key not in _SERVER}
    annotations = {key: text for key, text in mapping(metadata.get("annotations")).items() if key != _LAST_APPLIED}
    metadata["annotations"] = annotations
    for key in ("labels", "annotations", "finalizers"):
        if not metadata.get(key):
            metadata.pop(key, None)
    rest = {key: value for key, value in body.items() if key not in ("status", "metadata")}
    return {**rest, "metadata": metadata}


def digest(body: Body, ignored: Iterable[str] = (), *, adopting: bool = False) -> str:
    """Of what people and tools set: fields of controllers and ``ignored`` ones (``spec.replicas``) left out.

    Which fields are ours is part of it, so that a field taken from us is noticed even where its value is the same;
    but not while ``adopting``, when we take over the entries of others in a step of its own.
    """
    ignored = list(ignored)
    rest = stripped(managed.without(body, managed.left_to_controllers(body)))
    for field in ignored:
        rest = _without_field(rest, field.split("."))
    own = [] if adopting else sorted(_ours(body, ignored))
    return digest_of([rest, own])


def _ours(body: Body, ignored: Iterable[str]) -> list[str]:
    paths = (managed.dotted(path).lstrip(".") for path in managed.applied_by(body, MANAGER))
    return [path for path in paths if not any(is_below(path, field) for field in ignored)]


def left_to_others(body: Body, rid: ResourceId, ignored: Iterable[Ignored]) -> frozenset[managed.FieldPath]:
    """Ignored fields of a live object that others own and we do not: they are not sent."""
    rules = [rule for rule in ignored if rule.takes(rid)]
    return frozenset(
        path
        for path, owners in (managed.owners(body).items() if rules else ())
        if MANAGER not in owners and any(rule.covers(rid, managed.dotted(path).lstrip(".")) for rule in rules)
    )


def reference(body: Body, rid: ResourceId, ignored: Iterable[Ignored], *, adopting: bool = False) -> Live:
    """A Secret has no digest: few guesses would find its value. Its resource version says as much."""
    metadata = mapping(body.get("metadata"))
    secret = rid.kind == "Secret" and not rid.group
    fields = [rule.field for rule in ignored if rule.takes(rid)]
    value = "" if secret else digest(body, fields, adopting=adopting)
    return Live(str(metadata.get("uid") or ""), value, str(metadata.get("resourceVersion") or ""))


def beside(body: Body, paths: Iterable[managed.FieldPath]) -> str:
    """The digest of every field that somebody set, without those at or below ``paths``.

    Defaults of a definition belong to nobody, so a new definition does not change it.
    """
    above = [managed.dotted(path) for path in paths]
    rows = {
        managed.dotted(path): managed.value_of(body, path)
        for path, owners in managed.owners(body).items()
        if not all(map(managed.moves, owners)) and path[0] != "f:status"
    }
    own = f".metadata.annotations.{_LAST_APPLIED}"
    rows_beside = {name: value for name, value in rows.items() if not any(is_below(name, top) for top in (*above, own))}
    return digest_of(sorted([name, value] for name, value in rows_beside.items() if value is not None))


def replaced(body: Body, paths: Iterable[managed.FieldPath]) -> str:
    """The digest of what is at ``paths``."""
    return digest_of([managed.value_of(body, path) for path in paths])


def same(planned: Live, current: Live) -> bool:
    """Whether the object is still the one that was planned on."""
    if planned.uid != current.uid:
        return False
    if not planned.digest or not current.digest:
        return planned.resource_version == current.resource_version
    return planned.digest == current.digest


def same_beside(planned: Live, body: Body, wanted: Body, paths: tuple[managed.FieldPath, ...]) -> bool:
    """Whether a custom resource is the one planned on, though its definition changed or we repaired or patched it."""
    metadata = mapping(body.get("metadata"))
    if not planned.beside or planned.uid != metadata.get("uid"):
        return False
    if planned.resource_version == metadata.get("resourceVersion"):
        return True  # nobody wrote it: it only reads otherwise
    if planned.beside != beside(body, paths):
        return False
    return is_patched(body, wanted, paths) or planned.replaced == replaced(body, paths)


def _without_field(value: Any, steps: list[str]) -> Any:
    if not isinstance(value, dict) or steps[0] not in value:
        return value
    if len(steps) == 1:
        return {key: item for key, item in value.items() if key != steps[0]}
    return {**value, steps[0]: _without_field(value[steps[0]], steps[1:])}
