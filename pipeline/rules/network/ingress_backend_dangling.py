"""An Ingress refers to a Service or port that no longer exists.

## Why it matters

Clients get 503 once the Service is removed.

## What to do

Point the Ingress to the new Service or port, or keep the old one.
"""

from collections.abc import Iterator

from pipeline.core.analysis.backends import dangling_backends
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_KINDS = frozenset({"Ingress"})


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for resource, backend in dangling_backends(upgrade, _KINDS):
        yield Hit(
            place(resource, backend.path),
            title=f"{resource.kind} {resource.id.name} sends requests to {backend}, which no longer exists",
            impact="Clients get 503.",
            fix="Point the Ingress to the new Service or port, or keep the old one.",
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
        speaks("its Service is removed", ("blocker", "spec.defaultBackend"), before=_SERVICE % 80 + _USER, after=_USER),
        speaks(
            "its port is removed",
            ("blocker", "spec.defaultBackend"),
            before=_SERVICE % 80 + _USER,
            after=_SERVICE % 9 + _USER,
        ),
        quiet("its Service did not exist before", before=_USER, after=_USER),
        quiet("its Service stays", before=_SERVICE % 80 + _USER, after=_SERVICE % 80 + _USER),
    ),
)
