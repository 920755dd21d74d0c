"""Who sends traffic to which Service by name, and whether that Service exists and has that port."""

from collections.abc import Iterable, Iterator
from typing import Any

from pipeline.core.analysis.known_objects import known_objects
from pipeline.core.analysis.routes import ROUTES, Backend, routed
from pipeline.core.analysis.selection import home, service_ports
from pipeline.core.kube.path import Entry, Path, get
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.memo import once
from pipeline.core.risk.upgrade import Upgrade


def dangling_backends(upgrade: Upgrade, kinds: frozenset[str]) -> Iterator[tuple[Resource, Backend]]:
    """Backends of objects of ``kinds`` that led to a Service of this release and lead nowhere now.

    Those of the rest of the repository count. What was dangling before is not this upgrade's doing, and may be served
    by somebody else.
    """
    before, after = _ports(upgrade.before.manifests.resources), _ports_after(upgrade)
    for resource in known_objects(upgrade).after.of_kinds(*sorted(kinds)) if before else ():
        for backend in backends(resource, home(resource, upgrade)):
            if _resolves(backend, before) and not _resolves(backend, after):
                yield resource, backend


def never_rendered(upgrade: Upgrade, resource: Resource) -> Iterator[Backend]:
    """Backends of an object that no Service of this release, or of the rest of the repository, answers for."""
    after = _ports_after(upgrade)
    return (backend for backend in backends(resource, home(resource, upgrade)) if not _resolves(backend, after))


def backends(resource: Resource, namespace: str) -> Iterator[Backend]:
    """Every Service that an Ingress, a webhook, an APIService, a CRD or a route in ``namespace`` sends to."""
    spec = mapping(resource.body.get("spec"))
    match resource.kind:
        case "Ingress":
            yield from _of_ingress(spec, namespace)
        case "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration":
            for webhook in map(mapping, sequence(resource.body.get("webhooks"))):
                service = mapping(mapping(webhook.get("clientConfig")).get("service"))
                path: Path = ("webhooks", Entry.of(name=webhook.get("name")), "clientConfig", "service")
                yield from _service(service, service.get("port", 443), path)
        case "APIService":
            service = mapping(spec.get("service"))
            yield from _service(service, service.get("port", 443), ("spec", "service"))
        case "CustomResourceDefinition":
            path = ("spec", "conversion", "webhook", "clientConfig", "service")
            service = mapping(get(resource.body, path))
            yield from _service(service, service.get("port", 443), path)
        case kind if kind in ROUTES:
            yield from routed(resource, namespace)


def _service(service: Any, port: Any, path: Path) -> Iterator[Backend]:
    if service.get("name") and service.get("namespace"):
        yield Backend(str(service["namespace"]), str(service["name"]), port, path)


def _of_ingress(spec: Any, namespace: str) -> Iterator[Backend]:
    yield from _of_backend(mapping(spec.get("defaultBackend")), namespace, ("spec", "defaultBackend"))
    for rule in map(mapping, sequence(spec.get("rules"))):
        for entry in map(mapping, sequence(mapping(rule.get("http")).get("paths"))):
            yield from _of_backend(mapping(entry.get("backend")), namespace, ("spec", "rules"))


def _of_backend(backend: Any, namespace: str, path: Path) -> Iterator[Backend]:
    service = mapping(backend.get("service"))
    port = mapping(service.get("port"))
    if service.get("name"):
        yield Backend(namespace, str(service["name"]), port.get("name") or port.get("number"), path)


def _ports(resources: Iterable[Resource]) -> dict[tuple[str, str], set[Any]]:
    """Each Service's ports, by name and by number."""
    ports_of: dict[tuple[str, str], set[Any]] = {}
    for service in resources:
        if service.kind == "Service" and not service.group:
            known = {_word(port.get(key)) for port in service_ports(service) for key in ("name", "port")}
            ports_of[service.id.namespace, service.id.name] = known - {None}
    return ports_of


@once
def _ports_after(upgrade: Upgrade) -> dict[tuple[str, str], set[Any]]:
    return _ports(known_objects(upgrade).after.of_kinds("Service"))


def _resolves(backend: Backend, services: dict[tuple[str, str], set[Any]]) -> bool:
    ports = services.get((backend.namespace, backend.name))
    port = _word(backend.port)
    return ports is not None and (port is None or port in ports)


def _word(port: Any) -> str | int | None:
    """A port's name or number; None for anything else, which the API server refuses."""
    return port if isinstance(port, str | int) else None
