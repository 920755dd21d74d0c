"""An immutable field of a storage class, a volume attributes class or a CSI driver changes.

## Why it matters

The API server rejects it: provisioner, parameters, reclaim policy and binding mode of a StorageClass, driver and
parameters of a VolumeAttributesClass, and attachRequired and volumeLifecycleModes of a CSIDriver are immutable.

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


def _refused(old: Body, new: Body) -> tuple[Path, ...]:
    return differing(old, new, *_FIXED[str(old.get("kind"))])


check = immutable_check(_refused)


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
