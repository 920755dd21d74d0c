"""The objects of a commit's rendered/ tree, as they are applied: complete, decrypted, and as their index says."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline.core.errors import WorldError
from pipeline.core.kube.resource import ManifestSet, Resource
from pipeline.core.kube.secrets import DATA, SOPS, is_encrypted
from pipeline.core.render.file_tree import Tree
from pipeline.core.render.layout import FOLDER, index_of, index_place, is_test
from pipeline.core.render.manifests import ParsedDocuments, parse
from pipeline.core.render.rendered_tree import Index, IndexEntry, digest, from_bytes
from pipeline.core.yaml.reader import YamlError

Unseal = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""``(file, values)``: what a Secret's ``data`` and ``stringData`` hold, given them encrypted with sops's record."""


@dataclass(frozen=True, slots=True)
class ReleaseSelection:
    """Which releases to read; empty is all."""

    environments: frozenset[str] = frozenset()
    releases: frozenset[str] = frozenset()

    def takes(self, environment: str, release: str) -> bool:
        fits = not self.environments or environment in self.environments
        return fits and (not self.releases or release in self.releases)


def indexes(tree: Tree, wanted: ReleaseSelection) -> dict[str, Index]:
    """The index of each release that ``wanted`` takes, by path, sorted. Raises StaleError where one cannot be read."""
    return read_indexes(tree.read(index_paths(tree.paths(FOLDER), wanted)))


def read_indexes(files: Mapping[str, bytes], read: Callable[[bytes, str], Index] = from_bytes) -> dict[str, Index]:
    """The same of what was read already."""
    places = sorted((place, path) for path in files if (place := index_place(path)) is not None)
    return {path: read(files[path], path) for _, path in places}


def index_paths(paths: Iterable[str], wanted: ReleaseSelection) -> list[str]:
    """The path of each release's index among ``paths``. One of the earlier layout counts where there is no other."""
    places = {place for path in paths if (place := index_place(path)) is not None}
    new = {place.path for place in places if not place.old}
    current = (one for one in places if not one.old or index_of(one.environment, one.release) not in new)
    return sorted(place.path for place in current if wanted.takes(place.environment, place.release))


def committed(tree: Tree, wanted: ReleaseSelection, unseal: Unseal) -> tuple[tuple[str, Resource], ...]:
    """Every rendered object with its file, sorted by file: what is applied. ``unseal`` decrypts Secrets.

    Raises:
        StaleError: an index cannot be read.
        WorldError: a rendered file is gone, no YAML, or not what its index says.
    """
    committed_objects: list[tuple[str, Resource]] = []
    for index in indexes(tree, wanted).values():
        files = tree.read(index.files)
        for path, entry in sorted(index.files.items()):
            _untouched(path, entry, files)
            objects = objects_of(path, entry, files, (index.inputs.namespace, index.release), unseal)
            committed_objects += [(path, resource) for resource in objects]
    return tuple(committed_objects)


def _untouched(path: str, entry: IndexEntry, files: Mapping[str, bytes]) -> None:
    if path in files and digest(files[path]) != entry.digest:
        raise WorldError(f"{path} was changed since it was rendered", hint="pipeline render, then pipeline commit")


def _as_it_is(_path: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    return values


def objects_of(
    path: str,
    entry: IndexEntry,
    files: Mapping[str, bytes],
    home: tuple[str, str],
    unseal: Unseal = _as_it_is,
    *,
    kept: ParsedDocuments | None = None,
) -> Iterable[Resource]:
    """The objects of one file; ``home`` is their release's namespace and name. An earlier layout held tests, too."""
    data = files.get(path)
    if data is None:
        raise WorldError(
            f"{path} is in the index of {home[1]} but does not exist", hint="pipeline render, or git checkout"
        )
    for resource in parsed(path, data, *home, kept).resources:
        if is_test(resource):
            continue
        if is_encrypted(resource):
            values = {key: resource.body[key] for key in (*DATA, SOPS) if key in resource.body}
            body = {**resource.body, **unseal(path, values)}
            body.pop(SOPS)
            resource = resource.with_body(body)  # noqa: PLW2901 - the same object, without keys that are not fields of it
        yield replace(resource, source=entry.source, delivery=entry.delivery)


def parsed(path: str, data: bytes, namespace: str, release: str, kept: ParsedDocuments | None = None) -> ManifestSet:
    """The objects of one file. Raises WorldError where it is not valid YAML."""
    try:
        return parse(data.decode(), namespace=namespace, release=release, kept=kept)
    except (YamlError, UnicodeDecodeError) as error:
        raise WorldError(f"{path} is not valid YAML: {error}", hint="pipeline render writes it again") from error
