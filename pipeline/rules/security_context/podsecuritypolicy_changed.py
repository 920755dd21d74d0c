"""A PodSecurityPolicy or a SecurityContextConstraints admits other pods than before.

## Why it matters

What it no longer admits is refused at the next start of its pods, hours after the upgrade as well; what it admits now
may run with more rights.

## What to do

Compare the change with what your pods ask for. Kubernetes has no PodSecurityPolicy from 1.25 on.
"""

from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[:1] not in (("metadata",), ("apiVersion",))


check = object_check(
    _picks,
    FindingText(
        "it admits other pods",
        "Pods that it no longer admits are refused at their next start.",
        "Compare it with what your pods ask for.",
    ),
)
_POLICY = "apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: web}\nspec: {privileged: %s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    each=check,
    kinds=frozenset({"PodSecurityPolicy", "SecurityContextConstraints"}),
    cases=(
        speaks("privileged pods", ("low", "spec.privileged"), before=_POLICY % "false", after=_POLICY % "true"),
        quiet("another name", before=_POLICY % "false", after=(_POLICY % "false").replace("web", "api")),
    ),
)
