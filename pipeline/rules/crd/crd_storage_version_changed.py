"""A CRD's custom resources are stored in a different version from now on.

## Why it matters

New writes use the new version. After a rollback to a CRD that does not know it, they cannot be read. Objects stored
before keep the old version until they are written again.

## What to do

Remember the limit if you roll back, and plan a storage migration before the old version is removed.
"""

from collections.abc import Iterator

from pipeline.core.crd.case_crds import crd, version
from pipeline.core.crd.definition import version_path
from pipeline.core.crd.pairs import claim, edited_pairs
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for pair, before, after in edited_pairs(upgrade):
        old, new = before.storage_version, after.storage_version
        if not old or not new or old == new or old not in after.versions:
            continue  # one that is gone is crd-stored-version-removed's
        known = new in before.versions
        paths = [version_path(name, "storage") for name in (new, old) if name in after.versions]
        yield Hit(
            pair.place(paths[0]),
            title=f"CRD {pair.name}: stored version {old} -> {new}",
            impact="The old CRD can read both versions: only a storage migration remains to be done."
            if known
            else "After a rollback to the old CRD, objects written from now on cannot be read.",
            fix="Plan a storage migration before the old version is removed.",
            severity=Severity.LOW if known else None,
            also=tuple(pair.place(path) for path in paths[1:]),
            claims=claim(pair, *paths, *(() if known else (version_path(new),))),
        )


RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    whole=check,
    cases=(
        speaks(
            "a version that the old CRD does not know",
            ("medium", "spec.versions[name=v2].storage"),
            before=crd(version("v1")),
            after=crd(version("v1", storage=False), version("v2")),
        ),
        speaks(
            "a version that both know",
            ("low", "spec.versions[name=v2].storage"),
            before=crd(version("v1"), version("v2", storage=False)),
            after=crd(version("v1", storage=False), version("v2")),
        ),
        quiet("the stored version is removed", before=crd(version("v1")), after=crd(version("v2"))),
        quiet(
            "a version that is not stored is added", before=crd(), after=crd(version(), version("v2", storage=False))
        ),
    ),
)
