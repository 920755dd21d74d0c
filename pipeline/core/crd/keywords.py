"""What a change of a schema keyword means for custom resources: stricter, looser, other, or nothing."""

from typing import Any

from pipeline.core.crd.schema_changes import PROPERTY, SchemaChange, is_added, is_removed

_LOWER = frozenset({"minimum", "minLength", "minItems", "minProperties"})
_UPPER = frozenset({"maximum", "maxLength", "maxItems", "maxProperties"})
_FLAGS = frozenset({"exclusiveMinimum", "exclusiveMaximum", "uniqueItems", "multipleOf"})
_LISTS = frozenset({"x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type"})
_IMPLIED = {"x-kubernetes-list-type": "atomic", "x-kubernetes-map-type": "granular"}
_PROSE = frozenset({"description", "title", "example", "externalDocs", "$schema", "id"})
_RULE_PROSE = frozenset({"message", "messageExpression", "reason", "fieldPath"})
_CONSTRAINTS = (
    _LOWER
    | _UPPER
    | _FLAGS
    | _LISTS
    | frozenset({"required", "enum", "pattern", "format", "nullable", "type", "additionalProperties"})
    | frozenset({"x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields"})
    | frozenset({"x-kubernetes-validations", "x-kubernetes-embedded-resource", PROPERTY, "items", "schema"})
)


def field_removed(change: SchemaChange) -> bool:
    return change.keyword == PROPERTY and is_removed(change) and not change.combined


def field_added(change: SchemaChange) -> bool:
    return change.keyword == PROPERTY and is_added(change) and not change.combined


def required_added(change: SchemaChange) -> bool:
    if change.keyword != "required" or change.combined:
        return False
    return bool(_values(change.change.new) - _values(change.change.old))


def type_changed(change: SchemaChange) -> bool:
    """``integer`` to ``number`` is wider, and so is whatever becomes int-or-string."""
    if change.combined or is_added(change):
        return False
    if change.keyword == "type":
        return (change.change.old, change.change.new) != ("integer", "number") and not is_removed(change)
    return change.keyword == "x-kubernetes-int-or-string" and change.change.new is not True


def enum_narrowed(change: SchemaChange) -> bool:
    if change.keyword != "enum" or change.combined:
        return False
    if isinstance(change.path[-1], int):  # an entry of a list that stays
        return not is_added(change)
    if is_removed(change):
        return False
    return is_added(change) or bool(_values(change.change.old) - _values(change.change.new))


def bound_tightened(change: SchemaChange) -> bool:
    if change.combined or is_removed(change) or change.keyword not in _LOWER | _UPPER | _FLAGS:
        return False
    old, new = change.change.old, change.change.new
    numbers = isinstance(old, int | float) and isinstance(new, int | float)
    if is_added(change) or change.keyword in _FLAGS or not numbers:
        return new is not False
    return bool(new > old) if change.keyword in _LOWER else bool(new < old)


def pattern_changed(change: SchemaChange) -> bool:
    return change.keyword in ("pattern", "format") and not is_removed(change) and not change.combined


def nullable_removed(change: SchemaChange) -> bool:
    return change.keyword == "nullable" and change.change.new is not True and not change.combined


def default_changed(change: SchemaChange) -> bool:
    return change.keyword == "default" and not change.combined and not is_added(change)


def default_added(change: SchemaChange) -> bool:
    return change.keyword == "default" and not change.combined and is_added(change)


def list_semantics_changed(change: SchemaChange) -> bool:
    """A list without a type is atomic, a map without one granular: to write that down changes nothing."""
    if change.keyword not in _LISTS or change.combined:
        return False
    implied = _IMPLIED.get(change.keyword, "")
    return bool(_or(change.change.old, implied) != _or(change.change.new, implied))


def _or(value: Any, implied: str) -> Any:
    return value if isinstance(value, str | list) else implied


def unknown_preservation_removed(change: SchemaChange) -> bool:
    if change.combined:
        return False
    if change.keyword == "x-kubernetes-preserve-unknown-fields":
        return change.change.new is not True
    return change.keyword == "additionalProperties" and is_removed(change) and change.change.old is not False


def rules_added(change: SchemaChange) -> bool:
    """CEL. A rule that only says its message otherwise is the same rule."""
    if change.keyword != "x-kubernetes-validations" or is_removed(change) or change.combined:
        return False
    return not _reworded(change)


def combinator_changed(change: SchemaChange) -> bool:
    return change.combined and not prose_changed(change)


def prose_changed(change: SchemaChange) -> bool:
    if change.keyword == "x-kubernetes-validations":
        return _reworded(change)
    return change.keyword in _PROSE or (change.combined and change.path[-1] in _PROSE)


def narrows(change: SchemaChange) -> bool:
    """Whether any custom resource could fare worse by it: all but prose, and fields and defaults that are new."""
    return not (prose_changed(change) or field_added(change) or default_added(change) or relaxed(change))


def relaxed(change: SchemaChange) -> bool:
    """A constraint that changes and is no stricter than before."""
    return change.keyword in _CONSTRAINTS and not change.combined and not any(says(change) for says in _SPEAKING)


def _reworded(change: SchemaChange) -> bool:
    return change.path[-1] in _RULE_PROSE


def _values(value: Any) -> set[str]:
    """A list's entries; one entry where the change is that of an entry."""
    if isinstance(value, list):
        return set(map(repr, value))
    return {repr(value)} if isinstance(value, str | int | float) else set()


_SPEAKING = (
    field_removed,
    field_added,
    required_added,
    enum_narrowed,
    bound_tightened,
    pattern_changed,
    nullable_removed,
    list_semantics_changed,
    type_changed,
    unknown_preservation_removed,
    rules_added,
    prose_changed,
)
