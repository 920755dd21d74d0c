"""Turns what a JSON Schema validator reports into messages that say what to write instead."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.charts.suggest import did_you_mean
from pipeline.core.config.check import ConfigComplaint

_NAMES = {
    "object": "a map",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "boolean": "true or false",
}


def explain(schema: Mapping[str, Any], data: Any) -> Iterator[ConfigComplaint]:
    """Each violation of ``schema`` (draft 2020-12) once, at the key or value that is wrong."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - 50 ms that a run without pipeline.yaml need not pay

    errors = Draft202012Validator(schema).iter_errors(data)
    yield from dict.fromkeys(complaint for error in errors for complaint in _complaints(error))


def _complaints(error: Any) -> Iterator[ConfigComplaint]:
    steps = tuple(error.absolute_path)
    where = f"{steps[-1]}: " if steps and isinstance(steps[-1], str) else ""
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        unknown = (key for key in error.instance if key not in known)
        yield from (ConfigComplaint((*steps, key), f"unknown key {key!r}{did_you_mean(key, known)}") for key in unknown)
    elif error.validator == "required":  # an error for each key, and none of them says which but in prose
        missing = [key for key in error.validator_value if key not in error.instance]
        yield from (ConfigComplaint(steps, f"{where}{key!r} is missing") for key in missing)
    else:
        yield ConfigComplaint(_named(error, steps), where + _words(error))


def _words(error: Any) -> str:
    """One violation in words; a validator that the schemas here do not use speaks for itself."""
    wanted, value = error.validator_value, error.instance
    match error.validator:
        case "type":
            return f"{_kind(wanted)} is expected, not {_kind_of(value)}"
        case "enum":
            words = [str(word) for word in wanted if word is not False]  # false is what YAML reads of a plain off
            return f"{_shown(value)} is unknown{did_you_mean(str(value), words, ranked=True)}"
        case "pattern" | "minLength" | "maxLength":
            return f"{_shown(value)} will not do: {_lower(error.schema.get('description') or _bound(error))}"
        case "anyOf":
            return f"{' or '.join(repr(option['required'][0]) for option in wanted)} is missing"
    return str(error.message)


def _bound(error: Any) -> str:
    if error.validator == "pattern":
        return f"it must match {error.validator_value}"
    return f"it must have at {'least' if error.validator == 'minLength' else 'most'} {error.validator_value} characters"


def _named(error: Any, steps: tuple[Any, ...]) -> tuple[Any, ...]:
    """A violation of propertyNames is one of the map; it is shown at the key."""
    return (*steps, error.instance) if "propertyNames" in error.absolute_schema_path else steps


def _kind(name: str | list[str]) -> str:
    return _NAMES.get(name, name) if isinstance(name, str) else " or ".join(map(_kind, name))


def _kind_of(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return "a map" if isinstance(value, dict) else "a list"
    return f"{_shown(value)} (put quotes around it?)"


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    return re.sub(r"[\x00-\x1f\x7f]", "?", text if len(text) <= 60 else f"{text[:57]}…'")  # noqa: PLR2004 - one line


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".") if text[1:2].islower() or text[:2] == "A " else text.rstrip(".")
