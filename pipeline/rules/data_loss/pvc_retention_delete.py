"""A StatefulSet's volumes are deleted from now on when it is scaled down or deleted.

## Why it matters

The data is no longer kept: the first scale-down deletes it.

## What to do

Set the policy to Retain with a value or an overlay.
"""

from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(field: FieldChange, path: Path) -> bool:
    return path[:2] == ("spec", "persistentVolumeClaimRetentionPolicy") and field.new == "Delete"


check = object_check(
    _picks,
    FindingText(
        "its volumes will be deleted",
        "The first scale-down or deletion destroys the data.",
        "Set persistentVolumeClaimRetentionPolicy to Retain.",
    ),
)

_SET = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {%s}\n"
_DELETE = "persistentVolumeClaimRetentionPolicy: {whenScaled: Delete}"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    each=check,
    kinds=frozenset({"StatefulSet"}),
    cases=(
        speaks(
            "a scale-down deletes",
            ("high", "spec.persistentVolumeClaimRetentionPolicy.whenScaled"),
            before=_SET % "replicas: 1",
            after=_SET % _DELETE,
        ),
        quiet("it is kept again", before=_SET % _DELETE, after=_SET % "replicas: 1"),
    ),
)
