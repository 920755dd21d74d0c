"""What label selectors select: the pods that workloads create, and whether a selector matches their labels."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from pipeline.core.analysis.known_objects import known_objects
from pipeline.core.kube.pods import WORKLOADS, containers, template_path
from pipeline.core.kube.resource import ManifestSet, Resource, mapping, sequence
from pipeline.core.memo import once, once_each
from pipeline.core.risk.upgrade import Upgrade


class Pods(NamedTuple):
    """What a workload's pods are selected by: ``ports`` are the names of their containers' ports."""

    namespace: str
    labels: Mapping[str, Any]
    ports: frozenset[str]


def pods(resources: Iterable[Resource]) -> list[Pods]:
    """The pods of every workload."""
    return [group for resource in resources if (group := _pods_of(resource)) is not None]


@once_each
def _pods_of(workload: Resource) -> Pods | None:
    """None for what has no pods."""
    path = template_path(workload)
    if path is None:
        return None
    value: Mapping[str, Any] = workload.body
    for step in path:
        value = mapping(value.get(str(step)))
    labels = mapping(mapping(value.get("metadata")).get("labels"))
    return Pods(workload.id.namespace, labels, port_names(*containers(workload)))


def port_names(*containers_: Mapping[str, Any]) -> frozenset[str]:
    """The names of containers' ports."""
    ports = (port for container in containers_ for port in map(mapping, sequence(container.get("ports"))))
    return frozenset(str(port["name"]) for port in ports if port.get("name"))


@once
def around(upgrade: Upgrade) -> tuple[list[Resource], list[Resource]]:
    """All objects that are known before and after: this release's, and those of the rest of the repository."""

    def both(own: ManifestSet, others: ManifestSet | None) -> list[Resource]:
        return [*own.resources, *(others.resources if others else ())]

    facts = upgrade.facts
    return (
        both(upgrade.before.manifests, facts.repository_before),
        both(upgrade.after.manifests, facts.repository_after),
    )


@once
def pods_around(upgrade: Upgrade) -> tuple[list[Pods], list[Pods]]:
    """The pods of all workloads that are known before and after."""
    before, after = (pods(side.of_kinds(*sorted(WORKLOADS))) for side in known_objects(upgrade))
    return before, after


def home(resource: Resource, upgrade: Upgrade) -> str:
    """The namespace that an object is applied to; a kind of unknown scope has none in its identity."""
    return resource.id.namespace or upgrade.namespace


def selects(selector: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    """A LabelSelector (``matchLabels``, ``matchExpressions``); an empty one selects everything."""
    wanted = mapping(selector.get("matchLabels"))
    expressions = map(mapping, sequence(selector.get("matchExpressions")))
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _holds(expression, labels) for expression in expressions
    )


def _holds(expression: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    key, values = expression.get("key"), sequence(expression.get("values"))
    match expression.get("operator"):
        case "In":
            return labels.get(str(key)) in values
        case "NotIn":
            return labels.get(str(key)) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return True


def in_reach(namespaces: Mapping[str, Any], own: str, namespace: str) -> bool:
    """Whether a monitor's ``namespaceSelector`` admits ``namespace``; its own where it says nothing."""
    if namespaces.get("any") is True:
        return True
    names = sequence(namespaces.get("matchNames"))
    return namespace in names if names else namespace == own


def service_ports(service: Resource) -> Iterator[Mapping[str, Any]]:
    return map(mapping, sequence(mapping(service.body.get("spec")).get("ports")))
