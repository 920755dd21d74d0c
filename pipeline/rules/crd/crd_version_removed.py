"""A version of a CRD is removed.

## Why it matters

Everything that still uses the version fails: no matches for kind. And as long as ``status.storedVersions`` of the CRD
in the cluster names the version, because some object was ever stored in it, the API server rejects the new CRD.

## What to do

Change the apiVersion of your custom resources to a remaining version before the upgrade, and upgrade the clients. Where
the version is among the stored ones, rewrite every object (a get and a replace stores it in the version of today), then
take the version out of ``status.storedVersions``, in this order: taken out too early, old objects cannot be read.
"""

from collections.abc import Iterator

from pipeline.core.crd.case_crds import MINE, crd, version
from pipeline.core.crd.custom_resources import USE_NOT_SHOWN, at_version, naming, use_is_shown
from pipeline.core.crd.definition import version_path
from pipeline.core.crd.pairs import claim, edited_pairs
from pipeline.core.crd.storage_migration import migration
from pipeline.core.render.manifests import parse
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import agreeing


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for pair, before, after in edited_pairs(upgrade):
        shown_here = use_is_shown(upgrade, after)
        for name in sorted(before.versions.keys() - after.versions.keys()):
            served = name in before.served
            users = at_version(upgrade, after, name)
            if name == before.storage_version and not users:
                continue  # crd-stored-version-removed: the API server does not even take the CRD
            yield Hit(
                pair.place(version_path(name)),
                title=f"CRD {pair.name}: version {name} removed"
                + (f", and {naming(users)} {agreeing(len(users), 'uses')} it" if users else ""),
                impact="Every apply and every client that uses the version fails: no matches for kind."
                if served
                else "It was no longer served; but if it was ever stored, the API server rejects the CRD.",
                evidence=() if users or shown_here else (USE_NOT_SHOWN,),
                fix=_remedy(name, after.served),
                commands=migration(before, after),
                severity=Severity.BLOCKER if users else Severity.MEDIUM if shown_here and served else None,
                confidence=Confidence.PROVEN if users else None,
                also=tuple(place(user, ("apiVersion",)) for user in users),
                claims=claim(pair, version_path(name)),
            )


def _remedy(name: str, served: frozenset[str]) -> str:
    versions = " or ".join(sorted(served))
    return f"Change apiVersion to {versions} everywhere; if {name} was stored, first migrate the objects."


_ALPHA = version("v1alpha1", storage=False)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    confidence=Confidence.LIKELY,
    whole=check,
    cases=(
        speaks(
            "a served version is removed",
            ("high", "spec.versions[name=v1alpha1]"),
            before=crd(_ALPHA, version()),
            after=crd(version()),
        ),
        speaks(
            "a version that was not served is removed",
            ("high", "spec.versions[name=v1alpha1]"),
            before=crd(version("v1alpha1", served=False, storage=False), version()),
            after=crd(version()),
        ),
        speaks(
            "the custom resource in the repository uses another version",
            ("medium", "spec.versions[name=v1alpha1]"),
            before=crd(_ALPHA, version()),
            after=crd(version()) + MINE % "size: 1",
            facts={"repository_after": parse("", namespace="shop")},
        ),
        speaks(
            "a version in use is removed",
            ("blocker", "spec.versions[name=v1alpha1]"),
            before=crd(_ALPHA, version()),
            after=crd(version()) + MINE.replace("com/v1", "com/v1alpha1") % "size: 1",
        ),
        quiet("the stored version is removed", before=crd(version("v1alpha1")), after=crd(version())),
        quiet("a version is added", before=crd(version()), after=crd(_ALPHA, version())),
    ),
)
