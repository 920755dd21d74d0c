"""What a workload's pods cannot do without: ConfigMaps, Secrets and the service account that they name."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from pipeline.core.path import Entry, Path
from pipeline.core.pods import pod_spec, template_path
from pipeline.core.resource import Resource, ResourceId, mapping, sequence

_CONTAINERS = ("containers", "initContainers")


class Reference(NamedTuple):
    """The object that is named, and where."""

    id: ResourceId
    path: Path


def references(resource: Resource) -> Iterator[Reference]:
    """Each reference that is not optional."""
    base = (*(template_path(resource) or ()), "spec")
    spec, namespace = pod_spec(resource), resource.id.namespace

    def named(kind: str, name: Any, *path: Any) -> Iterator[Reference]:
        if isinstance(name, str) and name:
            yield Reference(ResourceId("", kind, namespace, name), (*base, *path))

    yield from named("ServiceAccount", spec.get("serviceAccountName"), "serviceAccountName")
    for volume in map(mapping, sequence(spec.get("volumes"))):
        step = Entry.of(name=volume.get("name"))
        for kind, name, path in _of_volume(volume):
            yield from named(kind, name, "volumes", step, *path)
    for key in _CONTAINERS:
        for container in map(mapping, sequence(spec.get(key))):
            step = Entry.of(name=container.get("name"))
            for kind, name, path in _of_container(container):
                yield from named(kind, name, key, step, *path)


def _of_volume(volume: Any) -> Iterator[tuple[str, Any, Path]]:
    yield from _of_sources(volume, "secretName", ())
    for index, part in enumerate(map(mapping, sequence(mapping(volume.get("projected")).get("sources")))):
        yield from _of_sources(part, "name", ("projected", "sources", index))


def _of_sources(holder: Any, secret: str, base: Path) -> Iterator[tuple[str, Any, Path]]:
    for key, kind, field in (("configMap", "ConfigMap", "name"), ("secret", "Secret", secret)):
        source = mapping(holder.get(key))
        if source and source.get("optional") is not True:
            yield kind, source.get(field), (*base, key, field)


def _of_container(container: Any) -> Iterator[tuple[str, Any, Path]]:
    for index, entry in enumerate(map(mapping, sequence(container.get("envFrom")))):
        for key, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            source = mapping(entry.get(key))
            if source and source.get("optional") is not True:
                yield kind, source.get("name"), ("envFrom", index, key, "name")
    for variable in map(mapping, sequence(container.get("env"))):
        for key, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            source = mapping(mapping(variable.get("valueFrom")).get(key))
            if source and source.get("optional") is not True:
                yield kind, source.get("name"), ("env", Entry.of(name=variable.get("name")), "valueFrom", key, "name")
