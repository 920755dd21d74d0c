"""The known custom resources: of this release after the upgrade, of the rest of the repository, and live ones."""

from collections.abc import Iterator

from pipeline.core.crd.definition import Definition
from pipeline.core.kube.resource import Resource, ResourceId
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import listed

_SHOWN = 3
USE_NOT_SHOWN = "Who uses it is not known here; custom resources in the repository would lower or raise this."
"""Said with a grade for unknown users, see ``use_is_shown``."""


def custom_resources(upgrade: Upgrade, definition: Definition) -> Iterator[Resource]:
    """Custom resources of the kind, as they will be applied with this upgrade; those of no one else as they live."""
    seen: set[ResourceId] = set()
    for manifests in (upgrade.after.manifests, upgrade.facts.repository_after, upgrade.facts.live):
        for resource in manifests.of_kind(definition.kind) if manifests else ():
            if resource.group == definition.group and resource.id not in seen:
                seen.add(resource.id)
                yield resource


def earlier(upgrade: Upgrade, resource: Resource) -> Resource | None:
    """The custom resource as it was applied before this upgrade, or as it lives; None where it is new."""
    sides = (upgrade.before.manifests, upgrade.facts.repository_before, upgrade.facts.live)
    there = (one for side in sides if side for one in side.of_kind(resource.kind))
    return next((one for one in there if one.id == resource.id), None)


def use_is_shown(upgrade: Upgrade, definition: Definition) -> bool:
    """Whether a repository or a cluster shows how the kind is used here.

    The custom resources that a chart brings along say nothing about those of its users. In a repository they do: there
    the release is one of the users. Nothing of the kind at hand proves nothing: others apply it from elsewhere.
    """
    if upgrade.facts.repository_after is None and upgrade.facts.live is None:
        return False
    return any(True for _ in custom_resources(upgrade, definition))


def at_version(upgrade: Upgrade, definition: Definition, version: str) -> list[Resource]:
    return [resource for resource in custom_resources(upgrade, definition) if resource.version == version]


def naming(resources: list[Resource]) -> str:
    """``Route shop/a, Route shop/b and 3 more``."""
    return listed(map(_short, resources), _SHOWN)


def _short(resource: Resource) -> str:
    name = f"{resource.id.namespace}/{resource.id.name}" if resource.id.namespace else resource.id.name
    return f"{resource.kind} {name}"
