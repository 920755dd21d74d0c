"""Which custom resources leave out a field of their CRD, so that its default reaches them."""

from collections.abc import Iterator
from typing import Any

from pipeline.core.crd.custom_resources import at_version
from pipeline.core.crd.definition import Definition
from pipeline.core.crd.schema.changes import SchemaChange
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource
from pipeline.core.risk.upgrade import Upgrade

_EACH = frozenset({"items", "additionalProperties"})


def omitting(upgrade: Upgrade, definition: Definition, changes: list[SchemaChange]) -> list[Resource]:
    """The custom resources at hand that have no value of their own in one of these fields, whose parents they have."""
    resources: dict[Any, Resource] = {}
    for change in changes:
        for resource in at_version(upgrade, definition, change.version):
            if any(_omits(resource.body, _steps(change.path))):
                resources[resource.id] = resource
    return list(resources.values())


def _steps(path: Path) -> list[tuple[str, str]]:
    """``("properties", name)`` or ``("items", "")``, from the root of a custom resource to the keyword's field."""
    rest = [str(step) for step in path[path.index("openAPIV3Schema") + 1 : -1]]
    steps = []
    while rest:
        keyword = rest.pop(0)
        steps.append((keyword, "" if keyword in _EACH else rest.pop(0)))
    return steps


def _omits(value: Any, steps: list[tuple[str, str]]) -> Iterator[bool]:
    """For each place of the field whether it is absent; nothing where its parent is absent, as nothing is filled in."""
    if not steps:
        return
    (keyword, name), rest = steps[0], steps[1:]
    if keyword in _EACH:
        entries = value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
        for entry in entries:
            yield from _omits(entry, rest)
    elif isinstance(value, dict) and not rest:
        yield value.get(name) is None
    elif isinstance(value, dict):
        yield from _omits(value.get(name), rest)
