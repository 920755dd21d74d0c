"""Which volumes of a pod outlive it: claims that it names, and claims that its StatefulSet creates for it."""

from collections.abc import Mapping
from typing import Any

from pipeline.core.kube.pods import containers, pod_spec
from pipeline.core.kube.resource import Resource, mapping, sequence


def lasting(resource: Resource) -> dict[str, str]:
    """Volume name -> the claim behind it, or the claim template's name."""
    claims = {name: name for name in templates(resource)}
    for volume in map(mapping, sequence(pod_spec(resource).get("volumes"))):
        claim = mapping(volume.get("persistentVolumeClaim")).get("claimName")
        if isinstance(claim, str):
            claims[str(volume.get("name"))] = claim
    return claims


def templates(resource: Resource) -> list[str]:
    """The names of a StatefulSet's claim templates."""
    claims = map(mapping, sequence(mapping(resource.body.get("spec")).get("volumeClaimTemplates")))
    return [name for claim in claims if isinstance(name := mapping(claim.get("metadata")).get("name"), str)]


def mounts(container: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [mapping(mount) for mount in sequence(container.get("volumeMounts"))]


def keepers(resource: Resource) -> dict[str, Mapping[str, Any]]:
    """The containers that mount a volume which outlives the pod, by name."""
    volumes = lasting(resource)
    return {
        str(container.get("name")): container
        for container in containers(resource)
        if any(str(mount.get("name")) in volumes for mount in mounts(container))
    }
