"""A StatefulSet's governing Service is missing, or no longer headless.

## Why it matters

``serviceName`` gives each pod its own DNS name. Without a headless Service of that name the pods cannot find each
other: a database does not form its cluster.

## What to do

Let the chart render the Service (``clusterIP: None``) under the name that the StatefulSet uses.
"""

from collections.abc import Iterator

from pipeline.core.analysis.known_objects import known_objects
from pipeline.core.kube.resource import Resource, ResourceId, mapping
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    own = list(upgrade.after.manifests.of_kind("StatefulSet", "apps"))
    before, after = known_objects(upgrade)
    earlier = before.among({resource.id for resource in own})
    sets = {name: _service(resource) for name, resource in earlier.items()}
    governing = {name for name in (*map(_service, own), *sets.values()) if name is not None}
    olds, news = before.among(governing), after.among(governing)
    for resource in own:
        service, old = _service(resource), sets.get(resource.id)
        if service is None or _headless(news.get(service)):
            continue
        if old is not None and not _better(olds.get(old), news.get(service)):
            continue
        there = service in news
        yield Hit(
            place(resource, ("spec", "serviceName")),
            title=f"StatefulSet {resource.id.name} is governed by Service {service.name}, which is "
            + ("not headless" if there else "not rendered" if old is None else "no longer rendered"),
            impact="Its pods have no DNS names of their own and cannot find each other.",
            fix="Render the Service under that name, with clusterIP: None.",
            severity=Severity.MEDIUM if there or old is None else None,
            also=(place(news[service]),) if there else (),
        )


def _service(resource: Resource) -> ResourceId | None:
    name = mapping(resource.body.get("spec")).get("serviceName")
    return ResourceId("", "Service", resource.id.namespace, name) if isinstance(name, str) and name else None


def _headless(service: Resource | None) -> bool:
    return service is not None and mapping(service.body.get("spec")).get("clusterIP") == "None"


def _better(old: Resource | None, new: Resource | None) -> bool:
    """Whether it was better before: headless, or at least there."""
    return _headless(old) or (old is not None and new is None)


_SET = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {serviceName: db}\n---\n"
_SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: db}\nspec: {clusterIP: %s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("immutable-service-cluster-ip",),
    severity=Severity.HIGH,
    whole=check,
    cases=(
        speaks("the Service is removed", ("high", "spec.serviceName"), before=_SET + _SERVICE % "None", after=_SET),
        speaks(
            "it gets an address",
            ("medium", "spec.serviceName"),
            before=_SET + _SERVICE % "None",
            after=_SET + _SERVICE % "''",
        ),
        speaks("a new one has no Service", ("medium", "spec.serviceName"), after=_SET),
        quiet("it did not exist before", before=_SET, after=_SET),
        quiet("it never was headless", before=_SET + _SERVICE % "''", after=_SET + _SERVICE % "''"),
        quiet("it exists", after=_SET + _SERVICE % "None"),
    ),
)
