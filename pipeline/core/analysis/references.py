"""What a workload's pods need to start: ConfigMaps, Secrets, keys of them, and their service account."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pipeline.core.kube.path import Entry, Path
from pipeline.core.kube.pods import pod_spec, template_path
from pipeline.core.kube.resource import Resource, ResourceId, mapping, sequence

ACCOUNT = "ServiceAccount"
PULL_SECRETS = "imagePullSecrets"
DATA_FIELDS = ("data", "binaryData", "stringData")
_CONTAINERS = ("containers", "initContainers")
_Named = tuple[str, Any, Path]
"""Kind, name as written, and where it stands below the pod's spec."""


class Reference(NamedTuple):
    """The object that is named, and where."""

    id: ResourceId
    path: Path


class KeyReference(NamedTuple):
    """One key of a ConfigMap or Secret that a pod reads, and where it says so."""

    id: ResourceId
    key: str
    path: Path


def references(resource: Resource) -> Iterator[Reference]:
    """Each reference that is not optional."""
    base = (*(template_path(resource) or ()), "spec")
    for kind, name, path in _of_pod(pod_spec(resource)):
        if isinstance(name, str) and name:
            yield Reference(ResourceId("", kind, resource.id.namespace, name), (*base, *path))


def key_references(resource: Resource) -> Iterator[KeyReference]:
    """Each key that a pod names: variables, ``items`` of volumes, and files mounted one by one (``subPath``)."""
    spec, base = pod_spec(resource), (*(template_path(resource) or ()), "spec")
    volumes = _volumes(spec)
    named = [each for name, volume in volumes.items() for each in _items(name, volume)]
    for group, container in _containers(spec):
        step = Entry.of(name=container.get("name"))
        named += [(kind, name, key, (group, step, *path)) for kind, name, key, path in _variables(container)]
        named += [(kind, name, key, (group, step, *path)) for kind, name, key, path in _files(container, volumes)]
    for kind, name, key, path in named:
        if isinstance(name, str) and isinstance(key, str) and name and key:
            yield KeyReference(ResourceId("", kind, resource.id.namespace, name), key, (*base, *path))


def read_at_start(resource: Resource) -> Iterator[tuple[ResourceId, str]]:
    """What a pod's variables and its files mounted one by one come from, with the key; empty for all of them."""
    spec, namespace = pod_spec(resource), resource.id.namespace
    volumes = _volumes(spec)
    for _, container in _containers(spec):
        named = [(kind, name, key) for kind, name, key, _ in (*_variables(container), *_files(container, volumes))]
        for entry in map(mapping, sequence(container.get("envFrom"))):
            for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
                named.append((kind, mapping(entry.get(field)).get("name"), ""))
        for kind, name, key in named:
            if isinstance(name, str) and isinstance(key, str) and name:
                yield ResourceId("", kind, namespace, name), key


def keys(resource: Resource) -> frozenset[str]:
    """The keys that a ConfigMap or Secret holds."""
    return frozenset(key for field in DATA_FIELDS for key in mapping(resource.body.get(field)))


def _of_pod(spec: Mapping[str, Any]) -> Iterator[_Named]:
    yield ACCOUNT, spec.get("serviceAccountName") or spec.get("serviceAccount"), ("serviceAccountName",)
    for pull in map(mapping, sequence(spec.get(PULL_SECRETS))):
        yield "Secret", pull.get("name"), (PULL_SECRETS, Entry.of(name=pull.get("name")), "name")
    for volume in map(mapping, sequence(spec.get("volumes"))):
        step = Entry.of(name=volume.get("name"))
        for kind, source, name, path in _sources(volume):
            yield kind, source.get(name), ("volumes", step, *path, name)
        secret = mapping(mapping(volume.get("csi")).get("nodePublishSecretRef"))
        yield "Secret", secret.get("name"), ("volumes", step, "csi", "nodePublishSecretRef", "name")
    for group, container in _containers(spec):
        step = Entry.of(name=container.get("name"))
        for kind, name, path in _of_container(container):
            yield kind, name, (group, step, *path)


def _volumes(spec: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {str(volume.get("name")): volume for volume in map(mapping, sequence(spec.get("volumes")))}


def _containers(spec: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((group, container) for group in _CONTAINERS for container in map(mapping, sequence(spec.get(group))))


def _sources(volume: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], str, Path]]:
    """(kind, source, the field that names it, path below the volume) of what must be there."""
    holders: list[tuple[Mapping[str, Any], str, Path]] = [(volume, "secretName", ())]
    parts = map(mapping, sequence(mapping(volume.get("projected")).get("sources")))
    holders += [(part, "name", ("projected", "sources", index)) for index, part in enumerate(parts)]
    for holder, secret, path in holders:
        for key, kind, field in (("configMap", "ConfigMap", "name"), ("secret", "Secret", secret)):
            source = mapping(holder.get(key))
            if source and source.get("optional") is not True:
                yield kind, source, field, (*path, key)


def _of_container(container: Mapping[str, Any]) -> Iterator[_Named]:
    for index, entry in enumerate(map(mapping, sequence(container.get("envFrom")))):
        for key, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            source = mapping(entry.get(key))
            if source and source.get("optional") is not True:
                yield kind, source.get("name"), ("envFrom", index, key, "name")
    for kind, name, _, path in _variables(container):
        yield kind, name, (*path[:-1], "name")


def _variables(container: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any, Path]]:
    for variable in map(mapping, sequence(container.get("env"))):
        for key, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            source = mapping(mapping(variable.get("valueFrom")).get(key))
            if source and source.get("optional") is not True:
                path = ("env", Entry.of(name=variable.get("name")), "valueFrom", key, "key")
                yield kind, source.get("name"), source.get("key"), path


def _items(name: str, volume: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any, Path]]:
    for kind, source, field, path in _sources(volume):
        for item in map(mapping, sequence(source.get("items"))):
            place = ("volumes", Entry.of(name=name), *path, "items", Entry.of(key=item.get("key")))
            yield kind, source.get(field), item.get("key"), place


def _files(
    container: Mapping[str, Any], volumes: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, Any, Any, Path]]:
    """Keys mounted as one file; where ``items`` gives them other names, those say which key it is."""
    for mount in map(mapping, sequence(container.get("volumeMounts"))):
        file, volume = mount.get("subPath"), volumes.get(str(mount.get("name")), {})
        for kind, source, field, path in _sources(volume):
            if isinstance(file, str) and "/" not in file and path[:1] != ("projected",) and not source.get("items"):
                place = ("volumeMounts", Entry.of(mountPath=mount.get("mountPath")), "subPath")
                yield kind, source.get(field), file, place
