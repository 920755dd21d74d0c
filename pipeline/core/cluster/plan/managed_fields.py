"""Who owns which field of a live object: managedFields in the FieldsV1 format (structured-merge-diff v4).

A path is a tuple of FieldsV1's own steps: ``f:spec``, ``k:{"name":"a"}``, ``v:"x"``.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import orjson

from pipeline.core.kube.resource import Body, mapping, sequence

FieldPath = tuple[str, ...]
_CONTROLLERS = frozenset(
    {
        "kube-controller-manager", "kube-scheduler", "kubelet", "kube-apiserver",
        "clusterrole-aggregation-controller",
    }
)  # fmt: skip
"""The last one applies server-side, under a name of its own (pkg/controller/clusterroleaggregation)."""
_ITSELF = "."


def is_path(path: FieldPath) -> bool:
    """Whether every step is one of FieldsV1: ``f:`` a name, ``k:`` a map in JSON, ``v:`` JSON, ``i:`` an index."""
    return bool(path) and all(map(_is_step, path))


@lru_cache(maxsize=8192)  # as dotted()
def _is_step(step: str) -> bool:
    kind, text = step[:2], step[2:]
    if kind == "i:":
        return text.isascii() and text.isdigit()
    try:
        return kind == "f:" or (kind in ("k:", "v:") and (isinstance(orjson.loads(text), dict) or kind == "v:"))
    except orjson.JSONDecodeError:
        return False


def entries(body: Body) -> list[Mapping[str, Any]]:
    return [mapping(entry) for entry in sequence(mapping(body.get("metadata")).get("managedFields"))]


def applied_by(body: Body, manager: str) -> frozenset[FieldPath]:
    """The fields that ``manager`` owns by server-side apply of the object itself."""
    return frozenset(
        path
        for entry in entries(body)
        if entry.get("manager") == manager and entry.get("operation") == "Apply" and not entry.get("subresource")
        for path in _paths(entry)
    )


def is_applied_by(body: Body, manager: str) -> bool:
    return any(entry.get("manager") == manager and entry.get("operation") == "Apply" for entry in entries(body))


def owners(body: Body) -> dict[FieldPath, frozenset[str]]:
    """The managers of each field, with ``/scale`` and the like behind those who came by a subresource."""
    names_of: dict[FieldPath, frozenset[str]] = {}
    for entry in entries(body):
        name = _name(entry)
        for path in _paths(entry):
            names_of[path] = names_of.get(path, frozenset()) | {name}
    return names_of


def left_to_controllers(body: Body) -> frozenset[FieldPath]:
    """Fields that only Kubernetes' own controllers or a subresource (a scale, a status) own: they move on their own."""
    if not any(moves(_name(entry)) for entry in entries(body)):
        return frozenset()
    return frozenset(path for path, names in owners(body).items() if all(map(moves, names)))


def without(body: Body, paths: frozenset[FieldPath]) -> Body:
    """A copy without those fields."""
    copy: Body = orjson.loads(orjson.dumps(body)) if paths else body
    for path in paths:
        _drop(copy, path)
    return copy


@lru_cache(maxsize=8192)  # objects of one kind have the same fields
def dotted(path: FieldPath) -> str:
    """As conflicts name it: ``.spec.containers[name="a"].image``."""
    text = ""
    for step in path:
        if step.startswith("f:"):
            text += f".{step[2:]}"
        elif step.startswith("k:"):
            keys = mapping(orjson.loads(step[2:]))
            text += "[" + ",".join(f"{key}={orjson.dumps(value).decode()}" for key, value in sorted(keys.items())) + "]"
        else:
            text += f"[{step[2:]}]"
    return text


def value_of(body: Body, path: FieldPath) -> Any:
    """What is at that path; None where nothing is."""
    value: Any = body
    for step in path:
        value = _at(value, step)
    return value


def _name(entry: Mapping[str, Any]) -> str:
    subresource = str(entry.get("subresource") or "")
    return f"{entry.get('manager')}/{subresource}" if subresource else str(entry.get("manager") or "")


def moves(manager: str) -> bool:
    """Whether it is a controller of Kubernetes, or came by a subresource."""
    name, _, subresource = manager.partition("/")
    return bool(subresource) or name in _CONTROLLERS


def _paths(entry: Mapping[str, Any]) -> Iterator[FieldPath]:
    """A step that FieldsV1 does not have names no field."""
    return filter(is_path, _leaves(mapping(entry.get("fieldsV1"))))


def _leaves(fields: Mapping[str, Any], above: FieldPath = ()) -> Iterator[FieldPath]:
    for step, below in fields.items():
        if step == _ITSELF:
            continue
        if isinstance(below, dict) and (len(below) > (_ITSELF in below)):
            yield from _leaves(below, (*above, step))
        else:
            yield (*above, step)


def _drop(value: Any, path: FieldPath) -> None:
    *parents, last = path
    for step in parents:
        value = _at(value, step)
    if last.startswith("f:") and isinstance(value, dict):
        value.pop(last[2:], None)
    elif isinstance(value, list):
        dropped = _at(value, last)
        value[:] = [entry for entry in value if entry is not dropped]


def _at(value: Any, step: str) -> Any:
    kind, text = step[:2], step[2:]
    if kind == "f:":
        return mapping(value).get(text)
    if not isinstance(value, list):
        return None
    if kind == "i:":
        index = int(text)
        return value[index] if index < len(value) else None
    wanted = orjson.loads(text)
    if kind == "v:":
        return next((entry for entry in value if entry == wanted), None)
    return next((e for e in value if isinstance(e, dict) and all(e.get(k) == v for k, v in wanted.items())), None)
