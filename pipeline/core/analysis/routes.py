"""Which Services the routes of gateways and meshes send to: Gateway API, Istio, Traefik, Contour."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource, mapping, sequence


class Backend(NamedTuple):
    """A Service and a port of it, as an object names them; ``port`` is None where any will do."""

    namespace: str
    name: str
    port: str | int | None
    path: Path

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        return f"{self.namespace}/{self.name}{port}"


_GATEWAY_API = frozenset({"HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"})
_TRAEFIK = frozenset({"IngressRoute", "IngressRouteTCP", "IngressRouteUDP"})
ROUTES = _GATEWAY_API | _TRAEFIK | {"VirtualService", "HTTPProxy"}


def routed(resource: Resource, own: str) -> Iterator[Backend]:
    """Every Service that a route in the namespace ``own`` names."""
    spec = mapping(resource.body.get("spec"))
    if resource.kind in _GATEWAY_API:
        yield from _listed(spec, "rules", "backendRefs", own)
    elif resource.kind == "VirtualService":
        yield from _virtual(spec, own)
    elif resource.kind in ROUTES:
        yield from _listed(spec, "routes", "services", own)


def _listed(spec: Mapping[str, Any], outer: str, inner: str, own: str) -> Iterator[Backend]:
    """A list in the entries of a list: Gateway API's, Traefik's and Contour's routes are made so."""
    for index, rule in enumerate(map(mapping, sequence(spec.get(outer)))):
        for place, backend in enumerate(map(mapping, sequence(rule.get(inner)))):
            if backend.get("kind", "Service") == "Service" and not backend.get("group") and backend.get("name"):
                path: Path = ("spec", outer, index, inner, place)
                yield Backend(str(backend.get("namespace") or own), str(backend["name"]), backend.get("port"), path)


def _virtual(spec: Mapping[str, Any], own: str) -> Iterator[Backend]:
    """Istio's: hosts are short names, ``name.namespace``, or full ones."""
    for key in ("http", "tls", "tcp"):
        for index, rule in enumerate(map(mapping, sequence(spec.get(key)))):
            for place, destination in enumerate(map(mapping, sequence(rule.get("route")))):
                target = mapping(destination.get("destination"))
                name, *rest = str(target.get("host") or "").split(".")
                namespace = rest[0] if rest else own
                if name and rest[1:] in ([], ["svc"], ["svc", "cluster", "local"]):
                    port = mapping(target.get("port")).get("number")
                    yield Backend(namespace, name, port, ("spec", key, index, "route", place, "destination"))
