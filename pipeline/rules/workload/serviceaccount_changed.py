"""A workload's pods run as another service account.

## Why it matters

Permissions and cloud identities are bound to the old name: the pods may start and be refused everything.

## What to do

See that the new account is rendered, and that role bindings and cloud identities of yours name it.
"""

from pipeline.core.change import FieldChange
from pipeline.core.finding import Severity
from pipeline.core.path import Path
from pipeline.core.path_rule import Words, pod_check
from pipeline.core.rule import Rule, quiet, speaks


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[:1] in (("serviceAccountName",), ("serviceAccount",))


check = pod_check(
    _picks,
    Words(
        "its pods run as another service account",
        "Permissions and cloud identities are bound to the old name.",
        "See that bindings and cloud identities of yours name the new one.",
    ),
)
_WEB = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {%s}}}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    each=check,
    cases=(
        speaks(
            "another account",
            ("medium", "spec.template.spec.serviceAccountName"),
            before=_WEB % "serviceAccountName: a",
            after=_WEB % "serviceAccountName: b",
        ),
        quiet(
            "the old name of the field goes",
            before=_WEB % "serviceAccountName: a, serviceAccount: a",
            after=_WEB % "serviceAccountName: a",
        ),
    ),
)
