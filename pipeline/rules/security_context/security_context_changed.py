"""A pod or a container runs hardened, or as another user.

## Why it matters

It may lack rights that it used: a write to the image's file system, a low port, files of another owner.

## What to do

Watch the pods after the rollout; check the owner of files on volumes where the user changes.
"""

from pipeline.core.change import FieldChange
from pipeline.core.finding import Severity
from pipeline.core.path import Path
from pipeline.core.path_rule import Words, pods_check
from pipeline.core.pod_security import concerns, loosens
from pipeline.core.rule import Rule, quiet, speaks


def _picks(field: FieldChange, path: Path) -> bool:
    return concerns(path) and not loosens(field)


check = pods_check(
    _picks,
    Words(
        "its pods run with other rights",
        "They may lack rights that they used, or own files of another user.",
        "Watch the pods after the rollout; check owners of files on volumes.",
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
            "hardened",
            ("low", "spec.template.spec.containers[name=a].securityContext"),
            before=_WEB % "",
            after=_WEB % ", securityContext: {runAsNonRoot: true}",
        ),
        quiet(
            "privileged",
            before=_WEB % ", securityContext: {privileged: false}",
            after=_WEB % ", securityContext: {privileged: true}",
        ),
    ),
)
