"""A PersistentVolume points to different storage.

## Why it matters

The API server rejects it: a volume's source, its volume mode and (once set) its node affinity are immutable.

## What to do

Keep the data (reclaim policy Retain), delete the PersistentVolume and create a new one.
"""

from pipeline.core.analysis.immutable_fields import Fix, differing, immutable_check, others
from pipeline.core.diff.change import ResourceChange
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Body, mapping
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_ALLOWED = frozenset(
    {
        "capacity",
        "accessModes",
        "storageClassName",
        "persistentVolumeReclaimPolicy",
        "mountOptions",
        "claimRef",
        "nodeAffinity",
        "volumeAttributesClassName",
    }
)


def _refused(old: Body, new: Body, _minor: int) -> tuple[Path, ...]:
    paths = sorted({*others(old, ("spec",), _ALLOWED), *others(new, ("spec",), _ALLOWED)})
    return differing(_plain(old), _plain(new), *paths)


def _fix(_change: ResourceChange) -> Fix:
    return "Give it another name, or set its reclaim policy to Retain and delete it first.", ()


check = immutable_check(_refused, _fix)


def _plain(body: Body) -> Body:
    """Without ``readOnly: false`` of a source, which is the default."""
    spec = {key: _writable(value) for key, value in mapping(body.get("spec")).items()}
    return {**body, "spec": spec}


def _writable(value: object) -> object:
    if isinstance(value, dict) and value.get("readOnly") is False:
        return {key: item for key, item in value.items() if key != "readOnly"}
    return value


_VOLUME = "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: a}\nspec: {nfs: {server: %s, path: /x}}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    each=check,
    kinds=frozenset({"PersistentVolume"}),
    cases=(
        speaks("another server", ("blocker", "spec.nfs.server"), before=_VOLUME % "a", after=_VOLUME % "b"),
        quiet(
            "another class",
            before=_VOLUME % "a",
            after=(_VOLUME % "a").replace("spec: {", "spec: {storageClassName: x, "),
        ),
    ),
)
