"""Why a comparison treats two differently written values as equal: each with its path and its reason.

What a comparison normalises (core/kube/defaults) is found by comparing a body with its normalised form.
Only a known reason counts: a value that disappears without one is a bug.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from pipeline.core.diff.value_changes import canonical
from pipeline.core.kube.defaults.normalise import normal
from pipeline.core.kube.path import MISSING, Path
from pipeline.core.kube.resource import CRD_KIND, Body, Resource

DEFAULT = "a default of the API server"
ABSENT = "the API server takes it for absent"
CONVERTED = "written as the newer API version writes it"
OLD_NAME = "the old name of serviceAccountName"
NOT_OURS = "the status of a claim template, which the API server ignores"
_CONVERTED = frozenset({("Ingress", "v1beta1"), (CRD_KIND, "v1beta1")})


class Reason(NamedTuple):
    """What changes at ``path`` before a comparison; ``name`` is empty where no reason is known."""

    path: Path
    name: str


def reasons(resource: Resource, body: Body | None = None) -> Iterator[Reason]:
    """Everything that normalising changes in an object. ``body`` is its normalised form, where that is at hand."""
    converted = (resource.kind, resource.version) in _CONVERTED
    for path, old in _places((), resource.body, normal(resource) if body is None else body):
        name = _name(path, old)
        yield Reason(path, CONVERTED if converted and not name else name)


def _places(path: Path, old: Any, new: Any) -> Iterator[tuple[Path, Any]]:
    """Where two values differ, with the old one. Normalising moves no entry of a list."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in (*old, *(key for key in new if key not in old)):
            yield from _places((*path, key), old.get(key, MISSING), new.get(key, MISSING))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _places((*path, number), one, other)
    elif old is MISSING or new is MISSING or canonical(old) != canonical(new):
        yield path, old


def _name(path: Path, old: Any) -> str:
    if old is MISSING:
        return DEFAULT
    if _hollow(old):
        return ABSENT
    if path[-1] == "serviceAccount":
        return OLD_NAME
    return NOT_OURS if path[1:2] == ("volumeClaimTemplates",) and path[-1] == "status" else ""


def _hollow(value: Any) -> bool:
    """Whether it holds nothing but zeros, nulls and empties."""
    if isinstance(value, dict | list):
        return all(map(_hollow, value.values() if isinstance(value, dict) else value))
    return not value
