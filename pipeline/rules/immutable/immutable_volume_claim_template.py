"""A StatefulSet's volume claim templates change.

## Why it matters

The API server rejects it, even for sizes, classes and labels (apps/v1 validation): a version label there breaks every
upgrade. The existing volumes would not have changed anyway.

## What to do

Change the claims themselves. Then delete the StatefulSet with ``--cascade=orphan`` and apply the new one right after.
"""

from collections.abc import Iterator

from pipeline.core.analysis.immutable_fields import bodies, differing, rejected
from pipeline.core.diff.change import ResourceChange
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Body
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import deletion


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    both = bodies(change)
    if both is None:
        return
    paths = _refused(*both)
    if paths:
        fix = "Resize the claims first. Delete the StatefulSet but keep its pods, then apply."
        commands = (deletion(change.id.kind, change.id.name, "--cascade=orphan", namespace=change.id.namespace),)
        yield rejected(change, paths, (fix, commands), "volumeClaimTemplates")


def _refused(old: Body, new: Body) -> tuple[Path, ...]:
    return differing(old, new, ("spec", "volumeClaimTemplates"))


_SET = (
    "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n"
    "  volumeClaimTemplates: [{metadata: {name: data}, spec: {%s}}]\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    each=check,
    kinds=frozenset({"StatefulSet"}),
    cases=(
        speaks(
            "a volume is enlarged",
            ("blocker", "spec.volumeClaimTemplates[metadata.name=data].spec.resources.requests.storage"),
            before=_SET % "resources: {requests: {storage: 1Gi}}",
            after=_SET % "resources: {requests: {storage: 2Gi}}",
        ),
        quiet(
            "the same size in other words",
            before=_SET % "resources: {requests: {storage: 1Gi}}",
            after=_SET % "resources: {requests: {storage: 1024Mi}}",
        ),
    ),
)
