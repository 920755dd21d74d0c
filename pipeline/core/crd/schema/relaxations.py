"""Which changes of a CRD's schema only allow more. Every other change counts as narrowing.

The list is closed on purpose: a keyword that is not in it, or a change of a known one that no line here describes, may
reject custom resources (core/crd/compatibility.py holds those at hand against it).
"""

from collections.abc import Callable, Mapping
from typing import Any

from pipeline.core.crd.schema import keywords
from pipeline.core.crd.schema.changes import INT_OR_STRING, WIDENED, SchemaChange, is_added, is_removed
from pipeline.core.kube.path import Entry

_ANYTHING: tuple[Any, ...] = (True, {})
"""Values of ``additionalProperties`` that ask nothing."""


def relaxed(change: SchemaChange) -> bool:
    """A constraint that changes without becoming stricter."""
    if keywords.alternatives_removed(change):
        return True
    proof = None if change.combined else _RELAXES.get(change.keyword)
    return proof is not None and not any(says(change) for says in _SPEAKING) and proof(change)


def unproven(change: SchemaChange) -> bool:
    """A change of which neither a rule of its own speaks nor the list of relaxations knows that it allows more."""
    return not change.combined and not any(says(change) for says in _SPEAKING) and not relaxed(change)


def narrows(change: SchemaChange) -> bool:
    """Whether any custom resource could fare worse by it. A new field may reject a value that was dropped before."""
    return not (keywords.prose_changed(change) or keywords.enum_widened(change) or relaxed(change))


def _tightened_no_more(change: SchemaChange) -> bool:
    return is_removed(change) or not keywords.bound_tightened(change)


def _none_required(change: SchemaChange) -> bool:
    return is_removed(change) or not keywords.names_required(change)


def _no_value_removed(change: SchemaChange) -> bool:
    """All of them, or another order."""
    return is_removed(change) or not is_added(change)


def _may_be_null(change: SchemaChange) -> bool:
    return change.new is True or change.old is not True


def _untyped(change: SchemaChange) -> bool:
    return is_removed(change) or (change.old, change.new) == ("integer", "number")


def _unknown_kept(change: SchemaChange) -> bool:
    """What was forbidden or dropped is kept, whatever it is."""
    old, new = change.old, change.new
    return any(new is keyword or new == keyword for keyword in _ANYTHING) or (old is False and not is_added(change))


def _rule_removed(change: SchemaChange) -> bool:
    whole = change.path[-1] == change.keyword or isinstance(change.path[-1], int | Entry)
    return is_removed(change) and whole


def _preserved(change: SchemaChange) -> bool:
    return change.new is True or change.old is not True


def _said_outright(change: SchemaChange) -> bool:
    """What a list or map is without the keyword."""
    return not keywords.list_semantics_changed(change)


def _false_either_way(change: SchemaChange) -> bool:
    return change.new is not True and change.old is not True


_RELAXES: Mapping[str, Callable[[SchemaChange], bool]] = {
    **dict.fromkeys((*keywords.LOWER, *keywords.UPPER, *keywords.FLAGS, keywords.MULTIPLE), _tightened_no_more),
    **dict.fromkeys(keywords.LISTS, _said_outright),
    **dict.fromkeys(("pattern", "format"), is_removed),
    "required": _none_required,
    "enum": _no_value_removed,
    "nullable": _may_be_null,
    "type": _untyped,
    "additionalProperties": _unknown_kept,
    "x-kubernetes-validations": _rule_removed,
    keywords.PRESERVE: _preserved,
    INT_OR_STRING: _false_either_way,
    WIDENED: lambda _change: True,
}
_SPEAKING = (
    keywords.field_removed,
    keywords.field_added,
    keywords.required_added,
    keywords.enum_narrowed,
    keywords.enum_added,
    keywords.enum_widened,
    keywords.bound_tightened,
    keywords.pattern_changed,
    keywords.format_changed,
    keywords.nullable_removed,
    keywords.default_added,
    keywords.default_changed,
    keywords.embedded_changed,
    keywords.list_semantics_changed,
    keywords.retyped,
    keywords.unknown_preservation_removed,
    keywords.rules_added,
    keywords.prose_changed,
)
