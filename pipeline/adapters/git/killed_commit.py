"""Recovers from a killed commit: updates the index if Git has made the commit, else removes every trace.

Locks that Git's own processes left are removed only if they are certainly ours: the record says that we were at work,
no one of that run lives (the lock of pipeline is free), and they were made since, and have not changed for a while.
"""

import shutil
from datetime import datetime
from pathlib import Path

from git.exc import GitCommandError

from pipeline.adapters.git.index import take_over
from pipeline.adapters.git.locks import remove_if_left, remove_own
from pipeline.adapters.git.repository import Head, WrittenRepository, said
from pipeline.adapters.write_ahead.record import RunRecord, Stage
from pipeline.adapters.write_ahead.turn import Turn, named
from pipeline.core.errors import WorldError

KIND = "commit"
FOLDER = "commit-"
_TABLES = "reftable/tables.list"
"""Of the work tree's own directory, and of the one that linked work trees share (Git's technical/reftable)."""
BUILT, NEXT = "index", "next"
"""In the commit's own folder: the index that it is made of, and the user's index as it will be."""


def go_on_with_commit(unfinished: RunRecord, turn: Turn) -> str:
    """Finish or undo it; what is to be said.

    Raises:
        WorldError: Git refuses.
        ValueError: the record is not one of ours.
        OSError: the disk does.
    """
    name = str(unfinished.body["folder"])
    if not name.startswith(FOLDER) or "/" in name:
        raise ValueError("the record names a folder that is not ours")
    folder = turn.place.folder / name
    ended = f"{named(dict(unfinished.who))} ended half way"
    try:
        done = unfinished.stage is Stage.DOING and _go_on(unfinished, turn, folder)
    except GitCommandError as error:
        raise WorldError(f"{ended}, and git cannot continue: {said(error)}", hint="fix that, then try again") from error
    shutil.rmtree(folder, ignore_errors=True)
    if done:
        return f"{ended}: its commit {done[:10]} was made, and Git's index now has it"
    return f"{ended}: nothing was committed, and nothing is staged"


def _go_on(unfinished: RunRecord, turn: Turn, folder: Path) -> str:
    git = WrittenRepository(turn.place.top / str(unfinished.who["root"]), turn.inherited)
    head = Head(str(unfinished.body["branch"]), str(unfinished.body["commit"]))
    new = str(unfinished.body["new"])
    index = git.path("index")
    remove_own(index, folder / NEXT)
    began = datetime.fromisoformat(str(unfinished.who["since"])).timestamp()
    for file in _may_be_locked(git, head.branch, new):
        remove_if_left(file, began)
    here = git.head()
    commit = git.commit_of(new) if new else here.commit
    if _is_ours(git, commit, head.commit, folder / BUILT):
        if new and here.branch != new:
            git.move_head(here, new)
        take_over(git, index, folder / NEXT, head.commit, commit)
        return commit
    if new and commit == head.commit:  # what was committed there since is somebody else's, and stays
        git.back_to(head, new, moved=here.branch == new)
    return ""


def _may_be_locked(git: WrittenRepository, *branches: str) -> list[Path]:
    """What Git locks to make a commit: files of references, or the lists of tables where it keeps them in tables."""
    return [git.path(name) for name in ("HEAD", "packed-refs", *branches, _TABLES) if name] + [git.common / _TABLES]


def _is_ours(git: WrittenRepository, commit: str, before: str, built: Path) -> bool:
    """Whether it is what the index of the killed run makes, on top of what was there."""
    if not commit or commit == before or not built.exists():
        return False
    tree = git.run("write-tree", env={"GIT_INDEX_FILE": str(built)}).strip()
    shown = git.run("rev-list", "--parents", "--max-count=1", commit).split()
    return shown[1:] == ([before] if before else []) and git.run("rev-parse", f"{commit}^{{tree}}").strip() == tree
