"""Who sends traffic to which Service by name, and whether that Service is there with that port."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from pipeline.core.path import Entry, Path
from pipeline.core.resource import ManifestSet, Resource, mapping, sequence
from pipeline.core.upgrade import Side, Upgrade


class Backend(NamedTuple):
    """A Service and a port of it, as an object names them; ``port`` is None where any will do."""

    namespace: str
    name: str
    port: str | int | None
    path: Path

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        return f"{self.namespace}/{self.name}{port}"


def lost(upgrade: Upgrade, kinds: frozenset[str]) -> Iterator[tuple[Resource, Backend]]:
    """Backends of objects of ``kinds`` that led somewhere before and lead nowhere now.

    What was dangling before is not this upgrade's doing, and may be served by somebody else.
    """
    before, after = _ports(upgrade.before), _ports(upgrade.after)
    others = upgrade.facts.repository_after
    elsewhere = _of(others) if others is not None else {}
    for resource in upgrade.after.manifests.resources:
        if resource.kind in kinds:
            for backend in backends(resource):
                found = _resolves(backend, after) or _resolves(backend, elsewhere)
                if _resolves(backend, before) and not found:
                    yield resource, backend


def backends(resource: Resource) -> Iterator[Backend]:
    """Every Service that an Ingress, a webhook configuration, an APIService or an HTTPRoute sends to."""
    spec = mapping(resource.body.get("spec"))
    match resource.kind:
        case "Ingress":
            yield from _of_ingress(spec, resource.id.namespace)
        case "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration":
            for webhook in map(mapping, sequence(resource.body.get("webhooks"))):
                service = mapping(mapping(webhook.get("clientConfig")).get("service"))
                path: Path = ("webhooks", Entry.of(name=webhook.get("name")), "clientConfig", "service")
                yield from _service(service, service.get("port", 443), path)
        case "APIService":
            service = mapping(spec.get("service"))
            yield from _service(service, service.get("port", 443), ("spec", "service"))


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


def _ports(side: Side) -> dict[tuple[str, str], set[Any]]:
    return _of(side.manifests)


def _of(manifests: ManifestSet) -> dict[tuple[str, str], set[Any]]:
    """Each Service's ports, by name and by number."""
    found: dict[tuple[str, str], set[Any]] = {}
    for service in manifests.of_kind("Service", ""):
        ports = map(mapping, sequence(mapping(service.body.get("spec")).get("ports")))
        known = {value for port in ports for value in (port.get("name"), port.get("port")) if value is not None}
        found[service.id.namespace, service.id.name] = known
    return found


def _resolves(backend: Backend, services: dict[tuple[str, str], set[Any]]) -> bool:
    ports = services.get((backend.namespace, backend.name))
    return ports is not None and (backend.port is None or backend.port in ports)
