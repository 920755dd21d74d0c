"""A CustomResourceDefinition is removed, and its custom resources with it.

## Why it matters

Deleting a CRD deletes every custom resource of its kind in the whole cluster, without a backup and without asking.
Helm leaves a CRD behind if it was in a chart's crds/ folder or has the annotation that keeps it; tools that prune by
Git delete it.

## What to do

Keep the CRD until its custom resources are deleted or moved: vendor the chart that delivers it now, or annotate it
with ``helm.sh/resource-policy: keep`` before the upgrade.
"""

from collections.abc import Iterator

from pipeline.core.crd.case_crds import crd
from pipeline.core.crd.custom_resources import custom_resources, naming
from pipeline.core.crd.definition import Definition
from pipeline.core.crd.pairs import claim, pairs
from pipeline.core.kube.resource import Delivery
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import agreeing, kubectl


def check(upgrade: Upgrade) -> Iterator[Hit]:
    others = upgrade.facts.repository_after
    elsewhere = {resource.id.name for resource in others.of_kind("CustomResourceDefinition")} if others else set()
    for pair in pairs(upgrade):
        if pair.after is None and pair.before is not None and pair.name not in elsewhere:
            users = list(custom_resources(upgrade, pair.before))
            yield Hit(
                pair.place(),
                title=f"CRD {pair.name} is no longer rendered"
                + (f", and {naming(users)} {agreeing(len(users), 'needs')} it" if users else ""),
                impact=_why(pair.before),
                fix="Keep the CRD, or back up and migrate its custom resources first.",
                commands=(kubectl("get", pair.name, "--all-namespaces", "-o", "yaml"),),
                severity=Severity.HIGH if pair.before.within or (_left_behind(pair.before) and not users) else None,
                confidence=Confidence.LIKELY if pair.before.within else None,
                claims=claim(pair, ()),
            )


def _left_behind(crd_: Definition) -> bool:
    """Whether Helm itself would not delete it."""
    return crd_.kept or crd_.delivery is Delivery.CRDS_DIR


def _why(crd_: Definition) -> str:
    if crd_.within:
        return "Whatever applies this text no longer installs the CRD; it may delete it too."
    if crd_.kept:
        return "An annotation keeps it, but it is no longer upgraded; a prune that ignores that deletes everything."
    if crd_.delivery is Delivery.CRDS_DIR:
        return "Helm leaves it behind; tools that prune by Git delete it, with every custom resource of its kind."
    return "Pruning it deletes every custom resource of its kind in the cluster."


_USED = "---\napiVersion: example.com/v1\nkind: Widget\nmetadata: {name: mine, namespace: shop}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    whole=check,
    cases=(
        speaks("the chart stops shipping a CRD", ("blocker", ""), before=crd()),
        speaks("a CRD that is in use", ("blocker", ""), before=crd() + _USED, after=_USED),
        speaks(
            "a CRD that is kept",
            ("high", ""),
            before=crd().replace("metadata: {", "metadata: {annotations: {helm.sh/resource-policy: keep}, "),
        ),
        quiet("the chart starts shipping a CRD", after=crd()),
        quiet("the CRD stays", before=crd(), after=crd()),
    ),
)
