"""What changes in a CRD's schemas, each change with the keyword of OpenAPI that it is about."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.core.change import FieldChange, Op
from pipeline.core.crd.once import once
from pipeline.core.crd.pairs import Pair, pairs
from pipeline.core.path import Entry, Path
from pipeline.core.upgrade import Upgrade

_SCHEMA = ("schema", "openAPIV3Schema")
_BY_NAME = frozenset({"properties", "patternProperties", "definitions"})
_BELOW = frozenset({"items", "additionalProperties", "not"})
_COMBINATORS = frozenset({"allOf", "anyOf", "oneOf", "not"})
PROPERTY = "property"
"""The keyword of a field as a whole: it comes or goes."""


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """``field`` is the custom resource's own path (``spec.rules[].host``), empty for its root.

    ``combined`` says whether it lies below allOf, anyOf, oneOf or not, where a change does not mean what it seems to.
    """

    change: FieldChange
    version: str
    keyword: str
    field: str
    combined: bool = False

    @property
    def path(self) -> Path:
        return self.change.path


@dataclass(frozen=True, slots=True)
class Edited:
    """A CRD on both sides, with its schema changes in versions that both sides have."""

    pair: Pair
    schema: tuple[SchemaChange, ...] = field(hash=False)


@once
def edits(upgrade: Upgrade) -> tuple[Edited, ...]:
    """Every CRD that differs, sorted by name, with what differs in its schemas."""
    both = (pair for pair in pairs(upgrade) if pair.both)
    return tuple(Edited(pair, tuple(_schema_changes(pair))) for pair in both)


def _schema_changes(pair: Pair) -> Iterator[SchemaChange]:
    for change in pair.fields:
        path = change.path
        if path[:2] == ("spec", "versions") and len(path) > 4 and path[3:5] == _SCHEMA:  # noqa: PLR2004
            entry = path[2]
            version = str(entry.pairs[0][1]) if isinstance(entry, Entry) else str(entry)
            keyword, field_path, combined = _read(path[5:])
            yield SchemaChange(change, version, keyword, field_path, combined)


def _read(steps: Path) -> tuple[str, str, bool]:
    """The keyword that a path in a schema ends in, the field it is about, and whether a combinator stands above."""
    where, combined, at = "", False, 0
    while at < len(steps):
        keyword = str(steps[at])
        if keyword in _COMBINATORS:
            return keyword, where, True
        if keyword in _BY_NAME and at + 1 < len(steps):
            where = f"{where}.{steps[at + 1]}".removeprefix(".")
            at += 2
            if at == len(steps):
                return PROPERTY, where, combined
        elif keyword in _BELOW and at + 1 < len(steps):
            where += "[]" if keyword == "items" else ".*"
            at += 1
        else:
            return keyword, where, combined
    return "schema", where, combined


def is_added(change: SchemaChange) -> bool:
    return change.change.op is Op.ADDED


def is_removed(change: SchemaChange) -> bool:
    return change.change.op is Op.REMOVED
