"""Reads what other tools declare on disk: manifests of Flux and Argo CD, helmfile.yaml, what Helm printed."""

import fnmatch
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.adapters.below import Below
from pipeline.adapters.descriptors import FileKind
from pipeline.adapters.helm.kustomize import find
from pipeline.adapters.helmfile_program import HelmfileProgram
from pipeline.adapters.process import NOWHERE, Command, bare_environment, run
from pipeline.core.errors import MissingFileError, PipelineError, UsageError, WorldError
from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.migration.argocd import argocd
from pipeline.core.migration.flux import Documents, flux
from pipeline.core.migration.helm_releases import helm_releases
from pipeline.core.migration.helmfile import helmfile
from pipeline.core.migration.helmfile_built import helmfile_built
from pipeline.core.migration.imported import Imported, LeftOut
from pipeline.core.render.overlay import NAMES
from pipeline.core.safe_path import SafePath, UnsafePathError
from pipeline.core.yaml.reader import YamlError, load_all
from pipeline.core.yaml.writer import dump

_YAML = (".yaml", ".yml", ".json")
_REMOTE = re.compile(r"://|^\s*- \"?(?:github\.com/|git@|git::)|\?ref=", re.MULTILINE)
_HELMFILES = ("helmfile.yaml", "helmfile.yml", "helmfile.yaml.gotmpl")


READERS = {"flux": flux, "argocd": argocd}


@dataclass(frozen=True, slots=True)
class RepositoryAround:
    """The repository around what is read, to whose ``top`` it may refer.

    ``own`` is that repository's address: charts that are named by it are paths from the top. ``from_top`` says that
    all paths are to be read from there, also those of a helmfile.yaml further down.
    """

    top: Path
    own: str = ""
    from_top: bool = False


def declared(
    place: Path, around: RepositoryAround | None = None, tools: Sequence[str] = tuple(READERS), *, build: bool = False
) -> Imported:
    """What ``place`` (a folder, or a helmfile.yaml) declares, by environment.

    Of a folder of manifests, only what is declared for ``tools`` is read. With ``build``, templates of a helmfile.yaml
    are resolved by helmfile, where it is installed.

    Raises:
        UsageError: nothing of any known tool is there, or a file cannot be read.
    """
    if place.is_file():
        return _helmfile(place, around, build=build)
    if not place.is_dir():
        raise MissingFileError(f"{place} does not exist", hint="pipeline init --from FOLDER or helmfile.yaml")
    helmfile_path = next((place / SafePath(name) for name in _HELMFILES if (place / SafePath(name)).is_file()), None)
    if helmfile_path is not None:
        return _helmfile(helmfile_path, around, build=build)
    files = {entry.path: data for entry, data in Below(place).files() if entry.kind is FileKind.FILE}
    parsed = dict(_documents(files))
    lists = [(path, rows) for path, documents in parsed.items() for rows in documents if _is_list(rows)]
    if lists:
        values = {
            posixpath.basename(path).rpartition(".")[0]: mapping(each[0]) for path, each in parsed.items() if each
        }
        return helm_releases(lists, values)
    return _manifests(parsed, place, around.own if around else "", tools)


def _is_list(rows: Any) -> bool:
    return (
        isinstance(rows, list)
        and bool(rows)
        and all({"name", "chart", "namespace"} <= mapping(row).keys() for row in rows)
    )


def _documents(files: Mapping[str, bytes]) -> Iterator[tuple[str, list[Any]]]:
    """Of each file that is YAML. One that is not belongs to something else: a template, an encrypted file."""
    for path, data in sorted(files.items()):
        if path.endswith(_YAML):
            try:
                yield path, load_all(data.decode())
            except (YamlError, UnicodeDecodeError):
                continue


def _manifests(parsed: Mapping[str, list[Any]], place: Path, own: str, tools: Sequence[str]) -> Imported:
    """One environment for each cluster's folder, or one for all."""
    imported = Imported(left_out=tuple(_not_built(parsed)))
    for environment, folders in _environments(parsed).items():
        documents, left_out = _of_folders(parsed, folders, place)
        imported = replace(imported, left_out=(*imported.left_out, *left_out))
        for declared_here in (READERS[tool](documents, own) for tool in tools):
            if any(declared_here.releases.values()) or declared_here.left_out:
                before = imported.releases.get(environment, ())
                both = imported.with_environment(environment, declared_here)
                imported = Imported(
                    {**both.releases, environment: before + both.releases[environment]},
                    both.repositories,
                    both.left_out,
                )
    if not imported.releases:
        raise UsageError(
            f"{place}: nothing there is declared for Flux, Argo CD, helmfile or Helm",
            hint="a folder with HelmRelease or Application objects, a helmfile.yaml, or what helm list -o json printed",
        )
    return imported


