"""Checks values against the schemas of a chart and its dependencies, as Helm does before it renders.

Helm decides whether a chart renders; this module finds which of our keys is wrong, and in which schema.
https://helm.sh/docs/topics/charts/#schema-files
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.core.charts.coalesce import coalesced, live
from pipeline.core.charts.known_values import ChartValues
from pipeline.core.charts.safe_jsonschema import errors, extra_keys
from pipeline.core.charts.suggest import did_you_mean
from pipeline.core.charts.template_reads import ValuesPath

_REFUSAL = "meet the specifications of the schema"
# Helm 4: "- at '/ports/web': …"; Helm 3: "- ports.web: …".
_LINE = re.compile(r"^\s*- (?:at '(?P<pointer>[^']*)'|(?P<dotted>[^\s:]+)): (?P<words>.+)$")
_CHART = re.compile(r"^\s*(?P<name>[\w.-]+):\s*$")
_STRANGE = re.compile(r"additional propert(?:y|ies) ('.+') not allowed")
_ROOT = "(root)"
_NAMES = {
    "object": "a map",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "nothing",
}


@dataclass(frozen=True, slots=True)
class ValuesViolation:
    """``path`` is where we would set the value; ``file`` the schema and ``rule`` the path in it, both may be empty.

    ``words`` never hold the value itself: it may be a password.
    """

    path: ValuesPath
    words: str
    file: str = ""
    rule: tuple[str, ...] = ()


def refused(said: str) -> bool:
    """Whether this is Helm's refusal of values by a schema."""
    return _REFUSAL in said


def violations(scope: ChartValues, own: Mapping[str, Any]) -> tuple[ValuesViolation, ...]:
    """Each violation once, the chart's own first. Empty where all suits, and where a schema is beyond us."""
    return tuple(dict.fromkeys(_below(scope, coalesced(scope, own), ())))


def named_by_helm(said: str, prefix_of: Callable[[str], ValuesPath]) -> tuple[ValuesViolation, ...]:
    """What Helm's refusal itself names, for schemas that only Helm understands.

    ``prefix_of`` says where the chart that Helm calls so has its values.
    """
    prefix: ValuesPath = ()
    unknown = []
    for line in said.splitlines():
        chart, entry = _CHART.match(line), _LINE.match(line)
        if chart is not None:
            prefix = prefix_of(chart["name"])
        elif entry is not None:
            words = entry["words"]
            if entry["pointer"] is not None:
                steps = tuple(_unescaped(part) for part in entry["pointer"].split("/") if part)
            else:
                steps = () if entry["dotted"] == _ROOT else tuple(entry["dotted"].split("."))
            strange = _STRANGE.search(words)
            keys = re.findall("'([^']+)'", strange[1]) if strange else []
            unknown += [ValuesViolation((*prefix, *steps, key), "the key is unknown") for key in keys]
            unknown += [] if keys else [ValuesViolation((*prefix, *steps), words)]
    return tuple(unknown)


def _below(scope: ChartValues, values: Mapping[str, Any], prefix: ValuesPath) -> Iterator[ValuesViolation]:
    if scope.schema:
        file = f"{scope.file.removesuffix('values.yaml')}values.schema.json"
        yield from (
            ValuesViolation(prefix + path, words, file, rule) for path, words, rule in _judged(scope.schema, values)
        )
    for key, child in sorted(live(scope, values).items()):
        below = values.get(key)
        if isinstance(below, dict):
            yield from _below(child, below, (*prefix, key))


def _judged(schema: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[tuple[ValuesPath, str, tuple[str, ...]]]:
    for error in errors(schema, values):
        steps = tuple(map(str, error.absolute_path))
        rule = tuple(map(str, error.absolute_schema_path))
        for extra, words in _worded(error):
            yield (*steps, *extra), words, rule


def _worded(error: Any) -> Iterator[tuple[ValuesPath, str]]:
    wanted = error.validator_value
    match error.validator:
        case "additionalProperties":
            for key in extra_keys(error.schema, error.instance):
                yield (str(key),), f"the key is unknown{did_you_mean(str(key), error.schema.get('properties', {}))}"
        case "required":
            for key in wanted:
                if key not in error.instance:
                    yield (), f"{key} is missing"
        case "type":
            yield (), f"{_kinds(wanted)} is expected"
        case "enum":
            yield (), f"one of {_some(wanted)} is expected"
        case "const":
            yield (), f"only {wanted!r} is taken"
        case _:
            yield (), f"{error.validator} {_some([wanted])} is not met"


def _kinds(name: str | Iterable[str]) -> str:
    return _NAMES.get(name, f"a {name}") if isinstance(name, str) else " or ".join(map(_kinds, name))


def _some(values: list[Any]) -> str:
    text = ", ".join(value if isinstance(value, str) else str(value) for value in values)
    return text if len(text) <= 60 else f"{text[:59]}…"  # noqa: PLR2004 - one line


def prefix_of(name: str, scope: ChartValues, prefix: ValuesPath = ()) -> ValuesPath:
    """Where the dependency that Helm calls ``name`` has its values; the chart's own where it is none of them."""
    for key, child in scope.children.items():
        if key == name:
            return (*prefix, key)
        below = prefix_of(name, child, (*prefix, key))
        if below:
            return below
    return ()


def _unescaped(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")
