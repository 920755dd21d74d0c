"""A CRD has a new version, or serves one again.

## Why it matters

Nothing breaks. A new version often announces that an older one will be removed.

## What to do

Consider moving your custom resources in a separate change.
"""

from collections.abc import Iterator

from pipeline.core.crd.case_crds import crd, version
from pipeline.core.crd.definition import version_path
from pipeline.core.crd.pairs import claim, edited_pairs
from pipeline.core.kube.path import Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for pair, before, after in edited_pairs(upgrade):
        # One that is stored from now on is crd-storage-version-changed's.
        stored = {after.storage_version} if before.storage_version in after.versions else set()
        fresh = sorted(after.versions.keys() - before.versions.keys() - stored)
        on = sorted((after.served - before.served) & before.versions.keys())
        paths: list[Path] = [version_path(name) for name in fresh] + [version_path(name, "served") for name in on]
        if paths:
            yield Hit(
                pair.place(paths[0]),
                title=f"CRD {pair.name}: version {', '.join([*fresh, *on])} added",
                impact="Nothing breaks; an older version may be removed later.",
                fix="Consider moving your custom resources in a separate change.",
                also=tuple(pair.place(path) for path in paths[1:]),
                claims=claim(pair, *paths),
            )


RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.INFO,
    whole=check,
    cases=(
        speaks(
            "a version is added",
            ("info", "spec.versions[name=v2]"),
            before=crd(),
            after=crd(version(), version("v2", storage=False)),
        ),
        quiet("a version is added and stored", before=crd(version()), after=crd(version(storage=False), version("v2"))),
        quiet("a version is removed", before=crd(version(), version("v2", storage=False)), after=crd()),
    ),
)
