"""Evaluates validation rules about changes (CEL with ``oldSelf``) on a custom resource that an upgrade changes.

The server correlates old and new values by field name, map key and, in lists of type map, by the list's keys; entries
of other lists have no old value (apiextensions.k8s.io/v1, ValidationRule.rule). A rule without ``optionalOldSelf`` is
asked only where there was a value before.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.core.crd.cel.engine import Absent, Old
from pipeline.core.crd.cel.validation_rules import KEY, RuleResults, gained, holds, said
from pipeline.core.crd.schema.defaults import defaulted
from pipeline.core.crd.schema.validate import Schema
from pipeline.core.crd.schema.violation import Refuses, SchemaViolation
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import mapping, sequence

_OLD = re.compile(r"\boldSelf\b")
_ABSENT = Absent()
_ATOMIC = "atomic"


@dataclass(frozen=True, slots=True)
class _DueTransition:
    """A rule about changes, and the two values it is asked about."""

    path: Path
    schema: Schema
    rule: Mapping[str, Any]
    old: Any
    new: Any


def transition(schema: Schema, old: Any, new: Any) -> RuleResults:
    """What the rules about changes say of an edit. Status is not looked at, nor is what does not change."""
    before, after = (
        defaulted(schema, {k: v for k, v in mapping(side).items() if k != "status"}) for side in (old, new)
    )
    return _asked(_due(schema, before, after, ()))


def creation(schema: Schema, new: Any) -> RuleResults:
    """What the rules with ``optionalOldSelf`` say of an object that is new; ``new`` has its defaults."""
    return _asked(_due(schema, _ABSENT, {key: value for key, value in mapping(new).items() if key != "status"}, ()))


def _asked(due_transitions: Iterator[_DueTransition]) -> RuleResults:
    broken, unchecked = [], []
    for due in due_transitions:
        text = str(due.rule.get("rule"))
        optional = due.rule.get("optionalOldSelf") is True
        verdict = holds(due.schema, due.new, text, root=not due.path, old=Old(due.old, optional))
        if verdict is None:
            unchecked.append(text)
        elif not verdict:
            broken.append(SchemaViolation(due.path, said(due.rule)))
    return RuleResults(tuple(broken), tuple(dict.fromkeys(unchecked)))


def standing(old: Schema, new: Schema, before: Any, after: Any) -> RuleResults:
    """What the rules about changes that only schema ``new`` has say of values that do not change.

    ``before`` and ``after`` have their defaults. Each update asks them, whatever it is about, and their errors stand
    even where nothing changes.
    """
    broken, unchecked = [], []
    for due in gained(old, new, {key: value for key, value in mapping(after).items() if key != "status"}, ()):
        text = str(due.rule.get("rule") or "")
        if not _OLD.search(text) or _at(before, due.path) != due.value:
            continue
        optional = due.rule.get("optionalOldSelf") is True
        verdict = holds(due.schema, due.value, text, root=not due.path, old=Old(due.value, optional))
        if verdict is None:
            unchecked.append(text)
        elif not verdict:
            broken.append(SchemaViolation(due.path, said(due.rule), Refuses.WRITES))
    return RuleResults(tuple(broken), tuple(dict.fromkeys(unchecked)))


def _at(value: Any, path: Path) -> Any:
    """What stands at a path; lists of type map keep their order where nothing changes."""
    for step in path:
        fits = (
            isinstance(value, dict)
            if isinstance(step, str)
            else isinstance(value, list) and len(value) > int(str(step))
        )
        if not fits or (isinstance(value, dict) and step not in value):
            return _ABSENT
        value = value[step]
    return value


def _due(schema: Schema, old: Any, new: Any, path: Path) -> Iterator[_DueTransition]:
    if new is None or old == new:
        return
    for rule in map(mapping, sequence(schema.get(KEY))):
        had = not isinstance(old, Absent) and old is not None
        if _OLD.search(str(rule.get("rule") or "")) and (had or rule.get("optionalOldSelf") is True):
            yield _DueTransition(path, schema, rule, old if had else _ABSENT, new)
    if isinstance(new, dict) and schema.get("x-kubernetes-map-type") != _ATOMIC:
        named, extra = mapping(schema.get("properties")), mapping(schema.get("additionalProperties"))
        for key, value in new.items():
            below = mapping(named[key]) if key in named else extra
            yield from _due(below, mapping(old).get(key, _ABSENT), value, (*path, key))
    elif isinstance(new, list) and schema.get("x-kubernetes-list-type") == "map":
        yield from _entries(schema, old, new, path)


def _entries(schema: Schema, old: Any, new: list[Any], path: Path) -> Iterator[_DueTransition]:
    keys = [str(key) for key in sequence(schema.get("x-kubernetes-list-map-keys"))]
    known = {_key(entry, keys): entry for entry in sequence(old)}
    for index, entry in enumerate(new):
        yield from _due(mapping(schema.get("items")), known.get(_key(entry, keys), _ABSENT), entry, (*path, index))


def _key(entry: Any, keys: list[str]) -> tuple[str, ...]:
    return tuple(repr(mapping(entry).get(key)) for key in keys)
