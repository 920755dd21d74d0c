"""Prints how long the view of a mesh takes: by default of 200 Services and 100 VirtualServices."""

import sys
import time
from typing import Any

from pipeline.core.kube.resource import Resource
from pipeline.core.mesh.mesh import Mesh
from pipeline.core.mesh.view import mesh_views

_ISTIO = "networking.istio.io/v1"


def _object(api: str, kind: str, name: str, spec: dict[str, Any]) -> Resource:
    return Resource.of({"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": spec})


def _mesh(services: int, routed: int) -> list[Resource]:
    """Each Service has two ports, and each VirtualService three routes to two subsets, at a gateway and in the mesh."""
    found = [
        _object(
            "v1", "Service", "edge", {"selector": {"istio": "ingressgateway"}, "ports": [{"port": 80, "name": "http"}]}
        )
    ]
    for number in range(services):
        ports = [{"port": 8080, "name": "http"}, {"port": 9000 + number, "name": "tcp"}]
        spec = {
            "clusterIP": f"10.0.{number // 250}.{number % 250 + 1}",
            "selector": {"app": f"s{number}"},
            "ports": ports,
        }
        found.append(_object("v1", "Service", f"s{number}", spec))
    servers = [{"port": {"number": 80, "name": "http", "protocol": "HTTP"}, "hosts": ["*.example.org"]}]
    gateway = {"selector": {"istio": "ingressgateway"}, "servers": servers}
    found.append(_object(_ISTIO, "Gateway", "public", gateway))
    for number in range(routed):
        to = [{"destination": {"host": f"s{number}", "subset": f"v{n}"}, "weight": 50} for n in (1, 2)]
        http = [{"match": [{"uri": {"prefix": f"/{n}"}}], "route": to} for n in range(2)]
        hosts = [f"s{number}", f"s{number}.example.org"]
        routed_by = {"hosts": hosts, "gateways": ["public", "mesh"], "http": [*http, {"route": to}]}
        found.append(_object(_ISTIO, "VirtualService", f"s{number}", routed_by))
        subsets = [{"name": f"v{n}", "labels": {"version": f"v{n}"}} for n in (1, 2)]
        found.append(_object(_ISTIO, "DestinationRule", f"s{number}", {"host": f"s{number}", "subsets": subsets}))
    return found


def main() -> None:
    services, routed = (int(argument) for argument in (sys.argv[1:] or ("200", "100")))
    resources = _mesh(services, routed)
    best = min(_seconds(resources) for _ in range(5))
    print(f"{services} Services, {routed} VirtualServices: {best:.3f} s, the best of 5")


def _seconds(resources: list[Resource]) -> float:
    start = time.perf_counter()
    mesh_views(Mesh.of(resources))
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
