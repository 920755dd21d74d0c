"""Which kinds an environment's roles must cover: what is rendered, and what the inventory lists."""

from collections.abc import Iterable

from pipeline.core.cluster.api.discovery import Served
from pipeline.core.cluster.plan.policy import ApplyPolicy
from pipeline.core.kube.resource import CRD_KIND, Resource, ResourceId, mapping
from pipeline.flows.cluster.client import Client
from pipeline.flows.cluster.planning import Question
from pipeline.flows.cluster.stored_inventory import read_inventory


def served_objects(client: Client, question: Question, policy: ApplyPolicy) -> dict[ResourceId, Served | None]:
    """Every object with how its kind is served; None where neither the cluster nor a rendered CRD says."""
    brought = {key: served for _, resource in question.objects for key, served in _brought(resource).items()}
    inventory = read_inventory(client, question.environment, policy.namespace)
    wanted = {resource.id: resource.version for _, resource in question.objects}
    wanted |= {rid: entry.version for rid, entry in inventory.entries.items()}
    return {
        rid: client.serves.any_version(rid, version) or brought.get((rid.group, rid.kind))
        for rid, version in wanted.items()
    }


def missing_namespaces(client: Client, names: Iterable[str]) -> frozenset[str]:
    """Those that are not there."""
    return frozenset(name for name in set(names) if client.read(f"/api/v1/namespaces/{name}") is None)


def _brought(resource: Resource) -> dict[tuple[str, str], Served]:
    if resource.kind != CRD_KIND:
        return {}
    spec = mapping(resource.body.get("spec"))
    names, group = mapping(spec.get("names")), str(spec.get("group"))
    kind, plural = str(names.get("kind")), str(names.get("plural"))
    return {(group, kind): Served(group, "", kind, plural, spec.get("scope") == "Namespaced")}
