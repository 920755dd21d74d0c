"""A version of a CRD is removed.

## Why it matters

Everything that still uses the version fails: no matches for kind.

## What to do

Change the apiVersion of your custom resources to a remaining version before the upgrade, and upgrade the clients.
"""

from collections.abc import Iterator

from pipeline.core.crd.case_crds import MINE, crd, version
from pipeline.core.crd.definition import version_path
from pipeline.core.crd.instances import at_version, naming
from pipeline.core.crd.pairs import claim, edited
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import agreeing


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for pair, before, after in edited(upgrade):
        for name in sorted(before.versions.keys() - after.versions.keys()):
            served = name in before.served
            users = at_version(upgrade, after, name)
            if name == before.storage_version and not users:
                continue  # crd-stored-version-removed: the API server does not even take the CRD
            yield Hit(
                pair.place(version_path(name)),
                title=f"CRD {pair.name}: version {name} removed"
                + (f", and {naming(users)} {agreeing(len(users), 'uses')} it" if users else ""),
                why="Every apply and every client that uses the version fails: no matches for kind."
                if served
                else "It was no longer served, but if it was ever stored, the API server rejects the CRD.",
                remedy=f"Change apiVersion to {' or '.join(sorted(after.served))} everywhere before the upgrade.",
                severity=Severity.BLOCKER if users else None if served else Severity.MEDIUM,
                confidence=None if served or users else Confidence.LIKELY,
                also=tuple(place(user, ("apiVersion",)) for user in users),
                claims=claim(pair, version_path(name)),
            )


_ALPHA = version("v1alpha1", storage=False)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=check,
    cases=(
        speaks(
            "a served version goes",
            ("high", "spec.versions[name=v1alpha1]"),
            before=crd(_ALPHA, version()),
            after=crd(version()),
        ),
        speaks(
            "a version that was not served goes",
            ("medium", "spec.versions[name=v1alpha1]"),
            before=crd(version("v1alpha1", served=False, storage=False), version()),
            after=crd(version()),
        ),
        speaks(
            "a version in use goes",
            ("blocker", "spec.versions[name=v1alpha1]"),
            before=crd(_ALPHA, version()),
            after=crd(version()) + MINE.replace("com/v1", "com/v1alpha1") % "size: 1",
        ),
        quiet("the stored version goes", before=crd(version("v1alpha1")), after=crd(version())),
        quiet("a version comes", before=crd(version()), after=crd(_ALPHA, version())),
    ),
)
