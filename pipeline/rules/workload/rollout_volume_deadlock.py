"""A roll-out starts a new pod beside the old one, although their volume can be mounted by one node alone.

## Why it matters

On another node the new pod waits for the volume, which the old pod keeps until the new one is ready: the roll-out never
ends.

## What to do

Set ``strategy.type: Recreate``, use a StatefulSet, or a volume that many nodes may mount (ReadWriteMany).
"""

from collections.abc import Iterator

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.side_index import SideIndex
from pipeline.core.kube.path import Entry
from pipeline.core.kube.pods import pod_spec
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_MANY = frozenset({"ReadWriteMany", "ReadOnlyMany"})


def _claims(side: SideIndex) -> dict[tuple[str, str], Resource]:
    return {
        (side.home(persistent_volume_claim), persistent_volume_claim.id.name): persistent_volume_claim
        for persistent_volume_claim in side.of("PersistentVolumeClaim", "")
    }


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    spec = mapping(resource.body.get("spec"))
    if mapping(spec.get("strategy")).get("type") == "Recreate" or spec.get("replicas") == 0:
        return
    claims = _claims(side) if pod_spec(resource).get("volumes") else {}
    for volume in map(mapping, sequence(pod_spec(resource).get("volumes"))) if claims else ():
        name = str(mapping(volume.get("persistentVolumeClaim")).get("claimName"))
        claim = claims.get((side.home(resource), name))
        modes = sequence(mapping(claim.body.get("spec")).get("accessModes")) if claim else []
        if modes and not _MANY & set(map(str, modes)):
            path = ("spec", "template", "spec", "volumes", Entry.of(name=volume.get("name")))
            title = f"rolls out beside its old pod, which keeps volume {name} ({modes[0]})"
            yield StateFault(resource, path, (name,), title, foreign=True)


_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  strategy: {type: %s}\n"
    "  template: {spec: {volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]}}\n---\n"
)
_CLAIM = (
    "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data, namespace: shop}\n"
    "spec: {accessModes: [%s]}\n---\n"
)
_ONE = _CLAIM % "ReadWriteOnce"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    confidence=Confidence.LIKELY,
    whole=fault_check(
        frozenset({"Deployment"}),
        _faults,
        impact="On another node the new pod waits for a volume that the old pod keeps: the roll-out never ends.",
        fix="Set strategy.type: Recreate, or use a volume that many nodes may mount.",
    ),
    shares=("volumes-changed", "rollout-strategy-changed"),
    cases=(
        speaks(
            "the strategy changes",
            ("medium", "spec.template.spec.volumes[name=v]"),
            before=_ONE + _WEB % "Recreate",
            after=_ONE + _WEB % "RollingUpdate",
        ),
        quiet(
            "many nodes may mount it",
            before=_CLAIM % "ReadWriteMany" + _WEB % "Recreate",
            after=_CLAIM % "ReadWriteMany" + _WEB % "RollingUpdate",
        ),
        quiet("it was so before", before=_ONE + _WEB % "RollingUpdate", after=_ONE + _WEB % "RollingUpdate"),
        quiet("a first import", after=_ONE + _WEB % "RollingUpdate"),
        quiet("a claim of somebody else", before=_WEB % "Recreate", after=_WEB % "RollingUpdate"),
    ),
)
