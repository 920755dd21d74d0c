"""Which ConfigMap or Secret a workload refers to instead of another: what a generated name leads to."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from pipeline.core.diff.change import FieldChange, Op, ResourceChange
from pipeline.core.diff.generated_names import same_stem
from pipeline.core.kube.pods import template_path
from pipeline.core.kube.resource import ResourceId

_KINDS = {
    "configMap": "ConfigMap",
    "configMapRef": "ConfigMap",
    "configMapKeyRef": "ConfigMap",
    "secret": "Secret",
    "secretRef": "Secret",
    "secretKeyRef": "Secret",
    "imagePullSecrets": "Secret",
}
FOLLOWED = frozenset(_KINDS.values())


class Followed(NamedTuple):
    """One place that names another object than before."""

    old: ResourceId
    new: ResourceId


def followed(change: ResourceChange) -> Iterator[tuple[FieldChange, Followed]]:
    """Every changed path of a workload that names a ConfigMap or Secret."""
    if template_path(change.resource) is None:
        return
    for field in change.fields:
        kind = _named(field)
        if kind and isinstance(field.old, str) and isinstance(field.new, str):
            namespace = change.id.namespace
            yield (
                field,
                Followed(ResourceId("", kind, namespace, field.old), ResourceId("", kind, namespace, field.new)),
            )


def settled(change: ResourceChange, twins: Iterable[tuple[ResourceId, ResourceId]]) -> ResourceChange:
    """The change with what follows a generated name marked: the pair itself says what is new."""
    pairs = {pair for pair in twins if same_stem(pair[0].name, pair[1].name)}
    marked = {field for field, pair in followed(change) if tuple(pair) in pairs} if pairs else set()
    if not marked:
        return change
    return replace(
        change,
        fields=tuple(
            replace(field, noise=f"follows {field.old}, now {field.new}") if field in marked else field
            for field in change.fields
        ),
    )


def _named(field: FieldChange) -> str:
    """The kind of what is named; empty where nothing is."""
    if field.op is not Op.CHANGED or len(field.path) < 2:  # noqa: PLR2004 - a reference has a parent
        return ""
    if field.path[-1] == "secretName":
        return "Secret"
    return _KINDS.get(str(field.path[-2]), "") if field.path[-1] == "name" else ""
