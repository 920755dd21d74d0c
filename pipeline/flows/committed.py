"""The objects of a commit's rendered/ tree, as they are applied: complete, decrypted, and as their index says."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline.core.errors import WorldError
from pipeline.core.kube.resource import ManifestSet, Resource
from pipeline.core.kube.secrets import DATA, SOPS, is_encrypted
from pipeline.core.render.file_tree import Tree
from pipeline.core.render.manifests import ParsedDocuments, parse
from pipeline.core.render.rendered_tree import FOLDER, INDEX, Index, IndexEntry, digest, from_bytes
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
    paths = [path for path in tree.paths(FOLDER) if path.count("/") == 3 and path.endswith(f"/{INDEX}")]  # noqa: PLR2004
    taken = tree.read(path for path in paths if wanted.takes(*path.split("/")[1:3]))
    return {path: from_bytes(data, path) for path, data in sorted(taken.items())}


def committed(tree: Tree, wanted: ReleaseSelection, unseal: Unseal) -> tuple[tuple[str, Resource], ...]:
    """Every rendered object with its file, sorted by file: what is applied. ``unseal`` decrypts Secrets.

    Raises:
        StaleError: an index cannot be read.
        WorldError: a rendered file is gone, no YAML, or not what its index says.
    """
    found: list[tuple[str, Resource]] = []
    for path, index in indexes(tree, wanted).items():
        folder, release = path.removesuffix(INDEX), path.split("/")[2]
        files = tree.read(f"{folder}{name}" for name in index.files)
        for name, entry in sorted(index.files.items()):
            _untouched(f"{folder}{name}", entry, files)
            objects = objects_of(f"{folder}{name}", entry, files, (index.inputs.namespace, release), unseal)
            found += [(f"{folder}{name}", resource) for resource in objects]
    return tuple(found)


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
    """The objects of one file; ``home`` is their release's namespace and name."""
    data = files.get(path)
    if data is None:
        raise WorldError(f"{path} is listed in {INDEX} but does not exist", hint="pipeline render, or git checkout")
    for resource in parsed(path, data, *home, kept).resources:
        if is_encrypted(resource):
            values = {key: resource.body[key] for key in (*DATA, SOPS) if key in resource.body}
            body = {**resource.body, **unseal(path, values)}
            body.pop(SOPS)
            resource = resource.with_body(body)  # noqa: PLW2901 - the same object, without what is no field of it
        yield replace(resource, source=entry.source, delivery=entry.delivery)


def parsed(path: str, data: bytes, namespace: str, release: str, kept: ParsedDocuments | None = None) -> ManifestSet:
    """The objects of one file. Raises WorldError where it is not valid YAML."""
    try:
        return parse(data.decode(), namespace=namespace, release=release, kept=kept)
    except (YamlError, UnicodeDecodeError) as error:
        raise WorldError(f"{path} is not valid YAML: {error}", hint="pipeline render writes it again") from error
