"""Commits with GitPython: the given paths and nothing else, with the user's own hooks and signing."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from git import Repo
from git.exc import GitCommandError, InvalidGitRepositoryError, NoSuchPathError

from pipeline.core.errors import UsageError, WorldError


class RepositoryWriter:
    """The Git repository around ``root``."""

    def __init__(self, root: Path) -> None:
        try:
            self._repo = Repo(root, search_parent_directories=True)
        except (InvalidGitRepositoryError, NoSuchPathError) as error:
            raise UsageError(f"{root} is not inside a Git repository", hint="git init") from error
        self._prefix = root.resolve().relative_to(Path(self._repo.working_dir).resolve()).as_posix()

    def commit(self, paths: Sequence[str], message: str) -> str:
        """The new commit's hash. What else is staged stays staged; where git refuses, the index is as it was.

        Raises:
            WorldError: git refused (a hook, no identity, no key to sign with, a merge under way).
        """
        index = Path(self._repo.index.path)
        kept = index.with_name("index.pipeline")
        there = index.exists()
        if there:
            shutil.copy2(index, kept)
        try:
            listed = self._listed(paths)
            self._repo.git.add("--all", "--force", "--", *listed)
            self._repo.git.commit("--quiet", "--only", "--message", message, "--", *listed)
        except BaseException as error:
            if there:
                kept.replace(index)
            else:
                index.unlink(missing_ok=True)
            if isinstance(error, GitCommandError):
                raise WorldError(
                    f"git refused the commit: {_said(error)}", hint="mend that, then commit again"
                ) from error
            raise
        finally:
            kept.unlink(missing_ok=True)
        return self._repo.head.commit.hexsha

    def switch_to_new(self, branch: str) -> None:
        """Create ``branch`` at HEAD and go there; the work tree stays as it is.

        Raises:
            UsageError: it exists, or is no name for a branch.
        """
        try:
            self._repo.git.switch("--create", branch)
        except GitCommandError as error:
            raise UsageError(f"branch {branch!r}: {_said(error)}", hint="name another: --branch NAME") from error

    def _listed(self, paths: Sequence[str]) -> list[str]:
        top = "" if self._prefix == "." else f"{self._prefix}/"
        return [f":(top,literal){top}{path}" for path in paths]


def _said(error: GitCommandError) -> str:
    text = str(error.stderr or error.stdout or "").strip()
    text = text.removeprefix("stderr:").strip().strip("'").strip()
    return text or f"it exited with {error.status}"
