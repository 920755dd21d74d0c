"""What the API server rejects in a built-in object, according to the fields of its Kubernetes version.

Checks what a real server rejects (tests/cluster/test_contract_fields.py): an undeclared field, a value of the wrong
type, a missing required field, a duplicate entry. Null counts as absent. Enums and what the server's own code checks
are not known here: an object without a complaint may still be rejected.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain
from typing import Any

import orjson

from pipeline.core.kube.apis import lookup
from pipeline.core.kube.fields import entries, fields_at, required_at, type_of
from pipeline.core.kube.marks import is_base64, is_marked, noted
from pipeline.core.kube.merge_keys import entry_key, merge_key
from pipeline.core.kube.path import Path, Step
from pipeline.core.kube.quantity import quantity
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.kube.secrets import SECRET
from pipeline.core.kube.validation.one_map import Validation
from pipeline.core.kube.validation.times import microsecond, second
from pipeline.core.yaml.positions import Steps

_SHOWN = 40
_NAMED = 50
"""Of so many complaints about one object the list entries are named by their keys: a chart may hold any number."""
_KEY_DEFAULTS = {"protocol": "TCP"}
"""What the API server takes for a key of an entry that leaves it out."""


class Fault(StrEnum):
    """The first and the last are server-side apply's alone: a client that does not use it gets a warning."""

    UNKNOWN = "unknown"
    WRONG_TYPE = "wrong type"
    MISSING = "missing"
    TWICE = "twice"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class FieldComplaint:
    """One thing wrong with ``field`` of ``type``: ``found`` stands there, and ``wanted`` must; both in words."""

    fault: Fault
    path: Path
    type: str
    field: str
    wanted: str = ""
    found: str = ""

    @property
    def where(self) -> Path:
        """The path without the entries of lists: the same fault in another entry is the same fault."""
        return tuple(step for step in self.path if isinstance(step, str))


def complaints(resource: Resource, minor: int) -> tuple[FieldComplaint, ...]:
    """Everything that one minor of Kubernetes refuses of an object; nothing for kinds that it does not serve."""
    api, root = lookup(resource.group, resource.version, resource.kind), type_of(resource.api_version, resource.kind)
    if not root or api is None or not api.exists(minor):
        return ()
    raised = _FieldWalk(minor, Validation(root, minor, resource.body)).object(root, resource.body, ())
    if resource.kind == SECRET:
        raised = chain(_discreet(raised), _of_secret(resource))
    return tuple(
        _named(resource.body, complaint) if number < _NAMED else complaint for number, complaint in enumerate(raised)
    )


def _discreet(raised: Iterator[FieldComplaint]) -> Iterator[FieldComplaint]:
    """No value of a Secret is shown."""
    return (replace(complaint, found="of another type" if complaint.found else "") for complaint in raised)


def _of_secret(resource: Resource) -> Iterator[FieldComplaint]:
    """What masked values still say of themselves."""
    for key, wanted in (("data", "base64"), ("stringData", "text")):
        for name, value in mapping(resource.body.get(key)).items():
            if note := noted(value):
                yield FieldComplaint(Fault.WRONG_TYPE, (key, name), "core.v1.Secret", key, wanted, note)


def _is(*kinds: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))


_text, _number = _is(str), _is(int, float)


def _whole(value: Any) -> bool:
    """``2.0`` is one to server-side apply."""
    return _number(value) and (isinstance(value, int) or value.is_integer())


_FITS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "#": (_is(dict), "a map"),
    "{": (_is(dict), "a map"),
    "[": (_is(list), "a list"),
    "s": (_text, "text"),
    "t": (lambda value: _text(value) and second(value), "a time such as 2026-01-02T03:04:05Z"),
    "m": (
        lambda value: _text(value) and microsecond(value),
        "a time with six digits behind the second, such as 2026-01-02T03:04:05.000000Z",
    ),
    "y": (is_base64, "base64"),
    "i": (_whole, "a whole number"),
    "n": (_number, "a number"),
    "b": (_is(bool), "true or false"),
    "q": (lambda value: quantity(value.strip() if isinstance(value, str) else value) is not None, "a quantity"),
    "x": (lambda value: _text(value) or _whole(value), "a whole number or text"),
    "j": (lambda _value: True, "anything"),
}


_PERCENT = re.compile(r"[0-9]+%")
_SERVICE_NAME = re.compile(r"(?=.*[a-z])(?!.*--)[a-z0-9](?:[-a-z0-9]{0,13}[a-z0-9])?")
"""IANA_SVC_NAME of k8s.io/apimachinery/pkg/util/validation."""


def _share(value: str) -> bool:
    return _PERCENT.fullmatch(value) is not None


