"""A StorageClass becomes the default, or is no longer the default.

## Why it matters

Every new claim without a class, of any team, gets another kind of volume, or waits for one. With two defaults the newer
class is taken.

## What to do

Set storageClassName on claims that need a certain class, or keep the default with a chart value.
"""

from collections.abc import Iterator

from pipeline.core.diff.change import ResourceChange
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_MARKS = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
_HEAD: Path = ("metadata", "annotations")


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    before, after = _default(change.before), _default(change.after)
    if bool(before) != bool(after):
        path = (*_HEAD, after or before)
        yield Hit(
            place(change.resource, path),
            title=f"StorageClass {change.id.name} {'becomes the default' if after else 'is no longer the default'}",
            impact="New claims without a class get another kind of volume, or wait for one.",
            fix="Set storageClassName on claims that need a certain class, or keep the default.",
            claims=tuple(Claim(change.id, (*_HEAD, mark)) for mark in _MARKS),
        )


def _default(resource: Resource | None) -> str:
    """The annotation that says so."""
    marks_set = (mark for mark in _MARKS if resource is not None and str(resource.annotations.get(mark)) == "true")
    return next(marks_set, "")


_CLASS = (
    "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: a, annotations: {x: y%s}}\nprovisioner: p\n"
)
_DEFAULT = _CLASS % ", storageclass.kubernetes.io/is-default-class: 'true'"
_AT = 'metadata.annotations["storageclass.kubernetes.io/is-default-class"]'

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    each=check,
    kinds=frozenset({"StorageClass"}),
    shares=("annotations-changed", "resource-removed", "resource-added"),
    cases=(
        speaks("it is no longer the default", ("medium", _AT), before=_DEFAULT, after=_CLASS % ""),
        speaks("a default is added", ("medium", _AT), after=_DEFAULT),
        quiet("another annotation", before=_DEFAULT, after=_DEFAULT.replace("x: y", "x: z")),
        quiet("it says false", before=_CLASS % "", after=_DEFAULT.replace("true", "false")),
    ),
)
