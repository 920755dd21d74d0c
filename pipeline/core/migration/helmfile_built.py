"""A helmfile.yaml whose templates helmfile itself resolves, where it can be asked.

Facts: ``helmfile build --embed-values`` prints each file as a document of its own, after a line ``#  Source: PATH``,
with the values of every release written out (https://helmfile.readthedocs.io/en/latest/#build). helmfile 1.8.0 prints
the parts of a file before it, gives each release labels and a chartPath, and fails where a condition has no value.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
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
_DOCUMENTS = re.compile(r"^---(?:\s.*)?$", re.MULTILINE)


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
        try:
            whole = _refused(text, build, files, where, folder)
        except (WorldError, YamlError) as failure:
            raise ValueError(f"{error}\nhelmfile build fails: {failure}") from failure
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


def _refused(text: str, build: HelmfileBuild, files: FilesBeside, where: str, folder: str) -> Imported | None:
    """Of a file that is no YAML without helmfile: its environments are those of a part that is, or that it prints."""
    names = _declared(text)
    if not names:
        printed = build.printed(_FIRST)
        if printed is None:
            return None
        states = _states(printed, build.folder)
        names = tuple(dict.fromkeys(name for _, state in states for name in mapping(state.get("environments"))))
    return _whole(names or (_FIRST,), build, files, where, folder)


def _declared(text: str) -> tuple[str, ...]:
    """Environments of the documents that are YAML without helmfile: it may build no other, not even its default."""
    names: dict[str, None] = {}
    for part in _DOCUMENTS.split(text):
        with suppress(YamlError):
            for document in load_all(part):
                names |= dict.fromkeys(map(str, mapping(mapping(document).get("environments"))))
    return tuple(names)


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
