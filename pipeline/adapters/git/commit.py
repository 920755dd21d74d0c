"""Commits exactly the given files with GitPython, with the user's own hooks and signing.

The commit is built in an index of its own. The user's index is not touched before the commit is made, and takes it over
in one rename then: whatever stops the run in between, nothing of ours is staged, and what was staged still is. A record
says how far it came; adapters/git/killed_commit.py goes on from there.
"""

import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from git.exc import GitCommandError

from pipeline.adapters.git.index import take_over
from pipeline.adapters.git.killed_commit import BUILT, FOLDER, KIND, NEXT, go_on_with_commit
from pipeline.adapters.git.locks import wait_until_free
from pipeline.adapters.git.repository import Head, WrittenRepository, said
from pipeline.adapters.write_ahead import record
from pipeline.adapters.write_ahead.record import Stage
from pipeline.adapters.write_ahead.signals import held_back
from pipeline.adapters.write_ahead.turn import Turn
from pipeline.core.errors import UsageError, WorldError
from pipeline.core.words import command

_UNDER_WAY = {"MERGE_HEAD": "merge", "CHERRY_PICK_HEAD": "cherry-pick", "REVERT_HEAD": "revert"}


class RepositoryWriter:
    """The Git repository around ``root``, for the run whose turn it is."""

    def __init__(self, root: Path, turn: Turn) -> None:
        self._git = WrittenRepository(root, turn.inherited)
        self._turn = turn
        self._index = self._git.path("index")

    def commit(self, changes: Mapping[str, str], message: str, branch: str | None = None) -> str:
        """The new commit's hash. ``changes`` maps each path to the id of its content, empty where it is removed.

        With ``branch``, the commit is made on a new branch of this name. Where anything fails, HEAD, every branch and
        the index are as they were.

        Raises:
            UsageError: the branch exists, or is not a name for one.
            WorldError: git refused (a hook, no identity, no key to sign with, a merge under way, a lock).
        """
        self._nothing_under_way()
        wait_until_free(self._index, self._git.top)
        head, name = self._git.head(), self._new_branch(branch) if branch else ""
        folder = self._turn.place.folder / f"{FOLDER}{secrets.token_hex(4)}"
        with held_back(self._git.pass_on):
            try:
                self._keep(Stage.PREPARING, head, name, folder)
                folder.mkdir(mode=0o700)
                self._build(folder / BUILT, head, changes)
                self._keep(Stage.DOING, head, name, folder)
                new = self._made(name, head, folder / BUILT, message)
            except BaseException as error:
                self._undo()
                raise _told(error, "nothing was committed") from error
            try:
                take_over(self._git, self._index, folder / NEXT, head.commit, new)
            except (WorldError, OSError, GitCommandError) as error:
                raise _told(error, f"{new[:10]} is committed, and the next run brings it into Git's index") from error
            shutil.rmtree(folder, ignore_errors=True)
            record.forget(self._turn.place)
        return new

    def _build(self, built: Path, head: Head, changes: Mapping[str, str]) -> None:
        """The index of the commit: HEAD's files with the changes. A copy of the user's own saves reading every file."""
        if self._index.exists():
            shutil.copy2(self._index, built)
        own = {"GIT_INDEX_FILE": str(built)}
        self._git.run("read-tree", *(["--reset", head.commit] if head.commit else ["--empty"]), env=own)
        wanted = {self._from_top(path): blob for path, blob in changes.items()}
        lines = "".join(f"{path}\0" for path in sorted(wanted))
        self._git.run("update-index", "-z", "--add", "--remove", "--replace", "--stdin", env=own, stdin=lines)
        listing = self._git.run("ls-files", "--stage", "-z", env=own).split("\0")
        stored = {path: meta.split()[1] for meta, _, path in (row.partition("\t") for row in listing if row)}
        odd = sorted(path for path, blob in wanted.items() if stored.get(path, "") != blob)
        if odd:
            asking = command("git", "check-attr", "-a", "--", odd[0])
            hint = f"{asking}; name rendered/** and vendor_charts/** with -text in .gitattributes"
            why = "it changed during the commit, or core.autocrlf, a filter or .gitattributes changes its bytes"
            raise WorldError(f"{odd[0]}: Git would not store it as it is: {why}", hint=hint)

    def _made(self, name: str, head: Head, built: Path, message: str) -> str:
        """``git commit`` itself, for its hooks and signing. No maintenance begins that would outlive it."""
        if name:
            if head.commit:
                self._git.run("update-ref", "-m", f"branch: Created from {head.name}", name, head.commit, "")
            self._git.move_head(head, name)
        quiet = ("-c", "maintenance.auto=false", "-c", "gc.auto=0")
        own = {"GIT_INDEX_FILE": str(built)}
        try:
            self._git.run(*quiet, "commit", "--quiet", "--file", "-", env=own, stdin=message, shielded=False)
        except GitCommandError as error:
            raise WorldError(f"git rejected the commit: {said(error)}", hint="fix that, then commit again") from error
        return self._git.commit_of("HEAD")

    def _undo(self) -> None:
        """As the next run would, were this one killed. Where that fails too, the next run does it."""
        unfinished = record.read(self._turn.place)
        if unfinished is not None:
            go_on_with_commit(unfinished, self._turn)
            record.forget(self._turn.place)

    def _new_branch(self, branch: str) -> str:
        """The full reference of a branch that is to be."""
        name, hint = f"refs/heads/{branch}", "name another: --branch NAME"
        try:
            self._git.run("check-ref-format", "--branch", branch)
        except GitCommandError as error:
            raise UsageError(f"branch {branch!r}: {said(error)}", hint=hint) from error
        if self._git.commit_of(name) or self._git.head().branch == name:
            raise UsageError(f"branch {branch!r} already exists", hint=hint)
        return name

    def _nothing_under_way(self) -> None:
        for name, what in _UNDER_WAY.items():
            if self._git.path(name).exists() or self._git.commit_of(name):  # reftable keeps some of them in no file
                hint = f"git {what} --continue, or git {what} --abort; then commit again"
                raise WorldError(f"a {what} is under way in this repository", hint=hint)

    def _from_top(self, path: str) -> str:
        return path if self._git.folder == "." else f"{self._git.folder}/{path}"

    def _keep(self, stage: Stage, head: Head, name: str, folder: Path) -> None:
        body = {"folder": folder.name, "branch": head.branch, "commit": head.commit, "new": name}
        record.keep(self._turn, KIND, stage, body)


def _told(error: BaseException, what: str) -> BaseException:
    """An error of Git's or the disk's as one paragraph; others as they are."""
    if isinstance(error, GitCommandError):
        return WorldError(f"git failed: {said(error)}; {what}", hint="fix that, then commit again")
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return WorldError(f"{where}{(error.strerror or str(error)).lower()}; {what}")
    return error
