"""The version in which a CRD's custom resources are stored is removed from the CRD.

## Why it matters

The API server rejects the new CRD: ``status.storedVersions`` still names the version, and each of those must be in
``spec.versions`` (apiextensions validation). The apply stops there.

## What to do

First let the old CRD store a version that remains, rewrite every object (storage migration), and remove the old
version from ``status.storedVersions``, in this order: taken out too early, old objects cannot be read. Then upgrade. A
server-side apply has to take ``spec.versions`` over from ``kubectl-patch`` then.
"""

from collections.abc import Iterator

from pipeline.core.crd.case_crds import crd, version
from pipeline.core.crd.definition import version_path
from pipeline.core.crd.pairs import claim, edited_pairs
from pipeline.core.crd.storage_migration import migration
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for pair, before, after in edited_pairs(upgrade):
        stored = before.storage_version
        if stored and after.versions and stored not in after.versions:
            new, within = after.storage_version, bool(pair.definition.within)
            paths = [version_path(stored), *([version_path(new, "storage")] if new in before.versions else [])]
            yield Hit(
                pair.place(version_path(stored)),
                title=f"CRD {pair.name}: version {stored}, in which its custom resources are stored, is removed",
                impact="The API server rejects the CRD: status.storedVersions still names the version.",
                fix="Let another version store, rewrite the objects, and only then cut status.storedVersions.",
                commands=migration(before, after),
                severity=Severity.HIGH if within else None,
                confidence=Confidence.LIKELY if within else None,
                claims=claim(pair, *paths),
            )


RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    whole=check,
    cases=(
        speaks(
            "the stored version is removed",
            ("blocker", "spec.versions[name=v1alpha1]"),
            before=crd(version("v1alpha1")),
            after=crd(version("v1")),
        ),
        quiet(
            "a version that is not stored is removed",
            before=crd(version("v1alpha1", storage=False), version("v1")),
            after=crd(version("v1")),
        ),
    ),
)
