"""What differs between an object and its renamed counterpart, besides what follows from the name.

The old body is read with the new name in place of the old one: what is equal then (labels, selectors, a container or a
subject that bears the name) is marked as following it. What did not differ before is not reported.
"""

import re
from collections.abc import Callable, Container
from dataclasses import replace
from typing import Any

from pipeline.core.diff.change import FieldChange, ResourceChange
from pipeline.core.diff.generated_names import differing, same_stem
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource, ResourceId

Fields = Callable[[Resource, Resource], tuple[FieldChange, ...]]
_IDENTITY = (("metadata", "name"), ("metadata", "namespace"))
_SHORTEST = 3
"""A shorter piece of a name is in too many words."""
_OUTSIDE = frozenset({"serviceAccountName", "image"})
"""Fields that more than this object depends on: permissions of others, and images to pull."""


def unfollowed(change: ResourceChange, fields_of: Fields) -> tuple[FieldChange, ...]:
    """The fields of a renamed object, in which what follows the name is noise with that reason."""
    old, new = change.before, change.after
    if old is None or new is None or not old.id.name or same_stem(old.id.name, new.id.name):
        return change.fields
    read = _Names(old.id, new.id)
    real = fields_of(replace(old, body=read.body(old.body)), new)
    plain = {field.path: field for field in change.fields}
    kept = [
        plain.get(field.path, field) for field in real if _starts(field.path, plain) and field.path not in _IDENTITY
    ]
    told = {field.path for field in kept}
    reason = f"follows {old.id.name}, now {new.id.name}"
    if old.id.name == new.id.name:
        reason = f"follows namespace {old.id.namespace}, now {new.id.namespace}"
    rest = [
        field if field.path in _IDENTITY else replace(field, noise=field.noise or reason)
        for field in change.fields
        if field.path not in told and not _below(field.path, told)
    ]
    return tuple(sorted([*kept, *rest], key=lambda field: (str(field.path), field.op)))


def _starts(path: Path, among: Container[Path]) -> bool:
    """Whether something at or above ``path`` differs without the name's help."""
    return any(path[:length] in among for length in range(1, len(path) + 1))


def _below(path: Path, told: set[Path]) -> bool:
    """Whether what stands at ``path`` is reported in parts."""
    return any(other[: len(path)] == path for other in told)


class _Names:
    """Reads a value as it would be under the new name and in the new namespace."""

    def __init__(self, old: ResourceId, new: ResourceId) -> None:
        self._old, self._new = old, new
        self._swaps = [(_word(old.name), new.name)]
        first, second = differing(old.name, new.name)
        if len(first) >= _SHORTEST and not any(map(str.isdigit, first + second)):  # a version is in other values too
            self._swaps.append((_word(first), second))

    def body(self, value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: self.body(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [self.body(item, key) for item in value]
        if not isinstance(value, str) or key in _OUTSIDE:
            return value
        if key == "namespace":
            return self._new.namespace if value == self._old.namespace else value
        text = value.replace(f".{self._old.namespace}.svc", f".{self._new.namespace}.svc")
        for word, other in self._swaps:
            named = other.join(word.split(text))
            if named != text:
                return named
        return text


def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])")
