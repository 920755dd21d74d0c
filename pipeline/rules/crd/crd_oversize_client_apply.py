"""A CRD grows beyond what a client-side ``kubectl apply`` can write.

## Why it matters

Client-side apply stores the whole object in an annotation, and annotations are limited to 256 KiB: the server answers
"metadata.annotations: Too long".

## What to do

Apply it server-side, as ``pipeline apply`` and ``kubectl apply --server-side`` do.
"""

from collections.abc import Iterator

import orjson

from pipeline.core.kube.resource import CRD_KIND, Resource
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

LIMIT_BYTES = 262_144
"""Of all annotations of an object together (k8s.io/apimachinery, TotalAnnotationSizeLimitB)."""


def check(upgrade: Upgrade) -> Iterator[Hit]:
    before = upgrade.before.manifests.by_id()
    grown = []
    for resource in upgrade.after.manifests.of_kind(CRD_KIND):
        old = before.get(resource.id)
        if old is not None and old.body is not resource.body and not _oversize(old) and _oversize(resource):
            grown.append(resource)
    if grown:
        names = ", ".join(resource.id.name for resource in grown)
        yield Hit(
            place(grown[0]),
            title=f"CRD {names} grows beyond {LIMIT_BYTES // 1024} KiB",
            impact="A client-side kubectl apply can no longer write it: metadata.annotations: Too long.",
            fix="Apply the CRD server-side, as pipeline apply does.",
            also=tuple(place(resource) for resource in grown[1:]),
        )


def _oversize(resource: Resource) -> bool:
    return len(orjson.dumps(resource.body)) > LIMIT_BYTES


_ONE = (
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.example.org}\n"
    "spec: {note: %s}\n"
)
_LARGE = "x" * LIMIT_BYTES

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.INFO,
    whole=check,
    cases=(
        speaks("it crosses the line", ("info", ""), before=_ONE % "x", after=_ONE % _LARGE),
        quiet("it was beyond it before", before=_ONE % f"y{_LARGE}", after=_ONE % _LARGE),
        quiet("it stays small", before=_ONE % "x", after=_ONE % "xx"),
    ),
)
