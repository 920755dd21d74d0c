"""A version of a CRD is no longer served.

## Why it matters

Manifests and clients that use the version get "no matches for kind": every apply of such a custom resource fails, and
so do controllers and scripts that still use it. Stored objects are not lost.

## What to do

Change the apiVersion of your custom resources to a served version before the upgrade, and upgrade the clients.
"""

from collections.abc import Iterator

from pipeline.core.crd.case_crds import MINE, crd, version
from pipeline.core.crd.custom_resources import USE_NOT_SHOWN, at_version, naming, use_is_shown
from pipeline.core.crd.definition import version_path
from pipeline.core.crd.pairs import claim, edited_pairs
from pipeline.core.render.manifests import parse
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import agreeing


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for pair, before, after in edited_pairs(upgrade):
        shown_here = use_is_shown(upgrade, after)
        for name in sorted(before.served & after.versions.keys() - after.served):
            users = at_version(upgrade, after, name)
            path = version_path(name, "served")
            yield Hit(
                pair.place(path),
                title=f"CRD {pair.name}: version {name} no longer served"
                + (f", and {naming(users)} {agreeing(len(users), 'uses')} it" if users else ""),
                impact="Every apply and every client that uses the version fails: no matches for kind.",
                evidence=() if users or shown_here else (USE_NOT_SHOWN,),
                fix=f"Change apiVersion to {_newest(after.served)} everywhere before the upgrade.",
                severity=Severity.BLOCKER if users else Severity.MEDIUM if shown_here else None,
                confidence=Confidence.PROVEN if users else None,
                also=tuple(place(user, ("apiVersion",)) for user in users),
                claims=claim(pair, path),
            )


def _newest(served: frozenset[str]) -> str:
    return " or ".join(sorted(served)) or "a version of another CRD (this one serves none)"


_ALPHA = version("v1alpha1", storage=False)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    confidence=Confidence.LIKELY,
    whole=check,
    cases=(
        speaks(
            "a version is switched off",
            ("high", "spec.versions[name=v1alpha1].served"),
            before=crd(_ALPHA, version()),
            after=crd(version("v1alpha1", served=False, storage=False), version()),
        ),
        speaks(
            "a version in use is switched off",
            ("blocker", "spec.versions[name=v1alpha1].served"),
            before=crd(_ALPHA, version()),
            after=crd(version("v1alpha1", served=False, storage=False), version())
            + "---\napiVersion: example.com/v1alpha1\nkind: Widget\nmetadata: {name: mine, namespace: shop}\n",
        ),
        speaks(
            "the custom resource in the repository uses another version",
            ("medium", "spec.versions[name=v1alpha1].served"),
            before=crd(_ALPHA, version()),
            after=crd(version("v1alpha1", served=False, storage=False), version()) + MINE % "size: 1",
            facts={"repository_after": parse("", namespace="shop")},
        ),
        quiet("it was not served before", before=crd(version("v1alpha1", served=False)), after=crd(version())),
        quiet("a version is switched on", before=crd(version(served=False)), after=crd(version())),
    ),
)
