"""Commits with GitPython: the given files and nothing else, with the user's own hooks and signing.

The commit is built in an index of its own. The user's index is not touched before the commit is made, and takes it over
in one rename then: whatever stops the run in between, nothing of ours is staged, and what was staged still is.
"""

import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from git import Repo
from git.exc import GitCommandError

from pipeline.adapters.git.door import git_python, reason, repository_root
from pipeline.adapters.git.locks import locked, wait_until_free
from pipeline.core.errors import UsageError, WorldError

_UNDER_WAY = {"MERGE_HEAD": "merge", "CHERRY_PICK_HEAD": "cherry-pick", "REVERT_HEAD": "revert"}


@dataclass(frozen=True, slots=True)
class Head:
    """``branch`` is a full reference, empty where HEAD is detached; ``commit`` is empty before the first one."""

    branch: str
    commit: str


class RepositoryWriter:
    """The Git repository around ``root``."""

    def __init__(self, root: Path) -> None:
        self._top = repository_root(root)
        self._repo: Repo = git_python(self._top)
        self._prefix = root.resolve().relative_to(self._top.resolve()).as_posix()
        self._index = self._path("index")

    def commit(self, changes: Mapping[str, str], message: str, branch: str | None = None) -> str:
        """The new commit's hash. ``changes`` maps each path to the id of its content, empty where it is removed.

        With ``branch``, the commit is made on a new branch of this name. Where anything fails, HEAD, every branch and
        the index are as they were.

        Raises:
            UsageError: the branch exists, or is no name for one.
            WorldError: git refused (a hook, no identity, no key to sign with, a merge under way, a lock).
        """
        self._nothing_under_way()
        wait_until_free(self._index, self._top)
        head = self._head()
        with tempfile.TemporaryDirectory(prefix="pipeline-commit-", dir=self._index.parent) as folder:
            built = Path(folder, "index")
            self._build(built, head, changes)
            new = self._commit_on(branch, head, built, message) if branch else self._commit(built, message)
            self._take_over(Path(folder, "next"), head, new)
        return new

    def _build(self, built: Path, head: Head, changes: Mapping[str, str]) -> None:
        """The index of the commit: HEAD's files with the changes. A copy of the user's own saves reading every file."""
        if self._index.exists():
            shutil.copy2(self._index, built)
        own = {"GIT_INDEX_FILE": str(built)}
        self._git(["read-tree", *(["--reset", head.commit] if head.commit else ["--empty"])], own)
        wanted = {self._from_top(path): blob for path, blob in changes.items()}
        self._git(["update-index", "-z", "--add", "--remove", "--replace", "--stdin"], own, _lines(sorted(wanted)))
        rows = (row.partition("\t") for row in self._git(["ls-files", "--stage", "-z"], own).split("\0") if row)
        stored = {path: meta.split()[1] for meta, _, path in rows}
        odd = sorted(path for path, blob in wanted.items() if stored.get(path, "") != blob)
        if odd:
            hint = f"git check-attr -a -- {odd[0]}; name rendered/** and vendor_charts/** with -text in .gitattributes"
            why = "it changed during the commit, or core.autocrlf, a filter or .gitattributes changes its bytes"
            raise WorldError(f"{odd[0]}: Git would not store it as it is: {why}", hint=hint)

    def _commit(self, built: Path, message: str) -> str:
        arguments = ["-c", "maintenance.auto=false", "-c", "gc.auto=0", "commit", "--quiet", "--file", "-"]
        try:
            self._git(arguments, {"GIT_INDEX_FILE": str(built)}, message)
        except GitCommandError as error:
            raise WorldError(f"git refused the commit: {_said(error)}", hint="fix that, then commit again") from error
        return self._head().commit  # repo.head.commit reads no SHA-256 repository (GitPython 3.2.1: a ValueError)

    def _commit_on(self, branch: str, head: Head, built: Path, message: str) -> str:
        name = f"refs/heads/{branch}"
        try:
            self._git(["check-ref-format", "--branch", branch])
            if head.commit:
                self._git(["branch", "--no-track", branch, head.commit])
        except GitCommandError as error:
            raise UsageError(f"branch {branch!r}: {_said(error)}", hint="name another: --branch NAME") from error
        was = head.branch.removeprefix("refs/heads/") or head.commit
        try:
            self._git(["symbolic-ref", "-m", f"checkout: moving from {was} to {branch}", "HEAD", name])
            return self._commit(built, message)
        except BaseException:
            self._back_to(head, name)
            raise

    def _back_to(self, head: Head, left: str) -> None:
        """HEAD where it was, without the new branch, as long as nothing was committed there."""
        if head.branch:
            self._git(["symbolic-ref", "HEAD", head.branch])
        else:
            self._git(["update-ref", "--no-deref", "HEAD", head.commit])
        if head.commit:
            self._git(["update-ref", "-d", left, head.commit])

    def _take_over(self, following: Path, head: Head, new: str) -> None:
        """The user's index, with what was committed and whatever else is staged there."""
        with locked(self._index, self._top):
            if self._index.exists():
                shutil.copy2(self._index, following)
            own = {"GIT_INDEX_FILE": str(following)}
            self._git(["update-index", "-z", "--index-info"], own, self._committed(head.commit, new))
            self._git(["update-index", "-q", "--refresh"], own, fine=(0, 1))
            following.replace(self._index)

    def _committed(self, old: str, new: str) -> str:
        """What the commit changed, as ``git update-index --index-info`` takes it."""
        arguments = [
            "diff-tree",
            "-r",
            "-z",
            "--no-renames",
            *([old, new] if old else ["--root", "--no-commit-id", new]),
        ]
        fields = self._git(arguments).split("\0")
        rows = ((meta.split(), path) for meta, path in zip(fields[::2], fields[1::2], strict=False))
        return "".join(f"{meta[1]} {meta[3]}\t{path}\0" for meta, path in rows)

    def _nothing_under_way(self) -> None:
        for name, what in _UNDER_WAY.items():
            if self._path(name).exists():
                hint = f"git {what} --continue, or git {what} --abort; then commit again"
                raise WorldError(f"a {what} is under way in this repository", hint=hint)

    def _head(self) -> Head:
        branch = self._git(["symbolic-ref", "--quiet", "HEAD"], fine=(0, 1)).strip()
        commit = self._git(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], fine=(0, 1)).strip()
        return Head(branch, commit)

    def _from_top(self, path: str) -> str:
        return path if self._prefix == "." else f"{self._prefix}/{path}"

    def _path(self, name: str) -> Path:
        """A file of this work tree's own Git directory, linked work trees and submodules included."""
        return self._top / self._git(["rev-parse", "--git-path", name]).rstrip("\n")

    def _git(
        self, arguments: list[str], env: Mapping[str, str] | None = None, stdin: str = "", fine: Iterable[int] = (0,)
    ) -> str:
        with tempfile.TemporaryFile() as given:
            given.write(stdin.encode("utf-8", "surrogateescape"))
            given.seek(0)
            code, out, err = self._repo.git.execute(
                ["git", *arguments],
                istream=given,
                env=dict(env or {}),
                with_extended_output=True,
                with_exceptions=False,
                stdout_as_string=False,
                strip_newline_in_stdout=False,
            )
        if code not in fine:
            raise GitCommandError(["git", *arguments[:1]], code, err, out)
        return out.decode("utf-8", "surrogateescape")


def _lines(paths: Iterable[str]) -> str:
    return "".join(f"{path}\0" for path in paths)


def _said(error: GitCommandError) -> str:
    text = str(error.stderr or error.stdout or "").strip()
    text = text.removeprefix("stderr:").strip().strip("'").strip()
    return reason(text) if text else f"it exited with {error.status}"
