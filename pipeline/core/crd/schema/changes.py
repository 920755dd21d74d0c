"""Which parts of a CRD's schemas change, each with the OpenAPI keyword that it is about."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.core.crd.pairs import CrdPair, pairs
from pipeline.core.crd.schema.validate import Schema
from pipeline.core.diff.change import FieldChange, Op
from pipeline.core.kube.path import Entry, Path
from pipeline.core.kube.resource import mapping
from pipeline.core.memo import once
from pipeline.core.risk.upgrade import Upgrade

_SCHEMA = ("schema", "openAPIV3Schema")
_BY_NAME = frozenset({"properties", "patternProperties", "definitions"})
_BELOW = frozenset({"items", "additionalProperties", "not"})
_COMBINATORS = frozenset({"allOf", "anyOf", "oneOf", "not"})
PROSE = frozenset({"description", "title", "example", "externalDocs", "$schema", "id"})
PROPERTY = "property"
"""The keyword of a field as a whole: it comes or goes."""
RETYPED = "retyped"
"""The keyword of whatever changes along with a field's type, and says nothing beyond that."""
WIDENED = "widened"
"""The same of a field that takes more than before."""
INT_OR_STRING = "x-kubernetes-int-or-string"
_EITHER = ("integer", "string")


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

    @property
    def op(self) -> Op:
        return self.change.op

    @property
    def old(self) -> Any:
        return self.change.old

    @property
    def new(self) -> Any:
        return self.change.new


@dataclass(frozen=True, slots=True)
class ChangedCrd:
    """A CRD on both sides, with its schema changes in versions that both sides have."""

    pair: CrdPair
    schema: tuple[SchemaChange, ...] = field(hash=False)
    telling: tuple[SchemaChange, ...] = field(hash=False)
    """Those that are not of prose: of a large upgrade one in twenty."""


@once
def changed_crds(upgrade: Upgrade) -> tuple[ChangedCrd, ...]:
    """Every CRD that differs, sorted by name, with what differs in its schemas."""
    both = (pair for pair in pairs(upgrade) if pair.both)
    return tuple(_edited(pair, tuple(_without_companions(list(_schema_changes(pair))))) for pair in both)


def _edited(pair: CrdPair, schema: tuple[SchemaChange, ...]) -> ChangedCrd:
    return ChangedCrd(pair, schema, tuple(change for change in schema if change.keyword not in PROSE))


def _schema_changes(pair: CrdPair) -> Iterator[SchemaChange]:
    for change in pair.fields:
        path = change.path
        if path[:2] == ("spec", "versions") and len(path) > 4 and path[3:5] == _SCHEMA:  # noqa: PLR2004
            keyword, field_path, combined = _read(path[5:])
            yield SchemaChange(change, _version(path), keyword, field_path, combined)


def schema_place(path: Path) -> tuple[str, str, str] | None:
    """The CRD's version, the keyword and the field that a path in a CRD is about; None outside of its schemas."""
    if path[:2] != ("spec", "versions") or len(path) <= 4 or path[3:5] != _SCHEMA:  # noqa: PLR2004
        return None
    keyword, field_path, _ = _read(path[5:])
    return _version(path), keyword, field_path


def _version(path: Path) -> str:
    entry = path[2]
    return str(entry.pairs[0][1]) if isinstance(entry, Entry) else str(entry)


def _without_companions(changes_found: list[SchemaChange]) -> Iterator[SchemaChange]:
    """A field of another type has other keywords as well (``items``, ``anyOf``): they are the same fact."""
    types = {change.path[:-1]: change for change in changes_found if type_changed(change)}
    types |= {path: change for path, change in types.items() if change.keyword == INT_OR_STRING}
    numbers = {change.path[:-1] for change in changes_found if change.keyword == "type" and change.old in _EITHER}
    wider = {change.path[:-1] for change in changes_found if change.keyword == INT_OR_STRING and change.new is True}
    wider &= numbers
    if not types and not wider:
        yield from changes_found
        return
    for change in changes_found:
        parents = [change.path[:length] for length in range(len(change.path))]
        node = next((types[parent] for parent in parents if parent in types), None)
        if node is not None and node is not change and (change.path[:-1] == node.path[:-1] or not type_changed(change)):
            yield replace(change, keyword=RETYPED, field=node.field, combined=False)
        elif change.keyword in ("type", "anyOf", INT_OR_STRING) and any(parent in wider for parent in parents):
            yield replace(change, keyword=WIDENED, combined=False)
        else:
            yield change


def type_changed(change: SchemaChange) -> bool:
    """``integer`` to ``number`` is wider, and so is what becomes int-or-string. What had no type took anything."""
    if change.combined:
        return False
    if change.keyword == "type":
        return (change.old, change.new) != ("integer", "number") and not is_removed(change)
    return change.keyword == INT_OR_STRING and change.old is True and change.new is not True


def _read(steps: Path) -> tuple[str, str, bool]:
    """The keyword that a path in a schema ends in, the field it is about, and whether a combinator stands above."""
    where, combined, at = "", False, 0
    while at < len(steps):
        keyword = str(steps[at])
        if keyword in _COMBINATORS:
            return keyword, where, True
        if keyword == "properties" and at + 1 == len(steps):
            return PROPERTY, f"{where}.*".removeprefix("."), combined
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


def holder_after(edited: ChangedCrd, change: SchemaChange, keyword: str) -> Schema:
    """The new schema that holds the last ``keyword`` on a change's path; empty where there is none."""
    steps = change.path[5:]
    at = max((index for index, step in enumerate(steps) if step == keyword), default=len(steps))
    return node_after(edited.pair, change.version, steps[:at])


def node_after(pair: CrdPair, version: str, steps: Path) -> Schema:
    """The new schema at a path below a version's schema; empty where there is none."""
    node: Any = pair.after.schema(version) if pair.after is not None else {}
    for step in steps:
        node = node.get(step) if isinstance(node, dict) else None
    return mapping(node)


def is_added(change: SchemaChange) -> bool:
    return change.op is Op.ADDED


def is_removed(change: SchemaChange) -> bool:
    return change.op is Op.REMOVED
