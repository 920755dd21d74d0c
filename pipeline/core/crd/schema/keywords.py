"""What a change of a schema keyword means for custom resources: stricter, looser, different, or nothing."""

from typing import Any

from pipeline.core.crd.schema.changes import (
    PROPERTY,
    PROSE,
    RETYPED,
    SchemaChange,
    is_added,
    is_removed,
    type_changed,
)

LOWER = frozenset({"minimum", "minLength", "minItems", "minProperties"})
UPPER = frozenset({"maximum", "maxLength", "maxItems", "maxProperties"})
FLAGS = frozenset({"exclusiveMinimum", "exclusiveMaximum", "uniqueItems"})
MULTIPLE = "multipleOf"
LISTS = frozenset({"x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type"})
_IMPLIED = {"x-kubernetes-list-type": "atomic", "x-kubernetes-map-type": "granular"}
_RULE_PROSE = frozenset({"message", "messageExpression", "reason", "fieldPath"})
PRESERVE = "x-kubernetes-preserve-unknown-fields"
_EMBEDDED = "x-kubernetes-embedded-resource"


def field_removed(change: SchemaChange) -> bool:
    return change.keyword == PROPERTY and is_removed(change) and not change.combined


def field_added(change: SchemaChange) -> bool:
    return change.keyword == PROPERTY and is_added(change) and not change.combined


def required_added(change: SchemaChange) -> bool:
    return change.keyword == "required" and not change.combined and bool(names_required(change))


def names_required(change: SchemaChange) -> list[str]:
    """The fields that need not be set before, in the order written."""
    before = _values(change.old)
    return [value for value in _listed(change.new) if isinstance(value, str) and repr(value) not in before]


def retyped(change: SchemaChange) -> bool:
    """Another type, and whatever changes along with it."""
    return type_changed(change) or change.keyword == RETYPED


def enum_narrowed(change: SchemaChange) -> bool:
    """A value that was allowed is not any more, where there was a list of values already."""
    if change.keyword != "enum" or change.combined:
        return False
    if isinstance(change.path[-1], int):  # an entry of a list that stays
        return not is_added(change)
    return not is_added(change) and not is_removed(change) and bool(values_removed(change))


def values_removed(change: SchemaChange) -> list[Any]:
    after = _values(change.new)
    return [value for value in _listed(change.old) if repr(value) not in after]


def enum_added(change: SchemaChange) -> bool:
    """Any value was allowed, and now there is a list of them."""
    return change.keyword == "enum" and not change.combined and is_added(change) and change.path[-1] == "enum"


def enum_widened(change: SchemaChange) -> bool:
    if change.keyword != "enum" or change.combined or enum_narrowed(change):
        return False
    if isinstance(change.path[-1], int):
        return is_added(change)
    both = not is_added(change) and not is_removed(change)
    return both and bool(_values(change.new) - _values(change.old))


def bound_tightened(change: SchemaChange) -> bool:
    if change.combined or is_removed(change):
        return False
    old, new = change.old, change.new
    numbers = isinstance(old, int | float) and isinstance(new, int | float)
    if change.keyword in FLAGS:
        return new is not False
    if change.keyword == MULTIPLE:  # what divides the old step takes all that the old one took
        return not (numbers and new and (old / new).is_integer())
    if change.keyword in LOWER:
        return not numbers or bool(new > old)
    return change.keyword in UPPER and (not numbers or bool(new < old))


def pattern_changed(change: SchemaChange) -> bool:
    return change.keyword == "pattern" and not is_removed(change) and not change.combined


def format_changed(change: SchemaChange) -> bool:
    return change.keyword == "format" and not is_removed(change) and not change.combined


def nullable_removed(change: SchemaChange) -> bool:
    if change.keyword != "nullable" or change.combined or is_added(change):
        return False
    return change.old is True and change.new is not True


def default_changed(change: SchemaChange) -> bool:
    return change.keyword == "default" and not change.combined and not is_added(change)


def default_added(change: SchemaChange) -> bool:
    return change.keyword == "default" and not change.combined and is_added(change)


def list_semantics_changed(change: SchemaChange) -> bool:
    """A list without a type is atomic, a map without one granular: to write that down changes nothing."""
    if change.keyword not in LISTS or change.combined:
        return False
    implied = _IMPLIED.get(change.keyword, "")
    return bool(_or(change.old, implied) != _or(change.new, implied))


def _or(value: Any, implied: str) -> Any:
    return value if isinstance(value, str | list) else implied


def unknown_preservation_removed(change: SchemaChange) -> bool:
    if change.combined:
        return False
    old, new = change.old, change.new
    if change.keyword == PRESERVE:
        return old is True and new is not True
    if change.keyword != "additionalProperties" or is_added(change) or old is False:
        return False
    return is_removed(change) or new is False or (old is True and bool(new) and new is not True)


def embedded_changed(change: SchemaChange) -> bool:
    return change.keyword == _EMBEDDED and not change.combined


def rules_added(change: SchemaChange) -> bool:
    """CEL. A rule that only says its message otherwise is the same rule."""
    if change.keyword != "x-kubernetes-validations" or is_removed(change) or change.combined:
        return False
    return not _reworded(change)


def combinator_changed(change: SchemaChange) -> bool:
    return change.combined and not prose_changed(change) and not alternatives_removed(change)


def alternatives_removed(change: SchemaChange) -> bool:
    """All of them: nothing is asked any more."""
    return change.combined and is_removed(change) and change.path[-1] == change.keyword


def prose_changed(change: SchemaChange) -> bool:
    if change.keyword == "x-kubernetes-validations":
        return _reworded(change)
    return change.keyword in PROSE or (change.combined and change.path[-1] in PROSE)


def _reworded(change: SchemaChange) -> bool:
    return change.path[-1] in _RULE_PROSE


def _values(value: Any) -> set[str]:
    """A list's entries; one entry where the change is that of an entry."""
    return set(map(repr, _listed(value)))


def _listed(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, str | int | float) else []
