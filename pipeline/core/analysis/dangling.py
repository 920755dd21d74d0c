"""What an upgrade removes, and who still refers to it: in the release, and in the rest of the repository."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pipeline.core.analysis.known_objects import known_objects
from pipeline.core.analysis.references import Reference
from pipeline.core.analysis.removal import kept
from pipeline.core.analysis.selection import around
from pipeline.core.kube.apis import built_in_group
from pipeline.core.kube.pods import containers
from pipeline.core.kube.resource import Resource, ResourceId
from pipeline.core.memo import once
from pipeline.core.risk.upgrade import Upgrade

Names = Callable[[Resource], Iterable[Reference]]
_PRODUCED = frozenset({"Secret", "ConfigMap", "ServiceAccount"})
"""Kinds that operators and jobs make: certificates, credentials, bundles."""
_ALWAYS_THERE = frozenset(
    {("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt"), ("ConfigMap", "openshift-service-ca.crt")}
)
"""What Kubernetes and OpenShift put into every namespace."""


@once
def no_longer_rendered(upgrade: Upgrade) -> frozenset[ResourceId]:
    """What the release rendered and nobody renders or keeps now. What it never rendered is not due to this upgrade."""
    rendered_before = {resource.id for resource in upgrade.before.manifests.resources if not kept(resource)}
    gone = rendered_before - {resource.id for resource in upgrade.after.manifests.resources}
    return _unmade(gone - known_objects(upgrade).after.among(gone).keys(), upgrade)


def dangling(upgrade: Upgrade, kinds: frozenset[str], names: Names) -> Iterator[tuple[Resource, Reference]]:
    """Objects of ``kinds`` after the upgrade, with what they name and it took away."""
    missing = no_longer_rendered(upgrade)
    if missing:
        for resource in around(upgrade)[1]:
            if resource.kind in kinds:
                for reference in names(resource):
                    if reference.id in missing:
                        yield resource, reference


def newly_missing(upgrade: Upgrade, kinds: frozenset[str], names: Names) -> Iterator[tuple[Resource, Reference]]:
    """Objects of ``kinds`` in the release that name what no one renders, and that no one named or rendered before."""
    references = [
        (resource, reference)
        for resource in upgrade.after.manifests.resources
        if resource.kind in kinds
        for reference in names(resource)
        if (reference.id.kind, reference.id.name) not in _ALWAYS_THERE
    ]
    before, after = known_objects(upgrade)
    missing = {reference.id for _, reference in references}
    missing -= {*before.among(missing), *after.among(missing)}
    if missing:
        missing -= {reference.id for resource in before.of_kinds(*kinds) for reference in names(resource)}
    unmade = _unmade(missing, upgrade)
    return ((resource, reference) for resource, reference in references if reference.id in unmade)


def _unmade(ids: set[ResourceId], upgrade: Upgrade) -> frozenset[ResourceId]:
    """Those of ``ids`` that no operator and no job makes after the upgrade."""
    if not any(id_.kind in _PRODUCED for id_ in ids):
        return frozenset(ids)
    made = _made(around(upgrade)[1])
    return frozenset(
        id_ for id_ in ids if id_.kind not in _PRODUCED or not made & {(id_.namespace, id_.name), ("", id_.name)}
    )


def _made(resources: Iterable[Resource]) -> set[tuple[str, str]]:
    """(namespace, name) of what others may make.

    Custom resources make it under their own name or one that they hold, jobs under one that they are told. The
    namespace is empty where a custom kind's scope is not known.
    """
    made: set[tuple[str, str]] = set()
    for resource in resources:
        namespace = resource.id.namespace
        if not built_in_group(resource.id.group):
            made.add((namespace, resource.id.name))
            made.update((namespace, text) for text in _texts(resource.body.get("spec")))
        elif resource.kind in ("Job", "CronJob"):
            for container in containers(resource):
                words = _texts([container.get("command"), container.get("args"), container.get("env")])
                made.update((namespace, word.rpartition("=")[2]) for word in words)
    return made


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
