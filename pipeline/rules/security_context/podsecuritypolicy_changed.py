"""A PodSecurityPolicy or a SecurityContextConstraints admits different pods than before.

## Why it matters

Pods that it no longer admits are rejected at their next start, even hours after the upgrade; pods that it now admits
may run with more privileges.

## What to do

Compare the change with what your pods need. Kubernetes 1.25 removed PodSecurityPolicy.
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
        "it admits different pods",
        "Pods that it no longer admits are rejected at their next start.",
        "Compare the policy with what your pods need.",
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
