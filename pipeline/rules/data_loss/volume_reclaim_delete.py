"""A volume, or every volume of a storage class, is deleted together with its claim from now on.

## Why it matters

With Retain the data survives if a claim is deleted by mistake; with Delete it does not.

## What to do

Set the policy to Retain with a value or an overlay.
"""

from collections.abc import Iterator

from pipeline.core.diff.change import ResourceChange
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_PATHS = {"PersistentVolume": ("spec", "persistentVolumeReclaimPolicy"), "StorageClass": ("reclaimPolicy",)}


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    path = _PATHS[change.id.kind]
    for field in change.under(*path):
        if field.new == "Delete":
            yield Hit(
                at(change, field),
                title=f"{change.id.kind} {change.id.name}: {path[-1]} {field.old} -> Delete",
                impact="The data is deleted together with its claim."
                if len(path) > 1
                else "The data of every new volume is deleted together with its claim.",
                fix=f"Keep {path[-1]}: Retain, with a value or an overlay.",
            )


_CLASS = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: fast}\nprovisioner: a.b/c\n"
_VOLUME = "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: a}\nspec: {persistentVolumeReclaimPolicy: %s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("immutable-storage-class",),
    severity=Severity.HIGH,
    each=check,
    kinds=frozenset(_PATHS),
    cases=(
        speaks(
            "a class falls back to the default",
            ("high", "reclaimPolicy"),
            before=_CLASS + "reclaimPolicy: Retain\n",
            after=_CLASS,
        ),
        speaks(
            "a volume",
            ("high", "spec.persistentVolumeReclaimPolicy"),
            before=_VOLUME % "Retain",
            after=_VOLUME % "Delete",
        ),
        quiet("it is kept from now on", before=_VOLUME % "Delete", after=_VOLUME % "Retain"),
        quiet("it says what it was", before=_CLASS, after=_CLASS + "reclaimPolicy: Delete\n"),
    ),
)
