"""Evaluates a CRD's new validation rules (CEL, x-kubernetes-validations) on a known custom resource.

A rule that cannot be evaluated, because of an unknown function or syntax, is unchecked, never violated. Names are
escaped as in KEP-2876. Rules about changes (``oldSelf``) are in transitions.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline.core.crd.cel.certainty import is_certain
from pipeline.core.crd.cel.cost import affordable
from pipeline.core.crd.cel.engine import NO_OLD, Absent, Old, evaluate
from pipeline.core.crd.cel.field_names import escaped
from pipeline.core.crd.schema.defaults import defaulted
from pipeline.core.crd.schema.validate import Schema
from pipeline.core.crd.schema.violation import SchemaViolation
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import mapping, sequence

KEY = "x-kubernetes-validations"
_OTHER_TYPES = frozenset({"date", "date-time", "duration", "byte"})  # not text for CEL


@dataclass(frozen=True, slots=True)
class RuleResults:
    """``broken`` rules refuse the object; ``unchecked`` are the texts of those that no one evaluated."""

    broken: tuple[SchemaViolation, ...] = ()
    unchecked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DueRule:
    """A rule of the new schema that the old one has not, and the value that it holds for."""

    path: Path
    rule: Mapping[str, Any]
    schema: Schema
    value: Any


def verdict(old: Schema, new: Schema, body: Any, *, filled: bool = False) -> RuleResults:
    """What the rules that only ``new`` has say of an object, with ``filled`` one that has its defaults already.

    Status is not looked at, nor are rules about changes.
    """
    shown = {key: value for key, value in mapping(body).items() if key != "status"}
    broken, unchecked = [], []
    for due in gained(old, new, shown if filled else defaulted(new, shown), ()):
        text = str(due.rule.get("rule") or "")
        if "oldSelf" in text:
            continue
        verdict_ = holds(due.schema, due.value, text, root=not due.path)
        if verdict_ is None:
            unchecked.append(text)
        elif not verdict_:
            broken.append(SchemaViolation(due.path, said(due.rule)))
    return RuleResults(tuple(broken), tuple(dict.fromkeys(unchecked)))


def said(rule: Mapping[str, Any]) -> str:
    """The rule's own message, or the rule."""
    return str(rule.get("message") or f"it breaks the rule {rule.get('rule')}").strip()


def gained(old: Schema, new: Schema, value: Any, path: Path) -> Iterator[DueRule]:
    if old is new or value is None:
        return
    known = {str(mapping(rule).get("rule")) for rule in sequence(old.get(KEY))}
    for rule in sequence(new.get(KEY)):
        if str(mapping(rule).get("rule")) not in known:
            yield DueRule(path, mapping(rule), new, value)
    if isinstance(value, list):
        before, after = mapping(old.get("items")), mapping(new.get("items"))
        for index, item in enumerate(value):
            yield from gained(before, after, item, (*path, index))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from gained(_below(old, key), _below(new, key), item, (*path, key))


def _below(schema: Schema, key: str) -> Schema:
    named = mapping(schema.get("properties"))
    return mapping(named[key] if key in named else schema.get("additionalProperties"))


def holds(schema: Schema, value: Any, text: str, *, root: bool, old: Old = NO_OLD) -> bool | None:
    """Whether a rule holds for a value; None where it cannot be judged: another dialect or type, or too much work."""
    try:
        shown = _typed(schema, value, root=root)
        before = NO_OLD if isinstance(old.value, Absent) else replace(old, value=_typed(schema, old.value, root=root))
    except _OtherTypeError:
        return None
    weight, longest, plain = _weigh([shown, before.value])
    if not affordable(text, weight, longest) or not is_certain(schema, text, (shown, before.value), plain=plain):
        return None
    result = evaluate(text, shown, replace(old, value=before.value))
    return result if isinstance(result, bool) else None


class _OtherTypeError(Exception):
    """A value that CEL sees as a timestamp, a duration or bytes."""


def _typed(schema: Schema, value: Any, *, root: bool = False) -> Any:
    """A value as CEL sees it: fields that no schema names are not there, numbers are doubles."""
    if isinstance(value, str) and schema.get("format") in _OTHER_TYPES:
        raise _OtherTypeError
    if isinstance(value, list):
        items = mapping(schema.get("items"))
        return [_typed(items, item) for item in value]
    if isinstance(value, dict):
        return _typed_map(schema, value, root=root)
    whole = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if whole and schema.get("type") == "number" else value


def _typed_map(schema: Schema, value: dict[str, Any], *, root: bool) -> dict[str, Any]:
    extra = schema.get("additionalProperties")
    if isinstance(extra, dict):
        return {key: _typed(extra, item) for key, item in value.items()}
    named = mapping(schema.get("properties"))
    there = {key: item for key, item in value.items() if key in named and item is not None}  # has() of a null is false
    fields = {escaped(key): _typed(mapping(named[key]), item) for key, item in there.items()}
    if root or schema.get("x-kubernetes-embedded-resource"):
        fields |= {key: value[key] for key in ("apiVersion", "kind") if key in value}
        metadata = mapping(value.get("metadata"))
        fields["metadata"] = {key: metadata[key] for key in ("name", "generateName") if key in metadata}
    return fields


def _weigh(value: Any) -> tuple[int, int, bool]:
    """How many values there are in it, the length of the longest text, and whether all text is ASCII."""
    if isinstance(value, dict):
        parts = [_weigh(part) for item in value.items() for part in item]
    elif isinstance(value, list):
        parts = [_weigh(part) for part in value]
    elif isinstance(value, str):
        return 1, len(value), value.isascii()
    else:
        return 1, 0, True
    longest = max((length for _, length, _ in parts), default=0)
    return 1 + sum(number for number, _, _ in parts), longest, all(plain for _, _, plain in parts)
