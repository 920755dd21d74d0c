"""DeepDiff, an independent library, looks for differences that our comparison neither reports nor explains.

Both sides are compared as they were parsed, list order included. Then the reported changes are made on the old side,
and DeepDiff must find nothing between the result and the new side. Branches that are the same JSON text are left out
first: DeepDiff takes seconds for a CRD. Lists are compared place by place: where it looks for the longest common part
of two lists, 0 and false are the same entry. It is imported here and nowhere else, because that alone takes 0.2 s.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from pipeline.core.diff.apply_changes import apply_changes
from pipeline.core.diff.change import Action, FieldChange, Op, ResourceChange
from pipeline.core.diff.embedded_documents import SAME_DOCUMENT, documents
from pipeline.core.diff.equal_reasons import Reason, reasons
from pipeline.core.diff.equivalence import same_to_the_server
from pipeline.core.kube.defaults.normalise import normal
from pipeline.core.kube.path import Path, get, to_text
from pipeline.core.kube.resource import ManifestSet, Resource, ResourceId

_STEP = re.compile(r"\['((?:[^'\\]|\\.)*)'\]|\[\"([^\"]*)\"\]|\[(\d+)\]")


class Unreported(NamedTuple):
    """A difference that no one tells or explains: which object, and where (empty: the object as a whole)."""

    id: ResourceId
    where: str

    def __str__(self) -> str:
        return f"{self.id} {self.where}".rstrip()


def unreported(before: ManifestSet, after: ManifestSet, told: Iterable[ResourceChange]) -> Iterator[Unreported]:
    """Every difference between two renders that ``told`` does not explain."""
    olds, news = before.by_id(), after.by_id()
    changes = list(told)
    removed = {change.before.id for change in changes if change.before and change.action is not Action.CHANGED}
    came = {change.id for change in changes if change.after and change.action is not Action.CHANGED}
    edited = {change.id: change for change in changes if change.action is Action.CHANGED}
    yield from (Unreported(rid, "") for rid in olds if rid not in news and rid not in removed)
    yield from (Unreported(rid, "") for rid in news if rid not in olds and rid not in came)
    for rid, old in olds.items():
        if rid in news and rid not in removed:
            yield from unreported_fields(old, news[rid], edited[rid].fields if rid in edited else ())
    for change in changes:
        if change.action in (Action.RENAMED, Action.MOVED) and change.before and change.after:
            yield from _unreported_of_twins(change.before, change.after, change.fields)


def unreported_fields(old: Resource, new: Resource, fields: Sequence[FieldChange]) -> Iterator[Unreported]:
    """The same of one object."""
    if _text(old.body) == _text(new.body):
        return
    before, after = normal(old), normal(new)
    explained = [*reasons(old, before), *reasons(new, after)]
    yield from (Unreported(new.id, to_text(reason.path)) for reason in explained if not reason.name)
    yield from (Unreported(new.id, where) for where in _uncovered(old.body, new.body, fields, explained, new))
    differences: list[Unreported] = []

    def differ(path: Path, one: Any, other: Any) -> None:
        paths = (steps for steps in differing(one, other) if path or not _same_quantity(steps, one, other, new))
        differences.extend(Unreported(new.id, to_text((*path, *steps))) for steps in paths)

    for field in fields:
        if field.noise == SAME_DOCUMENT:
            differ(field.path, *documents(field))
    result = apply_changes((), before, after, fields, differ)
    differ((), result, after)
    yield from dict.fromkeys(differences)


def _uncovered(
    old: Any, new: Any, fields: Iterable[FieldChange], explained: Iterable[Reason], resource: Resource
) -> Iterator[str]:
    """Differences of the parsed documents at which no change is reported or explained."""
    known = {_maps_only(field.path) for field in fields} | {_maps_only(reason.path) for reason in explained}
    for path in differing(old, new):
        place = _maps_only(path)
        near = any(place[: len(other)] == other[: len(place)] for other in known)
        if not near and not _same_quantity(path, old, new, resource):
            yield to_text(path)


def _unreported_of_twins(old: Resource, new: Resource, fields: Sequence[FieldChange]) -> Iterator[Unreported]:
    """Of a renamed object what follows from the name is told in few words: each difference must lie near one told."""
    explained = [*reasons(old), *reasons(new)]
    yield from (Unreported(new.id, where) for where in _uncovered(old.body, new.body, fields, explained, new))


def _maps_only(path: Path) -> Path:
    """The steps before the first that leads into a list: the two name entries of lists differently."""
    end = next((number for number, step in enumerate(path) if not isinstance(step, str)), len(path))
    return path[:end]


def _same_quantity(path: Path, old: Any, new: Any, resource: Resource) -> bool:
    change = FieldChange(path, Op.CHANGED, get(old, path), get(new, path))
    return same_to_the_server(change, resource)


def differing(old: Any, new: Any) -> list[Path]:
    """Every path at which DeepDiff sees a difference."""
    one, other = _unequal(old, new)
    if _text(one) == _text(other):
        return []
    from deepdiff import DeepDiff  # noqa: PLC0415 - see the module's docstring

    paths_of: Mapping[str, Iterable[str]] = DeepDiff(
        one, other, ignore_order=False, zip_ordered_iterables=True, verbose_level=1
    )
    return sorted({_steps(path) for paths in paths_of.values() for path in paths}, key=to_text)


def _steps(path: str) -> Path:
    steps = _STEP.findall(path.removeprefix("root"))
    return tuple(int(number) if number else single.replace("\\'", "'") or double for single, double, number in steps)


def _unequal(old: Any, new: Any) -> tuple[Any, Any]:
    """Both without the keys of maps whose values are the same JSON text."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return old, new
    shared = {key for key in old.keys() & new.keys() if _text(old[key]) == _text(new[key])}
    first = {key: value for key, value in old.items() if key not in shared}
    second = {key: value for key, value in new.items() if key not in shared}
    for key in first.keys() & second.keys():
        first[key], second[key] = _unequal(first[key], second[key])
    return first, second


def _text(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
