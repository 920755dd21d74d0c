"""A volume claim or a volume is no longer rendered, or a StatefulSet's claim template is renamed.

## Why it matters

A prune deletes the claim, and the data with it if the volume's reclaim policy is Delete, the default of most storage
classes. With a renamed claim template the pods get new, empty volumes.

## What to do

Annotate the claim with ``helm.sh/resource-policy: keep``, or take a snapshot before the merge.
"""

from collections.abc import Iterator

from pipeline.core.analysis.removal import kept, removed
from pipeline.core.diff.change import Op, ResourceChange
from pipeline.core.kube.path import Entry
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import kubectl

_KINDS = frozenset({"PersistentVolumeClaim", "PersistentVolume"})


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for change in removed(upgrade):
        if change.id.kind in _KINDS:
            keep = kept(change.resource)
            yield Hit(
                at(change),
                title=f"{change.id.kind} {change.id.name} is no longer rendered",
                impact=f"It stays in the cluster without an owner ({keep})."
                if keep
                else "Pruning it deletes the data, unless the volume's reclaim policy is Retain.",
                fix="Delete it by hand when its data is no longer needed."
                if keep
                else "Annotate it with helm.sh/resource-policy: keep, or take a snapshot first.",
                commands=()
                if keep
                else (
                    kubectl(
                        "annotate",
                        f"{change.id.kind.lower()}/{change.id.name}",
                        "helm.sh/resource-policy=keep",
                        namespace=change.id.namespace,
                    ),
                ),
                severity=Severity.LOW if keep else Severity.BLOCKER,
            )
    for change in upgrade.diff.changes:
        if change.id.kind == "StatefulSet":
            yield from _templates(change)


def _templates(change: ResourceChange) -> Iterator[Hit]:
    for field in change.under("spec", "volumeClaimTemplates", "*"):
        if field.op is Op.REMOVED and isinstance(field.path[-1], Entry) and len(field.path) == 3:  # noqa: PLR2004
            yield Hit(
                at(change, field),
                title=f"StatefulSet {change.id.name} loses the volume claim template {field.path[-1]}",
                impact="Its pods start without that volume; the claims keep the data but are no longer mounted.",
                fix="Keep the template's name, or copy the data into the new claims first.",
            )


_CLAIM = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\n"
_SET = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec: {volumeClaimTemplates: [{metadata: {name: %s}}]}
"""

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("immutable-volume-claim-template",),
    severity=Severity.BLOCKER,
    whole=check,
    cases=(
        speaks("a claim is removed", ("blocker", ""), before=_CLAIM),
        speaks(
            "a claim template is renamed",
            ("blocker", "spec.volumeClaimTemplates[metadata.name=data]"),
            before=_SET % "data",
            after=_SET % "storage",
        ),
        quiet("a claim is added", after=_CLAIM),
    ),
)
