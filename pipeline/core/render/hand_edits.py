"""Files in rendered/ that differ from what ``pipeline render`` wrote: edited, removed or added by hand."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pipeline.core.render.layout import index_place, owner
from pipeline.core.render.rendered_tree import Index, digest

MANIFEST = (".yaml", ".yml", ".json")


class HandEditKind(StrEnum):
    EDITED = "was edited by hand"
    REMOVED = "was removed by hand"
    ADDED = "was added by hand: pipeline did not render it"
    VENDORED = "is not what pipeline vendor fetched"
    CONVERTED = "has other line ends than it was rendered with (core.autocrlf, or .gitattributes)"


@dataclass(frozen=True, slots=True, order=True)
class HandEdit:
    """``path`` is relative to the repository."""

    path: str
    kind: HandEditKind

    def __str__(self) -> str:
        return f"{self.path} {self.kind}"

    @property
    def spoils(self) -> bool:
        """Whether a file of ours is not what its index says. One that was only added changes none of ours."""
        return self.kind is not HandEditKind.ADDED


def changed_files(index: Index, files: Mapping[str, bytes]) -> Iterator[HandEdit]:
    """The files of one release that are not as its index says."""
    for path, entry in sorted(index.files.items()):
        data = files.get(path)
        if data is None:
            yield HandEdit(path, HandEditKind.REMOVED)
        elif digest(data) != entry.digest:
            converted = digest(data.replace(b"\r\n", b"\n")) == entry.digest
            yield HandEdit(path, HandEditKind.CONVERTED if converted else HandEditKind.EDITED)


def added_files(paths: Iterable[str], known: Iterable[str]) -> Iterator[HandEdit]:
    """The manifests of ``paths`` that no index ``known`` has. Whoever applies the whole folder applies them too."""
    own = set(known)
    for path in sorted(paths):
        is_manifest = path not in own and path.endswith(MANIFEST) and index_place(path) is None
        if is_manifest and any(owner(path)):
            yield HandEdit(path, HandEditKind.ADDED)
