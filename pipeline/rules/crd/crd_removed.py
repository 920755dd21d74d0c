"""A CustomResourceDefinition is removed, and its custom resources go with it.

## Why it matters

Deleting a CRD deletes every custom resource of its kind in the whole cluster. No backup is made and nothing asks.

## What to do

Keep the CRD until its custom resources are gone or moved: vendor the chart that delivers it now, or annotate it with
``helm.sh/resource-policy: keep`` before the upgrade.
"""

from collections.abc import Iterator

from pipeline.core.change import Action, ResourceChange
from pipeline.core.finding import Severity
from pipeline.core.resource import CRD_KIND
from pipeline.core.rule import Hit, Rule, at, quiet, speaks
from pipeline.core.upgrade import Upgrade


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    if change.action is Action.REMOVED:
        yield Hit(
            at(change),
            title=f"CRD {change.id.name} is no longer rendered",
            why="Pruning it deletes every custom resource of its kind in the cluster.",
            remedy="Keep the CRD, or migrate and back up its custom resources first.",
        )


CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
"""

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    each=check,
    kinds=frozenset({CRD_KIND}),
    cases=(
        speaks("the chart stops shipping a CRD", ("blocker", ""), before=CRD),
        quiet("the chart starts shipping a CRD", after=CRD),
        quiet("the CRD stays", before=CRD, after=CRD),
    ),
)
