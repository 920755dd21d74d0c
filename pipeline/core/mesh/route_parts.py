"""The parts of a VirtualService: rules, destinations, mirrors, gateways, hosts; each with its path."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource, mapping, sequence

MESH = "mesh"
PROTOCOLS = ("http", "tls", "tcp")
CLAIM = "@request.auth.claims"
"""What the name of a header begins with that stands for a claim of the request's token."""


class RouteDestination(NamedTuple):
    """Where a rule sends requests: ``port`` is None where any will do. ``word`` is ``route`` or ``mirror``."""

    host: str
    subset: str
    port: int | None
    path: Path
    word: str = "route"


def spec(resource: Resource) -> Mapping[str, Any]:
    return mapping(resource.body.get("spec"))


def texts(value: Any) -> list[str]:
    """The strings of a list."""
    return [entry for entry in sequence(value) if isinstance(entry, str)]


def rules(resource: Resource) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Every rule, in the order in which Istio tries those of its protocol."""
    for protocol in PROTOCOLS:
        for index, rule in enumerate(sequence(spec(resource).get(protocol))):
            yield ("spec", protocol, index), mapping(rule)


def claims(rule: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Each header in the matches of a rule that stands for a claim, and where it is below the rule."""
    for index, match in enumerate(map(mapping, sequence(rule.get("match")))):
        for part in ("headers", "withoutHeaders"):
            for name in map(str, mapping(match.get(part))):
                if name.startswith(CLAIM):
                    yield ("match", index, part), name


def destinations(resource: Resource) -> tuple[RouteDestination, ...]:
    """Every destination and mirror that names a host."""
    parts = []
    for path, rule in rules(resource):
        for index, route in enumerate(sequence(rule.get("route"))):
            parts.append(
                _destination(mapping(route).get("destination"), (*path, "route", index, "destination"), "route")
            )
        parts.append(_destination(rule.get("mirror"), (*path, "mirror"), "mirror"))
        for index, mirror in enumerate(sequence(rule.get("mirrors"))):
            parts.append(_destination(mapping(mirror).get("destination"), (*path, "mirrors", index), "mirror"))
    return tuple(part for part in parts if part is not None)


def _destination(value: Any, path: Path, word: str) -> RouteDestination | None:
    host, subset = mapping(value).get("host"), mapping(value).get("subset")
    if not isinstance(host, str) or not host:
        return None
    port = mapping(mapping(value).get("port")).get("number")
    return RouteDestination(
        host, subset if isinstance(subset, str) else "", port if isinstance(port, int) else None, path, word
    )


def gateways(resource: Resource) -> list[str]:
    """The gateways that it is attached to; ``mesh`` are the sidecars, also where it names none."""
    return texts(spec(resource).get("gateways")) or [MESH]


def hosts(resource: Resource) -> list[str]:
    return texts(spec(resource).get("hosts"))
