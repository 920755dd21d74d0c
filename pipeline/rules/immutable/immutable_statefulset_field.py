"""An immutable field of a StatefulSet changes.

## Why it matters

The API server rejects any change of a StatefulSet's spec except of replicas, template, updateStrategy, ordinals,
minReadySeconds, revisionHistoryLimit and persistentVolumeClaimRetentionPolicy (apps/v1 validation). The apply stops.

## What to do

Delete the StatefulSet with ``--cascade=orphan``, which keeps pods and volumes, and apply the new one right after.
"""

from pipeline.core.analysis.immutable_fields import Cure, differing, immutable_check, others
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


def _refused(old: Body, new: Body) -> tuple[Path, ...]:
    """The selector and the claim templates have rules of their own."""
    paths = sorted({*others(old, ("spec",), _ALLOWED), *others(new, ("spec",), _ALLOWED)})
    return differing(old, new, *paths)


def _cure(change: ResourceChange) -> Cure:
    text = "Delete the StatefulSet but keep its pods, then apply."
    return text, (deletion(change.id.kind, change.id.name, "--cascade=orphan", namespace=change.id.namespace),)


check = immutable_check(_refused, _cure)


_SET = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
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
        quiet("it scales", before=_SET % "replicas: 1", after=_SET % "replicas: 2"),
        quiet(
            "a default is spelled out",
            before=_SET % "replicas: 1",
            after=_SET % "replicas: 1, podManagementPolicy: OrderedReady",
        ),
    ),
)
