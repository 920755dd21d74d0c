"""Which files of its node a pod reaches through ``hostPath`` volumes, and what of that is new."""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.core.kube.pods import CONTAINERS
from pipeline.core.kube.resource import mapping, sequence


@dataclass(frozen=True, slots=True)
class HostAccess:
    """The volumes (by name) and the mounts (container, mount path) with which the pods reach more than before."""

    volumes: frozenset[str]
    mounts: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Mount:
    container: str
    at: str
    volume: str
    folder: str
    """The folder of the node; empty where the volume is not one of the node."""
    writable: bool
    shared: bool
    """Whether what the container mounts below appears on the node (``Bidirectional``)."""


def new_host_access(before: Mapping[str, Any], after: Mapping[str, Any]) -> HostAccess:
    """Compare two pod specs. A folder inside of one that was there is nothing new; one that encloses it is."""
    had, has = _folders(before), _folders(after)
    volumes = {name for name, folder in has.items() if not any(_inside(folder, old) for old in had.values())}
    old = list(_mounts(before, had))
    names = {str(mapping(container).get("name")) for key in CONTAINERS for container in sequence(before.get(key))}
    mounts = {
        (mount.container, mount.at)
        for mount in _mounts(after, has)
        if not any(
            _allows(other, mount) for other in old if other.container == mount.container or mount.container not in names
        )
    }
    moved = {mount.volume for mount in _mounts(after, has) if (mount.container, mount.at) in mounts and mount.folder}
    return HostAccess(frozenset(volumes | {name for name in moved if had.get(name) != has[name]}), frozenset(mounts))


def _folders(spec: Mapping[str, Any]) -> dict[str, str]:
    """The node's folder of each volume that has one, by the volume's name."""
    volumes = map(mapping, sequence(spec.get("volumes")))
    return {
        str(volume.get("name")): posixpath.normpath("/" + str(mapping(volume["hostPath"]).get("path", "")).lstrip("/"))
        for volume in volumes
        if "hostPath" in volume
    }


def _mounts(spec: Mapping[str, Any], folders: Mapping[str, str]) -> Iterator[_Mount]:
    """The mounts of the node's folders, and of all that is shared with the node."""
    for container in (mapping(container) for key in CONTAINERS for container in sequence(spec.get(key))):
        for mount in map(mapping, sequence(container.get("volumeMounts"))):
            volume, shared = str(mount.get("name")), mount.get("mountPropagation") == "Bidirectional"
            if volume in folders or shared:
                folder = folders.get(volume, "")
                yield _Mount(
                    str(container.get("name")),
                    str(mount.get("mountPath")),
                    volume,
                    posixpath.normpath(f"{folder}/{mount.get('subPath') or ''}").replace("//", "/") if folder else "",
                    mount.get("readOnly") is not True,
                    shared,
                )


def _allows(old: _Mount, new: _Mount) -> bool:
    """Whether all that ``new`` reaches was reached with ``old``."""
    same = _inside(new.folder, old.folder) if new.folder else old.volume == new.volume
    return same and (old.writable or not new.writable) and (old.shared or not new.shared)


def _inside(folder: str, other: str) -> bool:
    return bool(other) and (folder == other or folder.startswith(f"{other.rstrip('/')}/"))
