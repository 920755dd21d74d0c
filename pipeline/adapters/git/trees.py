"""Reads trees of files from a directory or from a Git revision, without checking anything out."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pipeline.adapters.below import Below
from pipeline.adapters.descriptors import FileKind
from pipeline.adapters.git.door import ask
from pipeline.adapters.process import ToolMissingError
from pipeline.core.config.diff_source import DiffSource, SourceKind
from pipeline.core.errors import UsageError, WorldError
from pipeline.core.safe_path import SafePath

_FEW = 32
"""So many paths go on a command line."""
_SUBMODULE = "160000"
_NOT_OURS = frozenset({".git"})
_NO = (1, 128)
"""Git's exit codes for "there is none": quietly, and with a reason."""


@dataclass(frozen=True, slots=True)
class DirectoryTree:
    """Files under ``root``, symbolic links left out: a link may point anywhere.

    ``hash_name`` is the hash function of the Git repository that the ids are compared with.
    """

    root: Path
    hash_name: str = "sha1"

    def ids(self, prefix: str) -> Mapping[str, str]:
        """Git's own blob ids, so that a work tree can be held against a revision without reading that."""
        contents = self.read([prefix]) if prefix else {}
        if not contents:
            start, top = (SafePath(prefix), f"{prefix}/") if prefix else (None, "")
            below = self._below.files(start, skip=_NOT_OURS)
            contents = {top + entry.path: data for entry, data in below if entry.kind is FileKind.FILE}
        return {path: blob_id(data, self.hash_name) for path, data in sorted(contents.items())}

    def paths(self, prefix: str) -> Iterable[str]:
        """As ``ids`` has them, nothing read."""
        start, top = (SafePath(prefix), f"{prefix}/") if prefix else (None, "")
        paths = [top + entry.path for entry in self._below.walk(start, skip=_NOT_OURS) if entry.kind is FileKind.FILE]
        return sorted(paths) or sorted(self.read([prefix]) if prefix else ())

    def read(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        return self._below.read_many(SafePath(path) for path in paths)

    @property
    def _below(self) -> Below:
        return Below(self.root, links=True)


@dataclass(frozen=True, slots=True)
class GitTree:
    """Files of one commit (a full id) of the repository at ``root``, below its folder ``folder`` (``.`` is all)."""

    root: Path
    commit: str
    folder: str = "."

    def ids(self, prefix: str) -> Mapping[str, str]:
        return self._listed([prefix], below=True)

    def paths(self, prefix: str) -> Iterable[str]:
        return tuple(self.ids(prefix))

    @property
    def _top(self) -> str:
        return "" if self.folder == "." else f"{self.folder}/"

    def read(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        """One ``git cat-file --batch`` for all of them, by their blobs' ids, symbolic links left out.

        Asked by path, Git reads the whole folder again for each file in it: 0.3 s for 1,000, and 0.01 s by id.
        """
        wanted = list(paths)
        blobs = self._blobs(wanted)
        asked = [path for path in wanted if path in blobs]
        if not asked:
            return {}
        answer = _git(self.root, "cat-file", "--batch", stdin="".join(f"{blobs[path]}\n" for path in asked).encode())
        contents: dict[str, bytes] = {}
        at = 0
        for path in asked:
            end = answer.index(b"\n", at)
            header, at = answer[at:end].split(b" "), end + 1
            if header[-1] == b"missing":
                raise WorldError(f"Git lists {path} and does not have it", hint="git fsck, or clone again")
            size = int(header[2])
            contents[path] = answer[at : at + size]
            at += size + 1
        return contents

    def _blobs(self, paths: list[str]) -> Mapping[str, str]:
        """The ids of those paths that are files; of many, those of the folder that holds them all."""
        if len(paths) > _FEW:
            return self.ids(os.path.commonpath(paths))
        return self._listed(paths, below=False) if paths else {}

    def _listed(self, paths: list[str], *, below: bool) -> Mapping[str, str]:
        blobs = _listed(self.root, self.commit, tuple(f"{self._top}{path}" or "." for path in paths), below=below)
        return {path.removeprefix(self._top): blob for path, blob in blobs.items()}


@lru_cache(maxsize=256)  # a commit never changes
def _listed(root: Path, commit: str, paths: tuple[str, ...], *, below: bool) -> Mapping[str, str]:
    """The files at those paths from the top of the repository, or ``below`` them: path to blob id, sorted."""
    listing = _git(root, "ls-tree", "-z", *(["-r"] if below else []), commit, "--", *paths).split(b"\0")
    rows = (row.decode("utf-8", "surrogateescape").partition("\t") for row in listing if row)
    entries = sorted((path, *meta.split()) for meta, _, path in rows)
    for path, mode, *_ in entries:
        if mode == _SUBMODULE:
            hint = "keep pipeline.yaml, values/, rendered/ and vendor_charts/ in one repository"
            raise UsageError(f"{path} is a Git submodule: its files belong to another repository", hint=hint)
    return {path: blob for path, mode, _, blob in entries if mode.startswith("100")}


def resolve(root: Path, revision: str) -> str:
    """The commit that ``revision`` names.

    Raises:
        UsageError: there is no such revision.
        WorldError: Git is missing, or does not open the repository.
    """
    commit = _verified(root, f"{revision}^{{commit}}")
    if not commit:
        hint = "git fetch it first, or name another: pipeline diff ref:REVISION"
        raise UsageError(f"there is no Git revision {revision!r} here{_shallow(root)}", hint=hint)
    return commit


def is_revision(root: Path, revision: str) -> bool:
    """Whether ``revision`` names a commit here; not where there is no repository.

    Raises:
        ToolMissingError: Git is not installed.
    """
    try:
        return bool(_verified(root, f"{revision}^{{commit}}"))
    except ToolMissingError:
        raise
    except WorldError:
        return False


def tree_id(root: Path, commit: str, path: str) -> str:
    """Git's id of a folder at a commit: equal ids are equal bytes all the way down. Empty where it is not there."""
    return _verified(root, f"{commit}:{path}")


def merge_base(root: Path, branch: str = "") -> str:
    """The commit where HEAD left ``branch`` (default: the remote's default branch, else main, else master).

    Raises:
        UsageError: none is known.
        WorldError: Git is missing, or does not open the repository.
    """
    for candidate in [branch] if branch else [*_ORIGIN, "main", "master"]:
        commit = _verified(root, f"{candidate}^{{commit}}")
        if commit:
            done = ask(root, "merge-base", "HEAD", commit, fine=(0, *_NO))
            if done.code == 0:
                return done.stdout.decode().strip()
    raise UsageError(
        f"no merge base of HEAD and {branch or 'the default branch'} is known{_shallow(root)}",
        hint=_NAME_THE_BRANCH if not _shallow(root) else "git fetch --unshallow, or in CI: fetch-depth: 0",
    )


_NAME_THE_BRANCH = "name the branch that yours comes from: pipeline diff merge-base:BRANCH, or a commit: diff HEAD~1"

_ORIGIN = ("origin/HEAD", "origin/main", "origin/master")
"""What a clone knows of the default branch where it came from."""


def commit_of(root: Path, source: DiffSource) -> str:
    """The id of the commit that a revision or a merge base of ``pipeline diff`` stands for.

    Raises:
        UsageError: there is none, as in ``resolve`` and ``merge_base``.
    """
    merging = source.kind is SourceKind.MERGE_BASE
    return resolve(root, merge_base(root, source.argument) if merging else source.argument)


def protected_branch(root: Path) -> str:
    """The default branch of ``origin``, as it was last fetched; empty where none is known."""
    return next((name for name in _ORIGIN if _verified(root, f"{name}^{{commit}}")), "")


def _verified(root: Path, name: str) -> str:
    """The id of one object; empty where Git knows none of that name."""
    done = ask(root, "rev-parse", "--verify", "--quiet", "--end-of-options", name, fine=(0, *_NO))
    return done.stdout.decode().strip() if done.code == 0 else ""


def _shallow(root: Path) -> str:
    """What to add where a commit is not there, and the clone is not whole."""
    done = ask(root, "rev-parse", "--is-shallow-repository", fine=(0, *_NO))
    cut = done.stdout.strip() == b"true"
    return " (this clone is shallow: git fetch --unshallow brings the rest; in CI, fetch-depth: 0)" if cut else ""


def blob_id(data: bytes, hash_name: str) -> str:
    """Git's id of a file's content."""
    return hashlib.new(hash_name, b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _git(root: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    return ask(root, *arguments, stdin=stdin).stdout
