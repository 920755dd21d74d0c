"""The subjects of a binding change.

## Why it matters

Added subjects get all permissions of the role, removed ones lose them. A service account with another name or namespace
is a different subject.

## What to do

Check that each new subject exists and is intended.
"""

from pipeline.core.analysis.grants import is_everyone
from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.diff.change import FieldChange, ResourceChange
from pipeline.core.kube.path import MISSING, Path
from pipeline.core.kube.resource import mapping
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_STRONG = frozenset({"cluster-admin", "admin", "edit"})


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[:1] == ("subjects",)


def _grade(change: ResourceChange, fields: list[FieldChange]) -> Severity | None:
    added = [mapping(field.new) for field in fields if field.new is not MISSING]
    role = str(mapping(change.resource.body.get("roleRef")).get("name") or "")
    broad = any(is_everyone(str(subject.get("name") or "")) for subject in added)
    return Severity.HIGH if broad or (added and role in _STRONG) else None


check = object_check(
    _picks,
    FindingText(
        "subjects change",
        "Added subjects get all permissions of the role, removed ones lose them.",
        "Check that each new subject exists and is intended.",
        grade=_grade,
    ),
)

_BINDING = (
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: a}\n"
    "roleRef: {kind: ClusterRole, name: %s}\nsubjects: [%s]\n"
)
_A, _B = "{kind: ServiceAccount, name: a, namespace: x}", "{kind: ServiceAccount, name: b, namespace: x}"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    each=check,
    kinds=frozenset({"RoleBinding", "ClusterRoleBinding"}),
    cases=(
        speaks(
            "another account",
            ("medium", "subjects[kind=ServiceAccount,namespace=x,name=b]"),
            before=_BINDING % ("x", _A),
            after=_BINDING % ("x", f"{_A}, {_B}"),
        ),
        speaks(
            "another administrator",
            ("high", "subjects[kind=ServiceAccount,namespace=x,name=b]"),
            before=_BINDING % ("cluster-admin", _A),
            after=_BINDING % ("cluster-admin", f"{_A}, {_B}"),
        ),
        quiet("in another order", before=_BINDING % ("x", f"{_A}, {_B}"), after=_BINDING % ("x", f"{_B}, {_A}")),
    ),
)
