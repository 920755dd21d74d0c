"""An IngressClass becomes the default, or is no longer the default.

## Why it matters

Every Ingress without a class, of any team, is handled by a different controller, or by none.

## What to do

Set ingressClassName on every Ingress, or change the default with a chart value.
"""

from collections.abc import Iterator

from pipeline.core.diff.change import ResourceChange
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_MARK = "ingressclass.kubernetes.io/is-default-class"
_PATH: Path = ("metadata", "annotations", _MARK)


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    before, after = _is_default(change.before), _is_default(change.after)
    if before != after:
        yield Hit(
            place(change.resource, _PATH),
            title=f"IngressClass {change.id.name} {'becomes the default' if after else 'is no longer the default'}",
            impact="Every Ingress without a class is handled by a different controller, or by none.",
            fix="Set ingressClassName on every Ingress, or change the default with a chart value.",
            claims=(Claim(change.id, _PATH),),
        )


def _is_default(resource: Resource | None) -> bool:
    return resource is not None and str(resource.annotations.get(_MARK)) == "true"


_CLASS = "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: a, annotations: {x: y%s}}\n"
_DEFAULT = _CLASS % ", ingressclass.kubernetes.io/is-default-class: 'true'"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    each=check,
    kinds=frozenset({"IngressClass"}),
    cases=(
        speaks(
            "a default is added",
            ("medium", 'metadata.annotations["ingressclass.kubernetes.io/is-default-class"]'),
            after=_DEFAULT,
        ),
        quiet("a class is added", after=_CLASS % ""),
    ),
)
