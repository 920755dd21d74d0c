"""A pod uses a volume plugin that was removed from Kubernetes.

## Why it matters

The volume is never mounted, and the pod stays in ContainerCreating.

## What to do

Use the CSI driver for that storage: a PersistentVolumeClaim of its class instead of the volume in the pod.
"""

from collections.abc import Iterator

from pipeline.core.kube.path import Entry, Path
from pipeline.core.kube.pods import WORKLOADS, pod_spec, template_path
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Need, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

# The minor without it, from the release notes of Kubernetes ("Removal of in-tree storage plugins", KEP-625 and others).
_GONE_SINCE = {
    "scaleIO": 22,
    "flocker": 25,
    "quobyte": 25,
    "storageos": 25,
    "glusterfs": 26,
    "cephfs": 31,
    "rbd": 31,
    "gitRepo": 33,
}


def check(upgrade: Upgrade) -> Iterator[Hit]:
    target = upgrade.facts.target
    assert target is not None, "BUG: evaluated without a target"
    known = {(resource.id, path) for resource in upgrade.before.manifests.resources for path, _ in _plugins(resource)}
    for resource in upgrade.after.manifests.resources:
        for path, plugin in _plugins(resource):
            if _GONE_SINCE[plugin] <= target[1]:
                old = (resource.id, path) in known and _GONE_SINCE[plugin] <= upgrade.facts.minor_before
                since = f"which was removed in Kubernetes 1.{_GONE_SINCE[plugin]}"
                yield Hit(
                    place(resource, path),
                    title=f"{resource.kind} {resource.id.name}: a volume uses the plugin {plugin}, {since}",
                    impact="The volume is never mounted, and the pod stays in ContainerCreating.",
                    fix="Use the CSI driver for that storage, through a PersistentVolumeClaim.",
                    severity=Severity.LOW if old else None,
                )


def _plugins(resource: Resource) -> Iterator[tuple[Path, str]]:
    if resource.kind not in WORKLOADS:
        return
    base = (*(template_path(resource) or ()), "spec", "volumes")
    for volume in map(mapping, sequence(pod_spec(resource).get("volumes"))):
        for plugin in sorted(_GONE_SINCE.keys() & volume.keys()):
            yield (*base, Entry.of(name=volume.get("name")), plugin), plugin


_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {volumes: [{name: v, %s}]}}}\n"
)
_GLUSTER = _WEB % "glusterfs: {path: a, endpoints: b}"
_PATH = "spec.template.spec.volumes[name=v].glusterfs"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("volumes-changed",),
    severity=Severity.HIGH,
    whole=check,
    needs=(Need.TARGET,),
    cases=(
        speaks(
            "the cluster moves to the version without it",
            ("high", _PATH),
            before=_GLUSTER,
            after=_GLUSTER,
            facts={"target": (1, 30), "target_before": (1, 24)},
        ),
        speaks("it is added", ("high", _PATH), before=_WEB % "emptyDir: {}", after=_GLUSTER, facts={"target": (1, 30)}),
        speaks("it existed before", ("low", _PATH), before=_GLUSTER, after=_GLUSTER, facts={"target": (1, 30)}),
        quiet("the target still has it", after=_GLUSTER, facts={"target": (1, 25)}),
        quiet("a plugin that stays", after=_WEB % "nfs: {server: a, path: b}", facts={"target": (1, 37)}),
    ),
)
