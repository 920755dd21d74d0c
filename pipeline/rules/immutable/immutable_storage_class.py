"""An immutable field of a storage class, a volume attributes class or a CSI driver changes.

## Why it matters

The API server rejects it: provisioner, parameters, reclaim policy and binding mode of a StorageClass, driver and
parameters of a VolumeAttributesClass, and attachRequired and volumeLifecycleModes of a CSIDriver are immutable; before
1.29 its fsGroupPolicy and podInfoOnMount as well.

## What to do

Create a class with another name; existing volumes keep the old one. Delete a CSIDriver and create it again.
"""

from pipeline.core.analysis.immutable_fields import differing, immutable_check
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Body
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_FIXED: dict[str, tuple[Path, ...]] = {
    "StorageClass": (("provisioner",), ("parameters",), ("reclaimPolicy",), ("volumeBindingMode",)),
    "VolumeAttributesClass": (("driverName",), ("parameters",)),
    "CSIDriver": (("spec", "attachRequired"), ("spec", "volumeLifecycleModes")),
}

_UNTIL: dict[str, tuple[tuple[Path, int], ...]] = {
    "CSIDriver": (
        (("spec", "podInfoOnMount"), 29),
        (("spec", "fsGroupPolicy"), 29),
        (("spec", "storageCapacity"), 23),
    ),
}
"""Fields that can be changed from a minor on, by the API's own description of them."""


def _refused(old: Body, new: Body, minor: int) -> tuple[Path, ...]:
    kind = str(old.get("kind"))
    until = (path for path, since in _UNTIL.get(kind, ()) if minor < since)
    return differing(old, new, *_FIXED[kind], *until)


check = immutable_check(_refused)


_CLASS = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: fast}\nprovisioner: %s\n"
_DRIVER = "apiVersion: storage.k8s.io/v1\nkind: CSIDriver\nmetadata: {name: csi.x.io}\nspec: {attachRequired: true%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("shared-object-changed",),
    severity=Severity.BLOCKER,
    each=check,
    kinds=frozenset({"StorageClass", "VolumeAttributesClass", "CSIDriver"}),
    cases=(
        speaks("another provisioner", ("blocker", "provisioner"), before=_CLASS % "a", after=_CLASS % "b"),
        speaks(
            "a driver's policy for fsGroup, before 1.29",
            ("blocker", "spec.fsGroupPolicy"),
            before=_DRIVER % "",
            after=_DRIVER % ", fsGroupPolicy: File",
            facts={"target": (1, 28)},
        ),
        quiet(
            "a driver's policy for fsGroup, since 1.29",
            before=_DRIVER % "",
            after=_DRIVER % ", fsGroupPolicy: File",
            facts={"target": (1, 29)},
        ),
        quiet("a default is spelled out", before=_CLASS % "a", after=_CLASS % "a" + "reclaimPolicy: Delete\n"),
    ),
)
