"""A custom resource is removed that stands for data, or for everything that another tool deploys.

Databases, message brokers, storage pools, snapshots, cascading applications, resources at a provider
(``core/analysis/operator_owned.py`` lists them).

## Why it matters

Its operator reacts to the deletion and deletes everything that it created for it.

## What to do

Back up. Keep the object (``helm.sh/resource-policy: keep``), and delete it by hand when it is no longer needed.
"""

from collections.abc import Iterator

from pipeline.core.analysis.operator_owned import operated
from pipeline.core.analysis.removal import grouped, kept, naming, removed
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import agreeing


def check(upgrade: Upgrade) -> Iterator[Hit]:
    no_longer_rendered = [change for change in removed(upgrade) if operated(change.resource)]
    for changes in grouped(no_longer_rendered, lambda one: (one.id.group, one.id.kind, kept(one.resource))).values():
        keep = kept(changes[0].resource)
        yield Hit(
            at(changes[0]),
            title=f"{naming(changes)} {agreeing(len(changes), 'is')} no longer rendered",
            impact=f"It stays in the cluster without an owner ({keep})."
            if keep
            else f"If it is pruned, its operator deletes {operated(changes[0].resource)}.",
            fix="Delete it by hand when it is no longer needed; that deletes what it manages."
            if keep
            else "Back up first; annotate it with helm.sh/resource-policy: keep if you still need it.",
            severity=Severity.LOW if keep else None,
            also=tuple(at(change) for change in changes[1:]),
        )


_CLUSTER = "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: db%s}\nspec: {instances: 3}\n"
_APPLICATION = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    confidence=Confidence.LIKELY,
    whole=check,
    cases=(
        speaks("a database is removed", ("high", ""), before=_CLUSTER % ""),
        speaks("it is kept", ("low", ""), before=_CLUSTER % ", annotations: {helm.sh/resource-policy: keep}"),
        speaks(
            "an application and what it deploys",
            ("high", ""),
            before=_APPLICATION % ", finalizers: [resources-finalizer.argocd.argoproj.io]",
        ),
        quiet("an application alone", before=_APPLICATION % ""),
        quiet("a database is added", after=_CLUSTER % ""),
    ),
)
