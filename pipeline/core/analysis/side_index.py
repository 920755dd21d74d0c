"""All objects of one side of an upgrade, found by kind and name: built once a side, read by every rule that needs it.

A side is what the release renders and what the rest of the repository does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pipeline.core.analysis.known_objects import KnownObjects, known_objects
from pipeline.core.kube.pods import WORKLOADS, template_path
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.memo import once
from pipeline.core.risk.upgrade import Upgrade

_DEFAULT = "default"


class PodTemplate(NamedTuple):
    """The pods of one workload: their labels and annotations are those of the template."""

    workload: Resource
    namespace: str
    labels: Mapping[str, Any]
    annotations: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class SideIndex:
    """``namespace`` is where an object is applied that names none."""

    namespace: str
    kinds: Mapping[str, tuple[Resource, ...]]

    def of(self, kind: str, *groups: str) -> Iterator[Resource]:
        """The objects of a kind in one of ``groups``."""
        return (one for one in self.kinds.get(kind, ()) if one.id.group in groups)

    def home(self, resource: Resource) -> str:
        return resource.id.namespace or self.namespace

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of this side, as before a first import: no reference is due to a change then."""
        return not self.kinds


class Sides(NamedTuple):
    before: SideIndex
    after: SideIndex


@once
def sides(upgrade: Upgrade) -> Sides:
    """Both sides of the upgrade, with the rest of the repository."""
    namespace = upgrade.namespace or _DEFAULT
    before, after = (SideIndex(namespace, _Kinds(side)) for side in known_objects(upgrade))
    return Sides(before, after)


class _Kinds(Mapping[str, tuple[Resource, ...]]):
    """Joined when asked for: whoever asks of one kind looks at no other."""

    def __init__(self, side: KnownObjects) -> None:
        self._side = side
        self._known: dict[str, tuple[Resource, ...]] = {}

    def __getitem__(self, kind: str) -> tuple[Resource, ...]:
        others = self._side.others.get(kind, ())  # asked each time: what is read is to be known
        if kind not in self._known:
            self._known[kind] = (*self._side.own.get(kind, ()), *others)
        if not self._known[kind]:
            raise KeyError(kind)
        return self._known[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self._side.own, *self._side.others]))

    def __len__(self) -> int:
        return sum(1 for _ in self)


@once
def services(side: SideIndex) -> dict[tuple[str, str], Resource]:
    """Services by namespace and name."""
    return {(side.home(service), service.id.name): service for service in side.of("Service", "")}


@once
def namespaces(side: SideIndex) -> dict[str, Resource]:
    """Namespaces by name."""
    return {namespace.id.name: namespace for namespace in side.of("Namespace", "")}


@once
def pod_templates(side: SideIndex) -> tuple[PodTemplate, ...]:
    """The pods of every workload."""
    return tuple(
        template(resource, side.home(resource)) for kind in sorted(WORKLOADS) for resource in side.kinds.get(kind, ())
    )


def service_pods(service: Resource, side: SideIndex) -> Iterator[PodTemplate]:
    """The pods that a Service selects; none where it has no selector."""
    selector, home = mapping(mapping(service.body.get("spec")).get("selector")), side.home(service)
    for pods in pod_templates(side) if selector else ():
        if pods.namespace == home and selector.items() <= pods.labels.items():
            yield pods


def template(workload: Resource, namespace: str) -> PodTemplate:
    """The pods of one workload; without labels where it has none."""
    value: Mapping[str, Any] = workload.body
    for step in template_path(workload) or ():
        value = mapping(value.get(str(step)))
    metadata = mapping(value.get("metadata"))
    return PodTemplate(workload, namespace, mapping(metadata.get("labels")), mapping(metadata.get("annotations")))
