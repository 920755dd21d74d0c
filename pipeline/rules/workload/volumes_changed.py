"""A pod's volumes or their mount paths change.

## Why it matters

Files may be at a different path or missing; a pod whose volume is missing does not start.

## What to do

Check that every ConfigMap, Secret and claim that is used exists before the rollout.
"""

from pipeline.core.analysis.rule_helpers import FindingText, pods_check
from pipeline.core.diff.change import FieldChange, ResourceChange
from pipeline.core.kube.path import MISSING, Path
from pipeline.core.kube.pods import containers, in_container, pod_spec
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[:1] == ("volumes",) or in_container(path, "volumeMounts", "volumeDevices")


def _grade(change: ResourceChange, fields: list[FieldChange]) -> Severity | None:
    """A folder of the node is shared with whoever else looks there: another path is a broken agreement."""
    return Severity.MEDIUM if any(map(_moved, fields)) or _remounted(change) else None


def _remounted(change: ResourceChange) -> bool:
    """Whether data that is kept stands at another path from now on."""
    before, after = (_kept_at(side) if side is not None else {} for side in (change.before, change.after))
    return any(after[key] and before[key] - after[key] for key in before.keys() & after.keys())


def _kept_at(workload: Resource) -> dict[tuple[str, str], set[str]]:
    """The mount paths of each claim, by container and volume."""
    volumes = map(mapping, sequence(pod_spec(workload).get("volumes")))
    persistent = {str(volume.get("name")) for volume in volumes if "persistentVolumeClaim" in volume}
    templates = sequence(mapping(workload.body.get("spec")).get("volumeClaimTemplates"))
    persistent |= {str(mapping(mapping(template).get("metadata")).get("name")) for template in templates}
    mounts: dict[tuple[str, str], set[str]] = {}
    for container in containers(workload):
        for mount in map(mapping, sequence(container.get("volumeMounts"))):
            if str(mount.get("name")) in persistent:
                key = str(container.get("name")), str(mount.get("name"))
                mounts.setdefault(key, set()).add(str(mount.get("mountPath")))
    return mounts


def _moved(field: FieldChange) -> bool:
    return "hostPath" in field.path and field.path[-1] == "path" and MISSING not in (field.old, field.new)


check = pods_check(
    _picks,
    FindingText(
        "volumes change",
        "A pod does not start if the source of a volume is missing.",
        "Check that every ConfigMap, Secret and claim that is used exists.",
        grade=_grade,
    ),
)
_WEB = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {%s}}}\n"
_CLAIM = (
    "volumes: [{name: v, persistentVolumeClaim: {claimName: c}}], "
    "containers: [{name: a, volumeMounts: [{name: v, mountPath: %s}]}]"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    whole=check,
    cases=(
        speaks(
            "a volume is added",
            ("low", "spec.template.spec.volumes[name=b]"),
            before=_WEB % "volumes: [{name: a}]",
            after=_WEB % "volumes: [{name: a}, {name: b}]",
        ),
        speaks(
            "a claim is mounted at another path",
            ("medium", "spec.template.spec.containers[name=a].volumeMounts[mountPath=/a]"),
            before=_WEB % _CLAIM % "/a",
            after=_WEB % _CLAIM % "/b",
        ),
        quiet(
            "a container is added",
            before=_WEB % "volumes: [{name: a}]",
            after=_WEB % "volumes: [{name: a}], containers: [{name: b}]",
        ),
    ),
)
