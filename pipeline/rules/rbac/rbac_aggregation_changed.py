"""A cluster role is added to, or taken from, the roles that collect others' rules.

A label ``rbac.authorization.k8s.io/aggregate-to-ROLE`` hands a role's rights to everybody who has ROLE: admin, edit and
view come with every cluster. The selectors of an ``aggregationRule`` say whose rights a role collects.

## Why it matters

The rules in the files stay as they are, and yet people and programs bound elsewhere gain or lose rights.

## What to do

See who holds the collecting role. Take the label away by a value or an overlay where that is too much.

Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
"""

from pipeline.core.analysis.rbac import AGGREGATES
from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import mapping
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(field: FieldChange, path: Path) -> bool:
    if path[:1] == ("aggregationRule",):
        return True
    if path[:2] != ("metadata", "labels"):
        return False
    names = path[2:3] or (*mapping(field.old), *mapping(field.new))
    return any(str(name).startswith(AGGREGATES) for name in names)


check = object_check(
    _picks,
    FindingText(
        "its rights are collected otherwise",
        "Who is bound to the collecting role gains or loses rights, though no rule changes.",
        "See who holds that role; take the label away by an overlay where it is too much.",
    ),
)
_ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a%s}\n%s"
_LABELS = ", labels: {a: b, %s}"
_RULE = "aggregationRule: {clusterRoleSelectors: [{matchLabels: {a: %s}}]}\n"
_TO = "rbac.authorization.k8s.io/aggregate-to-admin: 'true'"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    each=check,
    kinds=frozenset({"ClusterRole"}),
    cases=(
        speaks(
            "every admin has it now",
            ("medium", 'metadata.labels["rbac.authorization.k8s.io/aggregate-to-admin"]'),
            before=_ROLE % (_LABELS % "c: d", ""),
            after=_ROLE % (_LABELS % f"c: d, {_TO}", ""),
        ),
        speaks(
            "its first labels",
            ("medium", "metadata.labels"),
            after=_ROLE % (_LABELS % _TO, ""),
            before=_ROLE % ("", ""),
        ),
        speaks(
            "it collects others",
            ("medium", "aggregationRule.clusterRoleSelectors[0].matchLabels.a"),
            before=_ROLE % ("", _RULE % "b"),
            after=_ROLE % ("", _RULE % "c"),
        ),
        quiet("another label", before=_ROLE % ("", ""), after=_ROLE % (_LABELS % "c: d", "")),
    ),
)
