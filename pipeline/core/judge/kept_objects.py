"""The objects of one rendered release, of which an earlier run kept what they are: each is read when it is asked for.

What is kept names objects and holds digests, and no value of any.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property

import orjson

from pipeline.core.judge.render_digest import render_digest
from pipeline.core.kube.lazy_manifests import LazyManifests
from pipeline.core.kube.resource import ManifestSet, Resource, ResourceId
from pipeline.core.kube.secrets import is_secret, secrets_within
from pipeline.core.render.rendered_tree import Index

ReadObjects = Callable[[Sequence[str]], Mapping[str, Resource]]
"""The objects of files, by path."""


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """``guarded`` says that it is a Secret, or that one is within its texts: a mask has to see it."""

    path: str
    id: ResourceId
    guarded: bool


@dataclass(frozen=True, slots=True)
class SideFacts:
    """Of a release whose files are all as its index says, one object each."""

    render_digest: str
    objects: tuple[ObjectFacts, ...]

    @classmethod
    def of(cls, by_path: Mapping[str, Sequence[Resource]]) -> "SideFacts | None":
        """None where a file has not just one object, or an object no identity of its own."""
        manifests = ManifestSet.of(one for several in by_path.values() for one in several)
        if any(len(several) != 1 for several in by_path.values()) or len(manifests.resources) != len(by_path):
            return None
        if manifests.has_server_names:
            return None
        objects = (ObjectFacts(path, one.id, _guarded(one)) for path, (one,) in by_path.items())
        return cls(render_digest(manifests), tuple(objects))

    def to_bytes(self) -> bytes:
        rows = [
            [one.path, one.id.group, one.id.kind, one.id.namespace, one.id.name, one.guarded] for one in self.objects
        ]
        return orjson.dumps([self.render_digest, rows])

    @classmethod
    def from_bytes(cls, raw: bytes, index: Index) -> "SideFacts | None":
        """None where they are not of the files of ``index``."""
        try:
            digest, rows = orjson.loads(raw)
            objects = tuple(ObjectFacts(path, ResourceId(*rest), guarded is True) for path, *rest, guarded in rows)
        except (ValueError, TypeError):
            return None
        known = [one.path for one in objects] == sorted(index.files)
        return cls(str(digest), objects) if known else None


def _guarded(resource: Resource) -> bool:
    return is_secret(resource) or any(True for _ in secrets_within(resource))


class KeptObjects:
    """Read at most once each, whoever asks."""

    def __init__(self, index: Index, facts: SideFacts, resources: Mapping[str, Resource]) -> None:
        self.index, self.facts = index, facts
        self.read: ReadObjects | None = None
        """Where they are read; the last one counts, since all give the same."""
        self._found = dict(resources)
        self._masked: Mapping[str, Resource] = {}

    def masked(self, hide: Callable[[Resource], Resource]) -> "KeptObjects":
        """The same with what ``hide`` makes of each that is guarded, in their order."""
        guarded = [one for one in self.facts.objects if one.guarded]
        hidden = {one.path: hide(resource) for one, resource in zip(guarded, self._get(guarded), strict=True)}
        other = KeptObjects(self.index, self.facts, {})
        other.read, other._found, other._masked = self.read, self._found, hidden
        return other

    @cached_property
    def manifests(self) -> LazyManifests:
        """All of them; the same each time, which a comparison sees at once."""
        return LazyManifests(self)

    @cached_property
    def identities(self) -> tuple[ResourceId, ...]:
        return tuple(one.id for one in self.facts.objects)

    @property
    def has_server_names(self) -> bool:
        return False  # of such objects nothing is kept

    def kinds(self) -> Iterable[str]:
        return self._by_kind

    def of_kind(self, kind: str) -> list[Resource]:
        return self._get(self._by_kind.get(kind, []))

    def picked(self, wanted: AbstractSet[ResourceId]) -> Iterator[Resource]:
        return iter(self._get([one for one in self.facts.objects if one.id in wanted]))

    def everything(self) -> tuple[tuple[Resource, ...], tuple[Resource, ...]]:
        return self._every, ()

    @cached_property
    def stamps(self) -> tuple[tuple[str, str], ...]:
        """Of each object its kind, and all that there is to know of it: equal where it is the same, masked alike."""
        return tuple((one.id.kind, self._stamp(one.path)) for one in self.facts.objects)

    @cached_property
    def _every(self) -> tuple[Resource, ...]:
        return tuple(self._get(self.facts.objects))

    @cached_property
    def _by_kind(self) -> Mapping[str, list[ObjectFacts]]:
        kinds: dict[str, list[ObjectFacts]] = {}
        for one in self.facts.objects:
            kinds.setdefault(one.id.kind, []).append(one)
        return kinds

    def _stamp(self, path: str) -> str:
        entry, masked = self.index.files[path], self._masked.get(path)
        hidden = "" if masked is None else hashlib.sha256(orjson.dumps(masked.body)).hexdigest()
        parts = (path, entry.digest, str(entry.delivery), entry.source, self.index.inputs.namespace, hidden)
        return "\0".join(parts)

    def _get(self, wanted: Sequence[ObjectFacts]) -> list[Resource]:
        missing = [one.path for one in wanted if one.path not in self._found]
        if missing:
            assert self.read is not None, "BUG: objects without a place to read them"
            self._found.update(self.read(missing))
        return [self._masked.get(one.path) or self._found[one.path] for one in wanted]


def kept_objects(manifests: ManifestSet) -> KeptObjects | None:
    """None where they were not kept."""
    source = manifests.source if isinstance(manifests, LazyManifests) else None
    return source if isinstance(source, KeptObjects) else None
