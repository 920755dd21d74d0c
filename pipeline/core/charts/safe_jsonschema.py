"""Validates with an untrusted JSON Schema: fetches nothing, and nothing in the schema can make it slow.

Patterns are matched by RE2, which is also the dialect of Helm's own validator. References that multiply (each of two
alternatives refers to two more) end at a number of steps.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipeline.core.go_pattern import compiled

_REFERENCES = frozenset({"$ref", "$dynamicRef", "$recursiveRef"})
_STEPS = 50_000
"""Of one instance, in keywords with their entries: twenty times what schemas of well-known charts take."""


class _TooMuchError(Exception):
    """The schema asks for more steps than any honest one."""


class _Steps:
    """Counts what is asked, before it is."""

    def __init__(self) -> None:
        self._left = _STEPS

    def counted(self, keyword: Callable[..., Any]) -> Callable[..., Any]:
        def asked(validator: Any, wanted: Any, instance: Any, schema: Any) -> Any:
            self._left -= 1 + _size(wanted) + _size(schema.get("patternProperties")) * _size(instance)
            if self._left < 0:
                raise _TooMuchError
            return keyword(validator, wanted, instance, schema)

        return asked


def _size(value: Any) -> int:
    return len(value) if isinstance(value, dict | list) else 0


def errors(schema: Mapping[str, Any], instance: Any) -> Iterator[Any]:
    """Jsonschema's errors, each the deepest one of its branch; none where the schema is beyond what is done here."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - 50 ms that only a refused render need pay
    from jsonschema.exceptions import best_match  # noqa: PLC0415
    from jsonschema.validators import extend, validator_for  # noqa: PLC0415

    if _leads_out(schema):
        return
    steps = _Steps()
    own = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional,
    }
    draft = validator_for(schema, default=Draft202012Validator)
    keywords = {name: steps.counted(keyword) for name, keyword in (draft.VALIDATORS | own).items()}
    validator = extend(draft, keywords)(schema)  # type: ignore[no-untyped-call]
    try:
        best = [best_match([error]) or error for error in validator.iter_errors(instance)]
    except Exception:  # noqa: BLE001 - a hostile schema raises what it likes; Helm's own words remain
        return
    yield from best


def extra_keys(schema: Mapping[str, Any], instance: Mapping[str, Any]) -> list[str]:
    """The keys that neither ``properties`` nor ``patternProperties`` name."""
    patterns = schema.get("patternProperties") or {}
    known = schema.get("properties") or {}
    return [key for key in instance if key not in known and not any(_matches(pattern, key) for pattern in patterns)]


def _leads_out(value: Any) -> bool:
    """Whether anything refers to another document, or asks for what would match patterns some other way."""
    if isinstance(value, dict):
        away = any(not str(value[key]).startswith("#") for key in _REFERENCES & value.keys())
        return away or "unevaluatedProperties" in value or any(map(_leads_out, value.values()))
    return isinstance(value, list) and any(map(_leads_out, value))


def _pattern(_validator: Any, wanted: Any, instance: Any, _schema: Any) -> Iterator[Any]:
    from jsonschema.exceptions import ValidationError  # noqa: PLC0415 - as above

    if isinstance(instance, str) and not _matches(wanted, instance):
        yield ValidationError("pattern")


def _pattern_properties(validator: Any, wanted: Any, instance: Any, _schema: Any) -> Iterator[Any]:
    if isinstance(instance, dict):
        for pattern, below in wanted.items():
            for key, value in instance.items():
                if _matches(pattern, key):
                    yield from validator.descend(value, below, path=key, schema_path=pattern)


def _additional(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[Any]:
    from jsonschema.exceptions import ValidationError  # noqa: PLC0415 - as above

    if isinstance(instance, dict):
        extra = extra_keys(schema, instance)
        if isinstance(wanted, dict):
            for key in extra:
                yield from validator.descend(instance[key], wanted, path=key)
        elif wanted is False and extra:
            yield ValidationError("additionalProperties")


def _matches(pattern: str, text: str) -> bool:
    """A pattern that RE2 does not know suits everything."""
    known = compiled(pattern)
    return known is None or known.search(text) is not None
