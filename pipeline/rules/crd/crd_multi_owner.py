"""A CRD of this release is rendered by another release too.

## Why it matters

Both write it, and the last apply wins: an upgrade of one release silently undoes the other's, and newer fields are
dropped.

## What to do

Make one release its owner, and remove it from the other with a value or an overlay.
"""

from collections.abc import Iterator

from pipeline.core.crd.case_crds import crd, version
from pipeline.core.kube.resource import CRD_KIND
from pipeline.core.render.manifests import parse
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Need, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    others = upgrade.facts.repository_after
    assert others is not None, "BUG: evaluated without a repository"
    elsewhere = {resource.id: resource for resource in others.of_kind(CRD_KIND)}
    before = {resource.id for resource in upgrade.before.manifests.of_kind(CRD_KIND)}
    for resource in upgrade.after.manifests.of_kind(CRD_KIND):
        other = elsewhere.get(resource.id)
        if other is not None and resource.id not in before:
            same = other.body.get("spec") == resource.body.get("spec")
            yield Hit(
                place(resource),
                title=f"CRD {resource.id.name} is rendered by {other.release or 'another release'} too",
                impact="Both are the same today." if same else "Both write it, and the last apply wins.",
                fix="Make one release its owner, and remove it from the other.",
                severity=Severity.LOW if same else None,
            )


RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=check,
    needs=(Need.REPOSITORY,),
    cases=(
        speaks(
            "another release has an older one",
            ("high", ""),
            after=crd(),
            facts={"repository_after": parse(crd(version("v1alpha1")), namespace="shop")},
        ),
        speaks(
            "another release has the same",
            ("low", ""),
            after=crd(),
            facts={"repository_after": parse(crd(), namespace="x")},
        ),
        quiet("no other release has it", after=crd(), facts={"repository_after": parse("", namespace="shop")}),
        quiet(
            "it was like that before",
            before=crd(),
            after=crd(),
            facts={"repository_after": parse(crd(version("v1alpha1")), namespace="shop")},
        ),
    ),
)