def _of_folders(
    parsed: Mapping[str, list[Any]], folders: Iterable[str], place: Path
) -> tuple[Documents, list[LeftOut]]:
    """Every document below the folders: built by Kustomize where a folder says how, as it lies there where not."""
    documents: list[tuple[str, Mapping[str, Any]]] = []
    left_out: list[LeftOut] = []
    for folder in dict.fromkeys(folders):
        recipe = next((f"{folder}{name}" for name in NAMES if f"{folder}{name}" in parsed), "")
        if recipe:
            try:
                documents += [(recipe, document) for document in _built(folder, place, parsed)]
                continue
            except (WorldError, UnsafePathError) as error:
                todo = "import what kustomize build prints for it"
                left_out.append(LeftOut(recipe, f"Kustomize does not build it: {error.message}", todo))
        below = (path for path in parsed if path.startswith(folder) and posixpath.basename(path) not in NAMES)
        documents += [(path, document) for path in below for document in parsed[path] if isinstance(document, dict)]
    return Documents(documents), left_out


def _built(folder: str, place: Path, parsed: Mapping[str, list[Any]]) -> list[Mapping[str, Any]]:
    """Nothing is fetched: a recipe that names something elsewhere is not built."""
    for path in _recipes(folder or ".", parsed):
        if _REMOTE.search(dump({"": parsed[path]})):
            raise WorldError(f"{path} names something outside of {place.name}/")
    program, inside = find().argv, place / SafePath(posixpath.normpath(folder)) if folder else place
    done = run(
        Command((*program, str(inside)), env=bare_environment(HOME=NOWHERE, KUBECONFIG=NOWHERE) | {"PATH": NOWHERE})
    )
    try:
        return [document for document in load_all(done.stdout.decode()) if isinstance(document, dict)]
    except (YamlError, UnicodeDecodeError) as error:
        raise WorldError(f"its output cannot be read: {error}") from error


def _recipes(start: str, parsed: Mapping[str, list[Any]]) -> Iterator[str]:
    """The kustomization.yaml of a folder, and of each folder that it builds on."""
    todo, seen = [start], set[str]()
    while todo:
        folder = posixpath.normpath(todo.pop())
        recipe = next((path for name in NAMES if (path := posixpath.normpath(f"{folder}/{name}")) in parsed), "")
        if not recipe or recipe in seen:
            continue
        seen.add(recipe)
        yield recipe
        for document in map(mapping, parsed[recipe]):
            named = (each for key in ("resources", "bases", "components") for each in sequence(document.get(key)))
            todo += [f"{folder}/{each}" for each in named if isinstance(each, str)]


def _environments(parsed: Mapping[str, list[Any]]) -> dict[str, tuple[str, ...]]:
    """By environment the folders that hold it: of Flux's Kustomizations the paths that they build, else everything."""
    folders_of: dict[str, list[str]] = {}
    for path, documents in parsed.items():
        for document in documents:
            if str(mapping(document).get("apiVersion", "")).startswith("kustomize.toolkit.fluxcd.io/"):
                name = posixpath.basename(posixpath.dirname(path)) or "default"
                built = str(mapping(mapping(document).get("spec")).get("path") or "").removeprefix("./").strip("/")
                folders_of.setdefault(name, []).append(f"{built}/" if built else "")
    return {name: tuple(folders) for name, folders in folders_of.items()} or {"default": ("",)}


def _not_built(parsed: Mapping[str, list[Any]]) -> Iterator[LeftOut]:
    """What Flux's Kustomizations change in what they build, which is taken over without it."""
    for path, documents in parsed.items():
        for document in map(mapping, documents):
            if not str(document.get("apiVersion", "")).startswith("kustomize.toolkit.fluxcd.io/"):
                continue
            where = f"{path}: Kustomization {mapping(document.get('metadata')).get('name')}"
            for key in ("patches", "postBuild", "components", "targetNamespace", "images", "namePrefix", "nameSuffix"):
                if mapping(document.get("spec")).get(key):
                    yield LeftOut(
                        where, f"spec.{key} is not taken over", "set what it does in values/ or in an overlay"
                    )


@dataclass(frozen=True, slots=True)
class _BesideHelmfile:
    """The files of a repository, by their paths from the folder of its helmfile.yaml, which is ``inside`` of it."""

    top: Path
    inside: str

    def text(self, path: str) -> str | None:
        try:
            return Below(self.top, links=True).read(SafePath(self._from_top(path))).decode()
        except (OSError, UnicodeDecodeError, PipelineError):
            return None

    def matching(self, pattern: str) -> Iterable[str]:
        plain = posixpath.normpath(pattern)
        if not any(character in plain for character in "*?["):
            return [plain] if self.text(plain) is not None else []
        wanted = self._from_top(plain)
        names = (entry.path for entry in Below(self.top).walk() if entry.kind is FileKind.FILE)
        return [posixpath.relpath(name, self.inside or ".") for name in names if fnmatch.fnmatchcase(name, wanted)]

    def _from_top(self, path: str) -> str:
        return posixpath.normpath(f"{self.inside or '.'}/{path}")


def _helmfile(file: Path, around: RepositoryAround | None, *, build: bool) -> Imported:
    top = around.top if around else file.parent
    inside = file.parent.resolve().relative_to(top.resolve()).as_posix().removeprefix(".")
    folder = inside if around and around.from_top else ""
    try:
        text, beside = file.read_text(encoding="utf-8"), _BesideHelmfile(top, inside)
        if build:
            return helmfile_built(text, beside, HelmfileProgram(file), where=file.name, folder=folder)
        return helmfile(text, beside, where=file.name, folder=folder)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise UsageError(f"{file}: {error}") from error
