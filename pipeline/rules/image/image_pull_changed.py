"""How a container's image is pulled changes.

## Why it matters

With a different pull policy an old image may run from the node, or the pod fails without the registry. Without its
pull secret the pull fails.

## What to do

Check that the pull secrets exist in the namespace.
"""

from pipeline.core.analysis.rule_helpers import FindingText, pods_check
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import Path
from pipeline.core.kube.pods import in_container
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(_field: FieldChange, path: Path) -> bool:
    return in_container(path, "imagePullPolicy") or path[:1] == ("imagePullSecrets",)


check = pods_check(
    _picks,
    FindingText(
        "image pull settings change",
        "An old image may be used from the node, or the pull fails.",
        "Check that the pull secrets exist in the namespace.",
    ),
)
_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {containers: [{name: a, image: 'x:1'%s}]}}}\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    whole=check,
    cases=(
        speaks(
            "always pulled",
            ("low", "spec.template.spec.containers[name=a].imagePullPolicy"),
            before=_WEB % "",
            after=_WEB % ", imagePullPolicy: Always",
        ),
        quiet("the default is spelled out", before=_WEB % "", after=_WEB % ", imagePullPolicy: IfNotPresent"),
    ),
)
