"""A cluster role is added to, or removed from, aggregated roles.

The label ``rbac.authorization.k8s.io/aggregate-to-ROLE`` grants a role's permissions to everyone who has ROLE; every
cluster has admin, edit and view. The selectors of an ``aggregationRule`` select the roles that a role aggregates.

## Why it matters

The rules in the files stay the same, but subjects that are bound to the aggregated role gain or lose permissions.

## What to do

Check who holds the aggregated role. Remove the label with a value or an overlay if that is too much.

Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
"""

from pipeline.core.analysis.grants import AGGREGATES
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
        "aggregation changes",
        "Subjects of the aggregated role gain or lose permissions, although no rule changes.",
        "Check who holds the aggregated role; remove the label with an overlay if that is too much.",
    ),
)
_ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a%s}\n%s"
_LABELS = ", labels: {a: b, %s}"
_RULE = "aggregationRule: {clusterRoleSelectors: [{matchLabels: {a: %s}}]}\n"
_TO = "rbac.authorization.k8s.io/aggregate-to-admin: 'true'"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("labels-changed",),
    severity=Severity.MEDIUM,
    each=check,
    kinds=frozenset({"ClusterRole"}),
    cases=(
        speaks(
            "it is now aggregated into admin",
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
            "it aggregates other roles",
            ("medium", "aggregationRule.clusterRoleSelectors[0].matchLabels.a"),
            before=_ROLE % ("", _RULE % "b"),
            after=_ROLE % ("", _RULE % "c"),
        ),
        quiet("another label", before=_ROLE % ("", ""), after=_ROLE % (_LABELS % "c: d", "")),
    ),
)
