"""A helmfile.yaml whose templates helmfile itself resolves, where it can be asked.

Facts: ``helmfile build --embed-values`` prints each file as a document of its own, after a line ``#  Source: PATH``,
with the values of every release written out (https://helmfile.readthedocs.io/en/latest/#build).
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol

from pipeline.core.errors import WorldError
from pipeline.core.kube.resource import mapping
from pipeline.core.migration.files_beside import FilesBelow, FilesBeside, joined_path
from pipeline.core.migration.helmfile import BUILD, StateReader, helmfile
from pipeline.core.migration.imported import Imported, LeftOut, merged
from pipeline.core.yaml.reader import YamlError, load_all

_SOURCE = re.compile(r"^---\n#  Source: (.*)\n", re.MULTILINE)
_FIRST = "default"


class HelmfileBuild(Protocol):
    """Asks helmfile."""

    @property
    def folder(self) -> str:
        """Where the helmfile.yaml lies on this machine: the paths of files that are printed lead there."""
        ...

    def printed(self, environment: str, /) -> str | None:
        """What it prints for an environment; None where there is no helmfile.

        Raises:
            WorldError: it fails.
        """
        ...


def helmfile_built(
    text: str, files: FilesBeside, build: HelmfileBuild, *, where: str = "helmfile.yaml", folder: str = ""
) -> Imported:
    """As ``helmfile`` reads it; where that leaves templates, all of it as helmfile resolves them.

    Raises:
        ValueError: it is not YAML, even with its templates set aside, and helmfile cannot be asked or refuses it.
    """
    try:
        plain = helmfile(text, files, where=where, folder=folder)
    except ValueError as error:
        whole = _refused(error, build, files, where, folder)
        if whole is None:
            raise
        return whole
    if all(omission.todo != BUILD for omission in plain.left_out):
        return plain
    try:
        return _whole(tuple(plain.releases), build, files, where, folder) or plain
    except (WorldError, YamlError) as error:
        return replace(plain, left_out=(*plain.left_out, LeftOut(where, f"helmfile build fails: {error}", _TRUST)))


_TRUST = "run it by hand; if it misses a function that you trust here: export HELMFILE_DISABLE_INSECURE_FEATURES=false"


def _refused(error: ValueError, build: HelmfileBuild, files: FilesBeside, where: str, folder: str) -> Imported | None:
    """Of a file that is no YAML without helmfile: its environments are those that helmfile prints."""
    try:
        printed = build.printed(_FIRST)
        if printed is None:
            return None
        named = [name for _, state in _states(printed, build.folder) for name in mapping(state.get("environments"))]
        return _whole(tuple(dict.fromkeys(named)) or (_FIRST,), build, files, where, folder)
    except (WorldError, YamlError) as failure:
        raise ValueError(f"{error}\nhelmfile build fails: {failure}") from failure


def _whole(
    environments: tuple[str, ...], build: HelmfileBuild, files: FilesBeside, where: str, folder: str
) -> Imported | None:
    imported = Imported()
    for name in environments:
        printed = build.printed(name)
        if printed is None:
            return None
        own = Imported()
        for path, state in _states(printed, build.folder):
            inside = posixpath.dirname(path)
            values, title = mapping(state.get("renderedvalues")), f"{path or where} ({name})"
            beside = FilesBelow(files, inside)
            own = own.beside(StateReader(state, values, beside, title, joined_path(folder, inside)).imported())
        imported = imported.with_environment(name, own)
    return imported


def _states(printed: str, folder: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each file by its path from the folder of the first, and what it holds."""
    rest = _SOURCE.split(printed)[1:]
    for source, body in zip(rest[::2], rest[1::2], strict=True):
        state: dict[str, Any] = {}
        for document in load_all(body):
            state = merged(state, mapping(document))
        yield posixpath.relpath(source, folder) if source.startswith("/") else source, state
