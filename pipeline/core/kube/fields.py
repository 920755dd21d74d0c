"""Which fields each built-in kind has at each Kubernetes minor: the table that scripts/derive_fields.py derives.

From the OpenAPI documents that Kubernetes publishes. A code says what a field holds: ``s`` text, ``i`` a whole number,
``n`` a number, ``b`` true or false, ``q`` a quantity, ``x`` a whole number or text, ``t`` a time, ``m`` a time to the
microsecond, ``y`` base64, ``j`` anything; ``#name`` an object of that type, ``[`` a list of what follows, ``{`` a map
to what follows. ``[<name>`` is a list whose entries are identified by their ``name``, ``[<>`` one without duplicates.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pkgutil import get_data
from typing import Any

import orjson

from pipeline.core.kube.path import Path

_RUN = re.compile(r"(!?)([^@ ]+)(?:@(\d+)-?(\d*))?")


@dataclass(frozen=True, slots=True)
class FieldSpan:
    """What a field is from one minor of Kubernetes 1 on (``since``), and up to which (``until``, exclusive)."""

    code: str
    required: bool
    since: int
    until: int

    def holds(self, minor: int) -> bool:
        return self.since <= minor < self.until


def bounds() -> tuple[int, int]:
    """The oldest and the newest minor that the table knows."""
    raw = _raw()
    return int(raw["oldest"]), int(raw["newest"])


def type_of(api_version: str, kind: str) -> str:
    """The type of a built-in kind, ``apps.v1.Deployment``; empty for what Kubernetes itself never served."""
    return str(_raw()["kinds"].get(f"{api_version}/{kind}", ""))


@cache
def fields_at(type_name: str, minor: int) -> Mapping[str, str]:
    """The code of every field that a type has in one minor. ``minor`` must be within ``bounds``."""
    codes = {}
    for field, runs in _types()[type_name].items():
        if "@" not in runs:
            codes[field] = runs.removeprefix("!")
        elif (run := _holding(type_name, field, minor)) is not None:
            codes[field] = run.code
    return codes


@cache
def required_at(type_name: str, minor: int) -> tuple[str, ...]:
    """The fields that the schema of one minor requires, and that a real server refuses an object without; sorted."""
    asked = [field for field, runs in _types()[type_name].items() if "!" in runs]
    return tuple(sorted(f for f in asked if (run := _holding(type_name, f, minor)) is not None and run.required))


def _holding(type_name: str, field: str, minor: int) -> FieldSpan | None:
    return next((run for run in history(type_name, field) if run.holds(minor)), None)


@cache
def entries(code: str) -> tuple[tuple[str, ...] | None, str]:
    """Of a list or map, what tells its entries apart (keys; empty: they themselves; None: nothing), and their code."""
    keys, closed, inner = code[2:].partition(">")
    return (tuple(filter(None, keys.split(","))), inner) if code[1] == "<" and closed else (None, code[1:])


def code_at(api_version: str, kind: str, path: Path, minor: int) -> str:
    """The code of the field at a path of a built-in object; empty where the table knows no such field.

    ``minor`` must be within ``bounds``.
    """
    root = type_of(api_version, kind)
    code = f"#{root}" if root else ""
    for step in path:
        if code[:1] == "#":
            code = fields_at(code[1:], minor).get(step, "") if isinstance(step, str) else ""
        elif code[:1] == ("{" if isinstance(step, str) else "["):
            code = entries(code)[1]
        else:
            return ""
    return code


@cache
def history(type_name: str, field: str) -> tuple[FieldSpan, ...]:
    """What a field has been, oldest first; empty where no minor of the table has it."""
    oldest, newest = bounds()
    return tuple(
        FieldSpan(code, bool(required), int(since or oldest), int(until or newest + 1))
        for required, code, since, until in _RUN.findall(_types()[type_name].get(field, ""))
    )


@cache
def _raw() -> dict[str, Any]:
    data = get_data("pipeline", "data/fields.json")
    assert data is not None, "BUG: fields.json is missing from the package"
    loaded: dict[str, Any] = orjson.loads(data)
    return loaded


def _types() -> dict[str, dict[str, str]]:
    types: dict[str, dict[str, str]] = _raw()["types"]
    return types
