"""A CRD is older than before, according to the version that its project writes into it.

## Why it matters

The older schema may not know fields and versions that are in use: they are dropped at the next write.

## What to do

Give the CRD one owner, the one with the newest version.
"""

from collections.abc import Iterator

from pipeline.core.charts.semver import Version
from pipeline.core.diff.change import Action
from pipeline.core.kube.resource import CRD_KIND, Resource
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import listed

_WRITTEN = ("gateway.networking.k8s.io/bundle-version", "app.kubernetes.io/version", "cert-manager.io/version")


def check(upgrade: Upgrade) -> Iterator[Hit]:
    downgraded = []
    for change in upgrade.diff.of_action(Action.CHANGED):
        if change.id.kind == CRD_KIND and change.before and change.after:
            old, new = _version(change.before), _version(change.after)
            if old is not None and new is not None and new < old:
                downgraded.append((change, old, new))
    if downgraded:
        first, old, new = downgraded[0]
        names = listed((change.id.name for change, _, _ in downgraded), 1)
        yield Hit(
            at(first),
            title=f"CRD {names}: version {old} -> {new}",
            impact="Fields that the older schema does not know are dropped at the next write.",
            fix="Give the CRD one owner, the one with the newest version.",
            also=tuple(at(change) for change, _, _ in downgraded[1:]),
            claims=(),
        )


def _version(resource: Resource) -> Version | None:
    for key in _WRITTEN:
        text = resource.annotations.get(key) or resource.labels.get(key)
        if text:
            return Version.or_none(str(text).removeprefix("v"))
    return None


_ONE = (
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
    "metadata: {name: gateways.example.org, annotations: {gateway.networking.k8s.io/bundle-version: %s}}\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("annotations-changed",),
    severity=Severity.HIGH,
    whole=check,
    cases=(
        speaks("an older bundle", ("high", ""), before=_ONE % "v1.3.0", after=_ONE % "v1.2.1"),
        quiet("a newer bundle", before=_ONE % "v1.2.1", after=_ONE % "v1.3.0"),
        quiet("no version", before=_ONE % "main", after=_ONE % "other"),
    ),
)
