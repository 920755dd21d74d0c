"""A pod or a container may do more on its node than before.

## Why it matters

Host namespaces, privileged mode, added capabilities, root, or a profile that is gone: a break-in into the pod reaches
further, and a strict Pod Security level refuses it.

## What to do

Ask why; take it back by a value or an overlay where it is not needed.
"""

from pipeline.core.change import FieldChange
from pipeline.core.finding import Severity
from pipeline.core.path import Path
from pipeline.core.path_rule import Words, pods_check
from pipeline.core.pod_security import concerns, loosens
from pipeline.core.rule import Rule, quiet, speaks


def _picks(field: FieldChange, path: Path) -> bool:
    return concerns(path) and loosens(field)


check = pods_check(
    _picks,
    Words(
        "its pods may do more on the node",
        "A break-in reaches further; a strict Pod Security level refuses the pods.",
        "Ask why; take it back by a value or an overlay.",
    ),
)
_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {containers: [{name: a, image: 'x:1'%s}]}}}\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=check,
    cases=(
        speaks(
            "privileged",
            ("high", "spec.template.spec.containers[name=a].securityContext.privileged"),
            before=_WEB % ", securityContext: {privileged: false}",
            after=_WEB % ", securityContext: {privileged: true}",
        ),
        speaks(
            "the profile is gone",
            ("high", "spec.template.spec.containers[name=a].securityContext.seccompProfile"),
            before=_WEB % ", securityContext: {privileged: false, seccompProfile: {type: RuntimeDefault}}",
            after=_WEB % ", securityContext: {privileged: false}",
        ),
        quiet("hardened", before=_WEB % "", after=_WEB % ", securityContext: {runAsNonRoot: true}"),
    ),
)
