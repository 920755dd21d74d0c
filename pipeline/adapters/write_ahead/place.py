"""Where the lock and the record of a repository are: in its Git directory or, without one, beside pipeline.yaml.

Git is not asked: the next run must find the record with no git on the PATH, and in a millisecond. What ``.git`` may be
is documented in gitrepository-layout(5): the directory, or a file ``gitdir: PATH`` (linked work trees, submodules).
"""

from dataclasses import dataclass
from pathlib import Path

_MARK = "gitdir: "
OUTSIDE_GIT = ".pipeline-state"
"""The private folder beside pipeline.yaml. It is there during a run, and after one that was killed."""


@dataclass(frozen=True, slots=True)
class StatePlace:
    """``folder`` need not exist. ``top`` is what the record's paths are relative to: the work tree, or the root."""

    folder: Path
    top: Path
    in_git: bool

    @property
    def lock(self) -> Path:
        return self.folder / "lock"

    @property
    def record(self) -> Path:
        return self.folder / "record.json"


def state_place(root: Path) -> StatePlace:
    """For the repository whose pipeline.yaml is in ``root``."""
    here = root.resolve()
    for folder in (here, *here.parents):
        git = _git_directory(folder / ".git")
        if git is not None:
            return StatePlace(git / "pipeline", folder, in_git=True)
    return StatePlace(here / OUTSIDE_GIT, here, in_git=False)


def _git_directory(mark: Path) -> Path | None:
    try:
        if (mark / "HEAD").exists():
            return mark
        if mark.is_file():
            text = mark.read_text(encoding="utf-8", errors="surrogateescape")
            named = mark.parent / text.removeprefix(_MARK).rstrip("\n")
            return named if text.startswith(_MARK) and (named / "HEAD").exists() else None
    except OSError:
        return None
    return None
