"""Which workloads serve the webhooks and API services of a plan: they must be ready before those are enabled."""

from collections.abc import Iterable

from pipeline.core.cluster.plan.phases import backing_services
from pipeline.core.kube.pods import template_path
from pipeline.core.kube.resource import Resource, ResourceId, mapping


def backing_workloads(resources: Iterable[Resource]) -> frozenset[ResourceId]:
    """The workloads behind every Service that a webhook, an API service or a conversion of ``resources`` calls."""
    known = list(resources)
    called = backing_services(known)
    selectors = [
        (service.id.namespace, mapping(mapping(service.body.get("spec")).get("selector")))
        for service in known
        if service.kind == "Service" and (service.id.namespace, service.id.name) in called
    ]
    return frozenset(
        workload.id
        for workload in known
        for namespace, selector in selectors
        if selector and workload.id.namespace == namespace and selector.items() <= _pod_labels(workload).items()
    )


def _pod_labels(workload: Resource) -> dict[str, object]:
    path = template_path(workload)
    value: object = workload.body
    for step in (*(path or ("spec", "template")), "metadata", "labels"):
        value = mapping(value).get(str(step))
    return dict(mapping(value)) if path is not None else {}
