"""An Ingress sends to a Service that is no longer there, or no longer has the port.

## Why it matters

Its users get 503 from the moment the Service is gone.

## What to do

Give the Ingress the new Service or port, or keep the old one.
"""

from collections.abc import Iterator

from pipeline.core.analysis.backends import lost
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_KINDS = frozenset({"Ingress"})


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for resource, backend in lost(upgrade, _KINDS):
        yield Hit(
            place(resource, backend.path),
            title=f"{resource.kind} {resource.id.name} sends to {backend}, which is no longer there",
            why="Its users get 503.",
            remedy="Give the Ingress the new Service or port, or keep the old one.",
        )


_SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: %s}]}\n---\n"
_USER = (
    "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i}\n"
    "spec: {defaultBackend: {service: {name: a, port: {number: 80}}}}\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    whole=check,
    cases=(
        speaks("its Service goes", ("blocker", "spec.defaultBackend"), before=_SERVICE % 80 + _USER, after=_USER),
        speaks(
            "its port goes",
            ("blocker", "spec.defaultBackend"),
            before=_SERVICE % 80 + _USER,
            after=_SERVICE % 9 + _USER,
        ),
        quiet("its Service was never there", before=_USER, after=_USER),
        quiet("its Service stays", before=_SERVICE % 80 + _USER, after=_SERVICE % 80 + _USER),
    ),
)
