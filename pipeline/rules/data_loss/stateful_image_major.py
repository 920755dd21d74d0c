"""A program that stores data moves to another major version.

## Why it matters

Databases often rewrite their files at the first start of a new major version, and the old version cannot read them
afterwards: the only way back is a backup.

## What to do

Back up first, and read how to upgrade the product between major versions.
"""

from collections.abc import Iterator

from pipeline.core.analysis.images import image
from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.diff.pod_fields import pod_fields
from pipeline.core.kube.pods import in_container
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    if change.action is not Action.CHANGED or not _keeps_data(change.resource):
        return
    for field, below in pod_fields(change):
        if below[:1] == ("containers",) and in_container(below, "image") and not below[3:]:
            old, new = image(str(field.old)), image(str(field.new))
            before, after = old.version, new.version
            if before and after and old.repository == new.repository and after.numbers[0] > before.numbers[0]:
                yield Hit(
                    at(change, field),
                    title=f"{change.id.kind} {change.id.name} stores data, and {new.repository} moves from"
                    f" {old.tag} to {new.tag}",
                    impact="A new major version may rewrite its files so that the old version cannot read them.",
                    fix="Back up first, and read how to upgrade the product between major versions.",
                )


def _keeps_data(resource: Resource) -> bool:
    return bool(mapping(resource.body.get("spec")).get("volumeClaimTemplates"))


_SET = (
    "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n"
    "  volumeClaimTemplates: [{metadata: {name: data}}]\n"
    "  template: {spec: {containers: [{name: db, image: 'postgres:%s'}]}}\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("image-changed",),
    severity=Severity.HIGH,
    confidence=Confidence.LIKELY,
    each=check,
    kinds=frozenset({"StatefulSet"}),
    cases=(
        speaks(
            "a major version",
            ("high", "spec.template.spec.containers[name=db].image"),
            before=_SET % "15.4",
            after=_SET % "16.1",
        ),
        quiet("a minor version", before=_SET % "15.4", after=_SET % "15.5"),
    ),
)
