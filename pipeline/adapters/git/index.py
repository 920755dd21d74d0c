"""Updates the user's index after a commit that was built in a separate index."""

import shutil
from pathlib import Path

from pipeline.adapters.git.locks import locked
from pipeline.adapters.git.repository import WrittenRepository


def take_over(git: WrittenRepository, index: Path, following: Path, old: str, new: str) -> None:
    """The user's index with what was committed, and whatever else is staged there.

    Raises:
        WorldError: somebody else holds the index.
        GitCommandError, OSError: Git or the disk refused.
    """
    with locked(index, git.top, following):
        if index.exists():
            shutil.copy2(index, following)
        own = {"GIT_INDEX_FILE": str(following)}
        git.run("update-index", "-z", "--index-info", env=own, stdin=_committed(git, old, new))
        git.run("update-index", "-q", "--refresh", env=own, fine=(0, 1))
        following.replace(index)


def _committed(git: WrittenRepository, old: str, new: str) -> str:
    """What the commit changed, as ``git update-index --index-info`` takes it."""
    sides = [old, new] if old else ["--root", "--no-commit-id", new]
    fields = git.run("diff-tree", "-r", "-z", "--no-renames", *sides).split("\0")
    rows = ((meta.split(), path) for meta, path in zip(fields[::2], fields[1::2], strict=False))
    return "".join(f"{meta[1]} {meta[3]}\t{path}\0" for meta, path in rows)
