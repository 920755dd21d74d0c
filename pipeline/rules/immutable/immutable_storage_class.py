"""An immutable field of a storage class, a volume attributes class or a CSI driver changes.

## Why it matters

The API server rejects it: provisioner, parameters, reclaim policy and binding mode of a StorageClass, driver and
parameters of a VolumeAttributesClass, and attachRequired and volumeLifecycleModes of a CSIDriver are immutable.

## What to do

Create a class with another name; existing volumes keep the old one. Delete a CSIDriver and create it again.
"""

from collections.abc import Iterator

from pipeline.core.analysis.immutable_fields import bodies, claims, differing, first_below
from pipeline.core.diff.change import ResourceChange
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Body
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    both = bodies(change)
    if both is None:
        return
    paths = _refused(*both)
    if paths:
        names = ", ".join(".".join(map(str, path)) for path in paths)
        places = [place(change.resource, first_below(change, path)) for path in paths]
        yield Hit(
            places[0],
            title=f"{change.id.kind} {change.id.name}: {names} is immutable",
            why="The API server rejects it, and the apply stops there.",
            remedy=f"Delete the {change.id.kind} in a step of its own, or give the new one another name.",
            also=tuple(places[1:]),
            claims=claims(change, *paths),
        )


_FIXED: dict[str, tuple[Path, ...]] = {
    "StorageClass": (("provisioner",), ("parameters",), ("reclaimPolicy",), ("volumeBindingMode",)),
    "VolumeAttributesClass": (("driverName",), ("parameters",)),
    "CSIDriver": (("spec", "attachRequired"), ("spec", "volumeLifecycleModes")),
}


def _refused(old: Body, new: Body) -> tuple[Path, ...]:
    return differing(old, new, *_FIXED[str(old.get("kind"))])


_CLASS = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: fast}\nprovisioner: %s\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    each=check,
    kinds=frozenset({"StorageClass", "VolumeAttributesClass", "CSIDriver"}),
    cases=(
        speaks("another provisioner", ("blocker", "provisioner"), before=_CLASS % "a", after=_CLASS % "b"),
        quiet("a default is spelled out", before=_CLASS % "a", after=_CLASS % "a" + "reclaimPolicy: Delete\n"),
    ),
)
