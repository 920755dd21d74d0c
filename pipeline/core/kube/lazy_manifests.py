"""A render whose objects are read kind by kind, when somebody asks for them: most are never asked for."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Protocol

from pipeline.core.kube.resource import ManifestSet, Resource, ResourceId


class ObjectSource(Protocol):
    """Where they come from. Each answer is the same every time, down to the objects themselves."""

    @property
    def identities(self) -> tuple[ResourceId, ...]: ...

    @property
    def has_server_names(self) -> bool: ...

    def kinds(self) -> Iterable[str]:
        """Those of which there is an object."""
        ...

    def of_kind(self, kind: str) -> list[Resource]:
        """In the order of the render; empty where there is none."""
        ...

    def picked(self, wanted: AbstractSet[ResourceId]) -> Iterator[Resource]:
        """Those of ``wanted``, in the order of the render."""
        ...

    def everything(self) -> tuple[tuple[Resource, ...], tuple[Resource, ...]]:
        """``resources`` and ``duplicates`` of the whole render."""
        ...


class LazyManifests(ManifestSet):
    """Reads like any other render."""

    __slots__ = ("kinds", "source")

    def __init__(self, source: ObjectSource) -> None:
        object.__setattr__(self, "source", source)
        object.__setattr__(self, "kinds", LazyKinds(source))

    source: ObjectSource
    kinds: "LazyKinds"

    @property
    def resources(self) -> tuple[Resource, ...]:
        return self.source.everything()[0]

    @property
    def duplicates(self) -> tuple[Resource, ...]:
        return self.source.everything()[1]

    @property
    def identities(self) -> tuple[ResourceId, ...]:
        return self.source.identities

    @property
    def has_server_names(self) -> bool:
        return self.source.has_server_names

    def picked(self, wanted: AbstractSet[ResourceId]) -> Iterator[Resource]:
        return self.source.picked(wanted)

    def of_kind(self, kind: str, group: str | None = None) -> Iterator[Resource]:
        return (one for one in self.source.of_kind(kind) if group is None or one.id.group == group)


class LazyKinds(Mapping[str, list[Resource]]):
    """The objects of a render by kind."""

    def __init__(self, source: ObjectSource) -> None:
        self._source = source

    def __getitem__(self, kind: str) -> list[Resource]:
        resources = self._source.of_kind(kind)
        if not resources:
            raise KeyError(kind)
        return resources

    def picked(self, wanted: AbstractSet[ResourceId]) -> Iterator[Resource]:
        return self._source.picked(wanted)

    def __iter__(self) -> Iterator[str]:
        return iter(self._source.kinds())

    def __len__(self) -> int:
        return sum(1 for _ in self._source.kinds())
