"""A Git repository to write to, through GitPython: its processes, its HEAD, its own files."""

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from git.exc import GitCommandError

from pipeline.adapters.git.door import git_python, reason, repository_root

if TYPE_CHECKING:
    from subprocess import Popen

    from git import Repo

_BRANCHES = "refs/heads/"


@dataclass(frozen=True, slots=True)
class Head:
    """``branch`` is a full reference, empty where HEAD is detached; ``commit`` is empty before the first one."""

    branch: str
    commit: str

    @property
    def name(self) -> str:
        """As ``git switch -`` finds it in the reflog."""
        return self.branch.removeprefix(_BRANCHES) or self.commit


class WrittenRepository:
    """The Git repository around ``root``. ``inherited`` are open files that Git's processes keep open."""

    def __init__(self, root: Path, inherited: tuple[int, ...] = ()) -> None:
        self.top = repository_root(root)
        self.folder = root.resolve().relative_to(self.top.resolve()).as_posix()
        self._repo: Repo = git_python(self.top)
        self._inherited = inherited
        self._running: Popen[bytes] | None = None

    def run(
        self,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        stdin: str = "",
        fine: Iterable[int] = (0,),
        shielded: bool = True,
    ) -> str:
        """What git prints. A ``shielded`` one does not get the terminal's Ctrl-C: it is a matter of milliseconds.

        Raises:
            GitCommandError: it exits with a code that is not ``fine``.
        """
        with tempfile.TemporaryFile() as given:
            given.write(stdin.encode("utf-8", "surrogateescape"))
            given.seek(0)
            started = self._repo.git.execute(
                ["git", *arguments],
                istream=given,
                env=dict(env or {}),
                as_process=True,
                pass_fds=self._inherited,
                process_group=0 if shielded else None,
            )
            process: Popen[bytes] | None = started.proc
            assert process is not None, "BUG: GitPython started nothing"
            self._running = None if shielded else process
            try:
                out, err = process.communicate()
            finally:
                self._running = None
        if process.returncode not in fine:
            raise GitCommandError(["git", *arguments[:1]], process.returncode, err, out)
        return out.decode("utf-8", "surrogateescape")

    def pass_on(self, signal_number: int) -> None:
        """Tell the process that runs now, where it is not shielded. Git removes its own locks then."""
        if self._running is not None:
            self._running.send_signal(signal_number)

    def head(self) -> Head:
        branch = self.run("symbolic-ref", "--quiet", "HEAD", fine=(0, 1)).strip()
        return Head(branch, self.commit_of("HEAD"))

    def commit_of(self, name: str) -> str:
        """Empty where there is none. GitPython's own ``repo.head.commit`` raises ValueError for a SHA-256 hash."""
        return self.run("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", fine=(0, 1, 128)).strip()

    def path(self, name: str) -> Path:
        """A file of this work tree's own Git directory, linked work trees and submodules included."""
        return self.top / self.run("rev-parse", "--git-path", name).rstrip("\n")

    @property
    def common(self) -> Path:
        """The Git directory that all work trees share."""
        return self.top / self.run("rev-parse", "--git-common-dir").rstrip("\n")

    def move_head(self, head: Head, branch: str) -> None:
        """HEAD to ``branch``, a full reference; index and files stay."""
        note = f"checkout: moving from {head.name} to {branch.removeprefix(_BRANCHES)}"
        self.run("symbolic-ref", "-m", note, "HEAD", branch)

    def back_to(self, head: Head, left: str, *, moved: bool) -> None:
        """HEAD where it was, if it ``moved``, and no branch ``left``, as long as nothing was committed there."""
        if moved and head.branch:
            self.run("symbolic-ref", "HEAD", head.branch)
        elif moved:
            self.run("update-ref", "--no-deref", "HEAD", head.commit)
        if head.commit and self.commit_of(left) == head.commit:
            self.run("update-ref", "-d", left, head.commit)


def said(error: GitCommandError) -> str:
    """Git's own words."""
    text = str(error.stderr or error.stdout or "").strip()
    text = text.removeprefix("stderr:").removeprefix("stdout:").strip().strip("'").strip()
    return reason(text) if text else f"it exited with {error.status}"
