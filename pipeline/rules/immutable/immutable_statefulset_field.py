"""An immutable field of a StatefulSet changes.

## Why it matters

The API server rejects any change of a StatefulSet's spec except of replicas, template, updateStrategy, ordinals,
minReadySeconds and persistentVolumeClaimRetentionPolicy, and since 1.33 revisionHistoryLimit (apps/v1 validation). The
apply stops.

## What to do

Delete the StatefulSet with ``--cascade=orphan``, which keeps pods and volumes, and apply the new one right after.
"""

from pipeline.core.analysis.immutable_fields import Fix, differing, immutable_check, others
from pipeline.core.diff.change import ResourceChange
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Body
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import deletion

_ALLOWED = frozenset(
    {
        "replicas",
        "template",
        "updateStrategy",
        "ordinals",
        "minReadySeconds",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "selector",
        "volumeClaimTemplates",
    }
)


_HISTORY_SINCE = 33
"""revisionHistoryLimit can be changed since 1.33 (asked of real servers of both kinds)."""


def _refused(old: Body, new: Body, minor: int) -> tuple[Path, ...]:
    """The selector and the claim templates have rules of their own."""
    allowed = _ALLOWED if minor >= _HISTORY_SINCE else _ALLOWED - {"revisionHistoryLimit"}
    paths = sorted({*others(old, ("spec",), allowed), *others(new, ("spec",), allowed)})
    return differing(old, new, *paths)


def _fix(change: ResourceChange) -> Fix:
    text = "Delete the StatefulSet but keep its pods, then apply."
    return text, (deletion(change.id.kind, change.id.name, "--cascade=orphan", namespace=change.id.namespace),)


check = immutable_check(_refused, _fix)


_SET = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("rollout-strategy-changed",),
    severity=Severity.BLOCKER,
    each=check,
    kinds=frozenset({"StatefulSet"}),
    cases=(
        speaks(
            "the governing Service is renamed",
            ("blocker", "spec.serviceName"),
            before=_SET % "serviceName: a",
            after=_SET % "serviceName: b",
        ),
        speaks(
            "the number of kept revisions, before 1.33",
            ("blocker", "spec.revisionHistoryLimit"),
            before=_SET % "revisionHistoryLimit: 3",
            after=_SET % "revisionHistoryLimit: 5",
            facts={"target": (1, 32)},
        ),
        quiet(
            "the number of kept revisions, since 1.33",
            before=_SET % "revisionHistoryLimit: 3",
            after=_SET % "revisionHistoryLimit: 5",
            facts={"target": (1, 33)},
        ),
        quiet("it scales", before=_SET % "replicas: 1", after=_SET % "replicas: 2"),
        quiet(
            "a default is spelled out",
            before=_SET % "replicas: 1",
            after=_SET % "replicas: 1, podManagementPolicy: OrderedReady",
        ),
    ),
)
