"""Data that a pod stored on a claim is stored elsewhere, or is no longer kept.

## Why it matters

The program starts with an empty folder: the data is still in the old claim, but is not mounted.

## What to do

Keep the claim with a value or an overlay, or copy the data before the upgrade.
"""

from collections.abc import Iterator

from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.kube.path import Entry
from pipeline.core.kube.pods import pod_spec, template_path
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    if change.action is not Action.CHANGED or change.before is None or change.after is None:
        return
    old, new = _claims(change.before), _claims(change.after)
    for name, claim in sorted(old.items()):
        if new.get(name) != claim and name in _mounted(change.after):
            path = (*(template_path(change.after) or ()), "spec", "volumes", Entry.of(name=name))
            yield Hit(
                place(change.after, path),
                title=f"{change.id.kind} {change.id.name}: volume {name} no longer uses the claim {claim}",
                impact="The program starts with an empty folder; the old claim is no longer mounted.",
                fix="Keep the claim with a value or an overlay, or copy the data first.",
            )


def _claims(resource: Resource) -> dict[str, str]:
    """The claims that the pod's volumes are, by volume."""
    claims = {}
    for volume in map(mapping, sequence(pod_spec(resource).get("volumes"))):
        claim = mapping(volume.get("persistentVolumeClaim")).get("claimName")
        if isinstance(claim, str):
            claims[str(volume.get("name"))] = claim
    return claims


def _mounted(resource: Resource) -> set[str]:
    spec = pod_spec(resource)
    containers = map(mapping, sequence(spec.get("containers")))
    return {str(mapping(mount).get("name")) for c in containers for mount in sequence(c.get("volumeMounts"))}


_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: "
    "[{name: a, volumeMounts: [{name: v, mountPath: /data}]}], volumes: [{name: v, %s}]}}}\n"
)
_CLAIM = "persistentVolumeClaim: {claimName: data}"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("volumes-changed",),
    severity=Severity.HIGH,
    each=check,
    kinds=frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"}),
    cases=(
        speaks(
            "an empty folder instead",
            ("high", "spec.template.spec.volumes[name=v]"),
            before=_WEB % _CLAIM,
            after=_WEB % "emptyDir: {}",
        ),
        quiet("a claim instead of an empty folder", before=_WEB % "emptyDir: {}", after=_WEB % _CLAIM),
        quiet("the claim stays", before=_WEB % _CLAIM, after=(_WEB % _CLAIM).replace("/data", "/srv")),
    ),
)