def _port(value: str) -> bool:
    """Empty is absent."""
    return not value or _SERVICE_NAME.fullmatch(value) is not None


_TEXT_FITS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(("maxSurge", "maxUnavailable", "minAvailable"), (_share, "a whole number or a percentage")),
    **dict.fromkeys(("port", "servicePort", "targetPort"), (_port, "a port number or the name of a port")),
}
"""What text may stand in a field that takes a number or text, by its name: all such fields of built-in kinds."""


class _FieldWalk:
    """One walk over one object."""

    def __init__(self, minor: int, validation: Validation) -> None:
        self._minor, self._validation = minor, validation
        self._mistyped: set[Steps] = set()

    def object(self, type_name: str, value: Any, path: Steps) -> Iterator[FieldComplaint]:
        """``value`` is a map."""
        known = fields_at(type_name, self._minor)
        for field, item in value.items():
            code = known.get(field)
            if code is None:
                yield FieldComplaint(Fault.UNKNOWN, (*path, field), type_name, field)
            elif item is not None:
                yield from self._value(code, item, (*path, field), type_name, field)
        for field in required_at(type_name, self._minor):
            if value.get(field) is None and not self._validation.unchecked((*path, field)):
                yield FieldComplaint(Fault.MISSING, (*path, field), type_name, field)
        yield from self._invalid(type_name, value, path)

    def _invalid(self, type_name: str, value: Any, path: Steps) -> Iterator[FieldComplaint]:
        """What the server's own validation refuses of one map, beyond its shape."""
        for fault in self._validation.faults(type_name, value, path):
            if fault.path in self._mistyped:
                continue
            if not fault.missing:
                shown = f"{'a key ' if fault.key else ''}{_short(fault.found)}"
                yield FieldComplaint(Fault.INVALID, fault.path, type_name, fault.field, fault.wanted, shown)
            elif fault.found is not None or fault.field not in required_at(type_name, self._minor):
                yield FieldComplaint(Fault.MISSING, fault.path, type_name, fault.field)

    def _value(self, code: str, value: Any, path: Steps, owner: str, field: str) -> Iterator[FieldComplaint]:
        head = code[0]
        fits, wanted = _FITS[head]
        if head == "x" and isinstance(value, str) and not self._validation.unchecked(path):
            fits, wanted = _TEXT_FITS[field]
        if not fits(value):
            if is_marked(value):  # masked whole: what it was is not known
                return
            self._mistyped.add(path)
            yield FieldComplaint(Fault.WRONG_TYPE, path, owner, field, wanted, _short(value))
        elif head == "#":
            yield from self.object(code[1:], value, path)
        elif head in "[{":
            keys, inner = entries(code)
            if keys is not None:
                yield from _twice(keys, value, path, owner, field)
            for step, item in enumerate(value) if head == "[" else value.items():
                if item is not None:
                    yield from self._value(inner, item, (*path, step), owner, field)


def _twice(keys: tuple[str, ...], items: list[Any], path: Steps, owner: str, field: str) -> Iterator[FieldComplaint]:
    """Entries that are there before: to server-side apply they are one entry with two contents."""
    seen: set[tuple[Any, ...]] = set()
    for index, item in enumerate(items):
        values = tuple(_key(item, key) for key in keys) or (item,)
        if not all(isinstance(value, str | int) for value in values):
            continue
        if values in seen:
            names = [f"{key} {value}" for key, value in zip(keys, values, strict=False)]
            yield FieldComplaint(Fault.TWICE, (*path, index), owner, field, found=", ".join(names) or _short(item))
        seen.add(values)


def _key(item: Any, key: str) -> Any:
    return item.get(key, _KEY_DEFAULTS.get(key)) if isinstance(item, dict) else None


def _named(body: Mapping[str, Any], complaint: FieldComplaint) -> FieldComplaint:
    """The same with list entries named by their keys, as in every other path."""
    value: Any = body
    steps: list[Step] = []
    for step in complaint.path:
        key = merge_key(str(steps[-1]), value) if isinstance(step, int) and _below(value, step) is not None else None
        steps.append(entry_key(key, value[step]) if key else step)
        value = _below(value, step)
    return replace(complaint, path=tuple(steps))


def _below(value: Any, step: Step) -> Any:
    """What is at a step; None for what a complaint says is missing."""
    if isinstance(value, dict):
        return value.get(step)
    return value[step] if isinstance(value, list) and isinstance(step, int) and step < len(value) else None


def _short(value: Any) -> str:
    if isinstance(value, dict | list):
        return "a map" if isinstance(value, dict) else "a list"
    text = orjson.dumps(value).decode()
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
