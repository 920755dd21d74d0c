"""Where workloads describe their pods: in templates."""

from collections.abc import Iterator
from typing import Any

from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource, mapping, sequence

_TEMPLATE: dict[str, Path] = {
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "ReplicationController": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "Pod": (),
}
WORKLOADS = frozenset(_TEMPLATE)
_GROUPS = frozenset({"apps", "batch", "", "extensions"})
CONTAINERS = ("containers", "initContainers")


def template_path(resource: Resource) -> Path | None:
    """Where the pod template is; None for what has no pods."""
    return _TEMPLATE.get(resource.kind) if resource.id.group in _GROUPS else None


def pod_spec(resource: Resource) -> dict[str, Any]:
    """The pod's spec; empty where there is none."""
    path = template_path(resource)
    if path is None:
        return {}
    value: Any = resource.body
    for step in (*path, "spec"):
        value = mapping(value).get(str(step))
    return dict(mapping(value))


def containers(resource: Resource) -> Iterator[dict[str, Any]]:
    """Every container, the initial ones too."""
    spec = pod_spec(resource)
    return (entry for key in CONTAINERS for entry in sequence(spec.get(key)) if isinstance(entry, dict))


def in_container(path: Path, *keys: str) -> bool:
    """Whether a path below a pod's spec is at or below one of ``keys`` of a container."""
    return len(path) > 2 and path[0] in CONTAINERS and path[2] in keys  # noqa: PLR2004 - list, entry, key


def is_container(path: Path) -> bool:
    """Whether a path below a pod's spec is a container as a whole, or all of a list that comes or goes."""
    return 0 < len(path) <= 2 and path[0] in CONTAINERS  # noqa: PLR2004 - list, entry


def container_name(path: Path) -> str:
    """``web``, of a path below a pod's spec that leads into a container."""
    entry = path[1] if len(path) > 1 else ""
    pairs = getattr(entry, "pairs", ())
    return str(pairs[0][1]) if pairs else str(entry)
