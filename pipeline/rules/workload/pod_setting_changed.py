"""A setting of a workload's pods changes that no other rule covers.

## Why it matters

The pods are replaced, and run with the new setting.

## What to do

Compare the change with the release notes.
"""

from pipeline.core.analysis.rule_helpers import FindingText, pods_check
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import Path
from pipeline.core.kube.pods import is_container
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_TOLD = frozenset(
    (key,)
    for key in (
        "volumes", "terminationGracePeriodSeconds", "activeDeadlineSeconds", "restartPolicy", "serviceAccountName",
        "serviceAccount", "securityContext", "hostNetwork", "hostPID", "hostIPC", "imagePullSecrets", "affinity",
        "nodeSelector", "tolerations", "topologySpreadConstraints", "priorityClassName", "nodeName",
        "automountServiceAccountToken", "hostUsers", "shareProcessNamespace",
    )
)  # fmt: skip
_TOLD_OF_CONTAINERS = frozenset(
    ["args", "command", "workingDir", "env", "envFrom", "resources", "volumeMounts", "volumeDevices", "lifecycle",
     "restartPolicy", "image", "imagePullPolicy", "ports", "securityContext", "livenessProbe", "readinessProbe",
     "startupProbe"]
)  # fmt: skip


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[:1] not in _TOLD and not (
        path[:1] in (("containers",), ("initContainers",))
        and (is_container(path) or not path[2:] or path[2] in _TOLD_OF_CONTAINERS)
    )


check = pods_check(
    _picks,
    FindingText(
        "pod settings change",
        "The pods are replaced, and run with the new setting.",
        "Compare the change with the release notes.",
    ),
)
_WEB = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {%s}}}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    whole=check,
    cases=(
        speaks(
            "another DNS policy",
            ("low", "spec.template.spec.dnsPolicy"),
            before=_WEB % "dnsPolicy: Default",
            after=_WEB % "",
        ),
        quiet("another account", before=_WEB % "serviceAccountName: a", after=_WEB % "serviceAccountName: b"),
    ),
)
