"""The pods of a mesh, as their workloads describe them: labels, ports by name, service account."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.core.kube.pods import WORKLOADS, containers, template_path
from pipeline.core.kube.resource import Resource, ResourceId, mapping
from pipeline.core.mesh.values import NOWHERE, entries, labels, namespace_of, number, text


@dataclass(frozen=True, slots=True)
class Workload:
    """``ports`` are the ports of its containers by name."""

    kind: str
    name: str
    namespace: str
    labels: Mapping[str, str] = field(hash=False)
    ports: Mapping[str, int] = field(hash=False)
    account: str = "default"
    source: ResourceId = NOWHERE


def workloads(resources: Iterable[Resource]) -> Iterator[Workload]:
    for resource in resources:
        path = template_path(resource) if resource.kind in WORKLOADS else None
        if path is None:
            continue
        template = mapping(resource.body)
        for step in path:
            template = mapping(template.get(str(step)))
        ports = {
            text(port.get("name")): number(port.get("containerPort"))
            for container in containers(resource)
            for port in entries(container.get("ports"))
        }
        account = text(mapping(template.get("spec")).get("serviceAccountName")) or "default"
        own = labels(mapping(template.get("metadata")).get("labels"))
        yield Workload(resource.kind, resource.id.name, namespace_of(resource), own, ports, account, resource.id)
