"""A PersistentVolumeClaim's spec changes.

## Why it matters

The API server rejects it: a claim's spec is immutable except for its size, which may only grow, and only if the claim
is bound and its storage class allows expansion.

## What to do

Create a claim with another name and copy the data. To grow a claim, its class needs ``allowVolumeExpansion: true``.
"""

from collections.abc import Iterator

from pipeline.core.analysis.immutable_fields import bodies, claims, differing, first_below, others
from pipeline.core.diff.change import ResourceChange
from pipeline.core.kube.path import MISSING, Path, get
from pipeline.core.kube.quantity import quantity
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import kubectl

_ALLOWED = frozenset({"resources", "volumeAttributesClassName"})
_SET_LATER = frozenset({"storageClassName", "volumeName"})
"""What the server itself fills in, and takes from a manifest only where it has not done so yet."""
_SIZE: Path = ("spec", "resources", "requests", "storage")


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    both = bodies(change)
    if both is None:
        return
    old, new = both
    paths = differing(old, new, *sorted({*others(old, ("spec",), _ALLOWED), *others(new, ("spec",), _ALLOWED)}))
    late = tuple(path for path in paths if path[-1] in _SET_LATER and get(old, path) is MISSING)
    paths = tuple(path for path in paths if path not in late)
    if late:
        yield _set_later(change, late)
    if paths:
        yield _hit(change, paths, f"{', '.join(map(str, (path[-1] for path in paths)))} is immutable", None)
    if differing(old, new, _SIZE):
        before, after = quantity(get(old, _SIZE)), quantity(get(new, _SIZE))
        grows = before is not None and after is not None and after > before
        title = "its size grows, and its storage class must allow that" if grows else "its size cannot shrink"
        yield _hit(change, (_SIZE,), title, Severity.MEDIUM if grows else None)


def _set_later(change: ResourceChange, paths: tuple[Path, ...]) -> Hit:
    places = [place(change.resource, path) for path in paths]
    return Hit(
        places[0],
        title=f"PersistentVolumeClaim {change.id.name}: {', '.join(str(path[-1]) for path in paths)} is set now",
        impact="The API server rejects it if the claim already has a different one.",
        fix="Look up what the claim has and set that, or create a claim with another name.",
        commands=(kubectl("get", f"pvc/{change.id.name}", "-o", "yaml", namespace=change.id.namespace),),
        severity=Severity.HIGH,
        confidence=Confidence.LIKELY,
        also=tuple(places[1:]),
        claims=claims(change, *paths),
    )


def _hit(change: ResourceChange, paths: tuple[Path, ...], title: str, severity: Severity | None) -> Hit:
    places = [place(change.resource, first_below(change, path)) for path in paths]
    return Hit(
        places[0],
        title=f"PersistentVolumeClaim {change.id.name}: {title}",
        impact="The API server rejects it unless the claim is bound and its class has allowVolumeExpansion."
        if severity
        else "The API server rejects it, and the apply stops there.",
        fix="Check that its storage class has allowVolumeExpansion."
        if severity
        else "Create a claim with another name, and copy the data.",
        commands=(kubectl("get", "storageclass"),) if severity else (),
        severity=severity,
        also=tuple(places[1:]),
        claims=claims(change, *paths),
    )


_CLAIM = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {%s}\n"
_SIZED = _CLAIM % "resources: {requests: {storage: %s}}"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    each=check,
    kinds=frozenset({"PersistentVolumeClaim"}),
    cases=(
        speaks(
            "another class",
            ("blocker", "spec.storageClassName"),
            before=_CLAIM % "storageClassName: a",
            after=_CLAIM % "storageClassName: b",
        ),
        speaks("it shrinks", ("blocker", ".".join(map(str, _SIZE))), before=_SIZED % "2Gi", after=_SIZED % "1Gi"),
        speaks("it grows", ("medium", ".".join(map(str, _SIZE))), before=_SIZED % "1Gi", after=_SIZED % "2Gi"),
        quiet("the same size in other words", before=_SIZED % "1Gi", after=_SIZED % "1024Mi"),
    ),
)
