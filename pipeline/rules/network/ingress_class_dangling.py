"""An Ingress names a class that the upgrade takes away.

## Why it matters

No controller takes care of the Ingress: its hosts stop answering, or keep what they had and no longer change.

## What to do

Keep the IngressClass, or set ``ingressClassName`` to one that exists.
"""

from collections.abc import Iterator
from functools import partial

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.side_index import SideIndex
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _exists(name: str, side: SideIndex) -> bool:
    return any(ingress_class.id.name == name for ingress_class in side.of("IngressClass", "networking.k8s.io"))


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    name = mapping(resource.body.get("spec")).get("ingressClassName")
    if isinstance(name, str) and name and not _exists(name, side):
        title = f"names IngressClass {name}, which is no longer rendered"
        yield StateFault(
            resource, ("spec", "ingressClassName"), (name,), title, is_there=partial(_exists, name), unsure=True
        )


_CLASS = "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: %s}\nspec: {controller: a/b}\n---\n"
_INGRESS = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i}\nspec: {ingressClassName: %s}\n---\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=fault_check(
        frozenset({"Ingress"}),
        _faults,
        impact="No controller takes care of it: its hosts stop answering, or no longer change.",
        fix="Keep the IngressClass, or set ingressClassName to one that exists.",
    ),
    shares=("ingress-changed",),
    cases=(
        speaks(
            "the class is renamed",
            ("high", "spec.ingressClassName"),
            before=_CLASS % "nginx" + _INGRESS % "nginx",
            after=_CLASS % "edge" + _INGRESS % "nginx",
        ),
        quiet("both change", before=_CLASS % "a" + _INGRESS % "a", after=_CLASS % "b" + _INGRESS % "b"),
        quiet("a class of another repository", before=_INGRESS % "a", after=_INGRESS % "b"),
    ),
)
