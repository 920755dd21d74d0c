"""What each field of a built-in type may hold, by minor: the table that scripts/derive_values.py derives.

A code names a format of formats.py, a set of words (``=A,B``), or bounds of a number (``1..65535``, an open end left
out); ``?`` before it takes the empty text as well, ``|`` separates a number's code from a text's. ``@-35`` and
``@36`` after a code give the last and the first minor version for which it applies; without them it applies to all.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pkgutil import get_data
from typing import Any

import orjson

from pipeline.core.kube.quantity import quantity
from pipeline.core.kube.validation.formats import FORMATS

_RUN = re.compile(r"(\S+?)(?:@(\d*)-?(\d*))?(?:\s+|$)")
_BOUNDS = re.compile(r"(-?\d*)\.\.(-?\d*)")
_NEWEST = 10_000
_KEPT = 20_000
"""Answers that are remembered for each constraint: names and images repeat over thousands of objects."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """``check`` gives the empty text where a scalar is accepted, else what it must be."""

    check: Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class TypeConstraints:
    """Of one type in one minor: what its fields hold, what the keys of its maps are, what must be set and not empty."""

    values: Mapping[str, Constraint]
    keys: Mapping[str, Constraint]
    required: tuple[str, ...]


@cache
def constraints(type_name: str, minor: int) -> TypeConstraints:
    """What one type of the API (``core.v1.Container``) asks in one minor; empty for what the table does not know."""
    raw = _by_type().get(type_name, {})
    held = {
        part: {field: _constraint(code) for field, runs in raw.get(part, {}).items() if (code := _at(runs, minor))}
        for part in ("values", "keys")
    }
    return TypeConstraints(held["values"], held["keys"], tuple(sorted(raw.get("required", {}))))


def _at(runs: str, minor: int) -> str:
    """The code that holds in a minor, of ``label1035@-35 label@36``; empty where none does."""
    for code, since, until in _RUN.findall(runs):
        if "@" not in runs or int(since or 0) <= minor <= int(until or (_NEWEST if _open(runs, code) else since)):
            return str(code)
    return ""


def _open(runs: str, code: str) -> bool:
    """``@36`` means from 36 on, ``@-35`` up to it."""
    return re.search(rf"{re.escape(code)}@\d+(\s|$)", runs) is not None


@cache
def _constraint(code: str) -> Constraint:
    alternatives = [_alternative(alternative_code) for alternative_code in code.split("|")]

    @lru_cache(_KEPT)
    def check(value: Any) -> str:
        said = [alternative(value) for alternative in alternatives]
        return "" if "" in said else " or ".join(problem for problem in said if problem is not None)

    return Constraint(check)


def _alternative(code: str) -> Callable[[Any], str | None]:
    """Judges one kind of scalar, and gives None for the other."""
    bounds = _BOUNDS.fullmatch(code)
    if bounds is not None:
        return _number(bounds[1], bounds[2])
    empty, name = code.startswith("?"), code.removeprefix("?")
    if name.startswith("="):
        words = frozenset(name[1:].split(","))
        return _text(words.__contains__, f"one of {', '.join(sorted(words))}", empty=empty)
    format_ = FORMATS[name]
    return _text(format_.accepts, format_.wanted, empty=empty, number=name.startswith("quantity"))


def _number(low: str, high: str) -> Callable[[Any], str | None]:
    least, most = int(low) if low else None, int(high) if high else None
    wanted = f"from {low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}"

    def judge(value: Any) -> str | None:
        if not isinstance(value, int | float):
            return None
        return "" if (least is None or value >= least) and (most is None or value <= most) else wanted

    return judge


def _text(
    accepts: Callable[[str], bool], wanted: str, *, empty: bool, number: bool = False
) -> Callable[[Any], str | None]:
    def judge(value: Any) -> str | None:
        if number and isinstance(value, int | float):
            value = str(value) if quantity(value) is not None else ""
        if not isinstance(value, str):
            return None
        return "" if (empty and value == "") or accepts(value) else wanted

    return judge


@cache
def _by_type() -> dict[str, dict[str, dict[str, str]]]:
    """The table by type: it is written by ``type.field``."""
    data = get_data("pipeline", "data/values.json")
    assert data is not None, "BUG: values.json is missing from the package"
    rules_of: dict[str, dict[str, dict[str, str]]] = {}
    raw = orjson.loads(data)
    for part in ("values", "keys"):
        for name, runs in raw[part].items():
            owner, _, field = name.rpartition(".")
            rules_of.setdefault(owner, {}).setdefault(part, {})[field] = runs
    for name in raw["required"]:
        owner, _, field = name.rpartition(".")
        rules_of.setdefault(owner, {}).setdefault("required", {})[field] = ""
    return rules_of
