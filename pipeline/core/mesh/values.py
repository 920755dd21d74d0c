"""Reads fields of Istio's objects, whatever stands in them: a value of the wrong type counts as absent."""

from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.core.kube.resource import Resource, ResourceId, mapping, sequence

NOWHERE = ResourceId("", "", "", "")
"""The identity of what no object declares."""
_LARGEST = 4294967295
"""Ports, weights and codes are uint32 in Istio's API (istio.io/api, networking/v1alpha3)."""


def text(value: Any) -> str:
    """``value`` where it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def texts(value: Any) -> tuple[str, ...]:
    """The strings of a list that are not empty."""
    return tuple(entry for entry in sequence(value) if isinstance(entry, str) and entry)


def number(value: Any) -> int:
    """A number that is not negative; 0 where there is none. Protobuf's JSON also takes ``"80"`` for 80."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(_LARGEST)):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST
    return int(value) if fits else 0


def entries(value: Any) -> tuple[Mapping[str, Any], ...]:
    """The maps of a list."""
    return tuple(entry for entry in sequence(value) if isinstance(entry, dict))


def labels(value: Any) -> dict[str, str]:
    """A map of strings, without what is no string."""
    return {key: entry for key, entry in mapping(value).items() if isinstance(entry, str)}


def within(selector: Mapping[str, str], given: Mapping[str, str]) -> bool:
    """Whether ``given`` has every label of ``selector``; an empty selector is within everything."""
    return all(given.get(key) == value for key, value in selector.items())


def namespace_of(resource: Resource, fallback: str = "default") -> str:
    return resource.id.namespace or fallback


def by_name(resources: Iterable[Resource]) -> list[Resource]:
    """Ordered for two states that are compared: where one file moves its objects, nothing else changes."""
    return sorted(resources, key=lambda resource: (resource.kind, resource.id.name, resource.id.namespace))


def export_to(spec: Mapping[str, Any]) -> frozenset[str]:
    """``exportTo``: namespaces, ``.`` for the own one, ``*`` for all, ``~`` for none. Empty where it is not set."""
    return frozenset(texts(spec.get("exportTo")))


def exported(names: frozenset[str], own: str, to: str, default: frozenset[str] = frozenset({"*"})) -> bool:
    """Whether an object of namespace ``own`` is visible in namespace ``to`` (pilot/pkg/model/push_context.go)."""
    names = names or default
    if "*" in names:
        return True
    return "~" not in names and (to in names or ("." in names and own == to))
