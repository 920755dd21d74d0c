"""Forgets the second work trees of runs that were killed, which Git's directory still names.

Git is not asked: this is looked for before every verb. Work trees of the user's own are never touched, wherever they
are now.
"""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pipeline.adapters.guard import PRIVATE, is_held

_MARK = f"{PRIVATE}scratch-"
"""How the name of a private folder begins in which such a work tree lies."""


def forget_left_scratch(git_directory: Path) -> None:
    """``git_directory`` is that of the repository, or of one of its work trees."""
    for entry in _work_trees(git_directory):
        with suppress(OSError, ValueError):
            named = Path((entry / "gitdir").read_text(encoding="utf-8").rstrip("\n"))
            private = next((folder for folder in named.parents if folder.name.startswith(_MARK)), None)
            if private is not None and not is_held(private):
                shutil.rmtree(private, ignore_errors=True)  # the guard of the killed run may be at it too
                shutil.rmtree(entry)


def _work_trees(git_directory: Path) -> Iterator[Path]:
    linked = (git_directory / "commondir").is_file()
    home = git_directory.parent if linked else git_directory / "worktrees"
    with suppress(OSError):
        yield from home.iterdir()
