"""Workloads whose pods take in a ConfigMap or Secret at their start only, and that an upgrade leaves running.

Variables and files mounted one by one (``subPath``) keep what they were; other mounts follow within minutes (the
documentation of ConfigMaps, "Mounted ConfigMaps are updated automatically").
"""

from collections.abc import Mapping

from pipeline.core.analysis.references import read_at_start
from pipeline.core.analysis.rollouts import rolls
from pipeline.core.analysis.side_index import template
from pipeline.core.diff.change import ResourceChange
from pipeline.core.kube.resource import Resource, ResourceId
from pipeline.core.memo import once
from pipeline.core.risk.upgrade import Upgrade

RESTARTED = frozenset({"Deployment", "StatefulSet", "DaemonSet"})
"""Kinds that ``kubectl rollout restart`` takes, and whose pods live on."""
_RELOADER = "reloader"
"""Part of the annotations by which controllers restart pods when their configuration changes."""
_ALL = ""


def left_running(change: ResourceChange, upgrade: Upgrade) -> list[ResourceId]:
    """Workloads of the release that keep the old values of what changes in a ConfigMap or Secret."""
    changed = {str(field.path[1]) for field in change.fields if not field.noise and field.path[1:]}
    readers = _readers(upgrade).get(change.id, {})
    return [workload for workload, keys in readers.items() if _ALL in keys or changed & keys]


@once
def _readers(upgrade: Upgrade) -> Mapping[ResourceId, Mapping[ResourceId, set[str]]]:
    """What is read: by whom, and which keys of it."""
    replaced = {change.id for change in upgrade.diff.changes if rolls(change)}
    readers: dict[ResourceId, dict[ResourceId, set[str]]] = {}
    for workload in upgrade.after.manifests.resources:
        if workload.id.kind in RESTARTED and workload.id not in replaced and not _reloads(workload):
            for source, key in read_at_start(workload):
                readers.setdefault(source, {}).setdefault(workload.id, set()).add(key or _ALL)
    return readers


def _reloads(workload: Resource) -> bool:
    """Whether a controller restarts its pods."""
    return any(_RELOADER in str(key) for key in (*workload.annotations, *template(workload, "").annotations))
