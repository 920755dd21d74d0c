"""A second work tree of the repository, in a private folder: what is tried out there leaves the first one untouched."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.adapters.git.changed_paths import changed_paths
from pipeline.adapters.git.door import ask, repository_root
from pipeline.adapters.guard import private_folder
from pipeline.core.errors import UsageError

_QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "maintenance.auto=false", "-c", "gc.auto=0")


@contextmanager
def scratch(root: Path, *, uncommitted: bool = False) -> Iterator[Path]:
    """The folder that corresponds to ``root`` in a work tree of the last commit, on no branch.

    With ``uncommitted``, files below ``root`` that are changed, new or deleted are so there too; ignored ones are not.
    It shares branches and objects with the repository: what is committed there stays. It ends with the block; what a
    kill leaves of it in Git's directory, the next run of any verb removes (left_scratch.py).

    Raises:
        UsageError: this is not a Git repository.
        WorldError: it has no commit, or Git or the disk refuses.
    """
    top = repository_root(root)
    inside = root.resolve().relative_to(top.resolve())
    with private_folder("scratch") as folder:
        tree = folder / "tree"
        ask(top, *_QUIET, "worktree", "add", "--quiet", "--detach", str(tree), "HEAD")
        try:
            if uncommitted:
                _copy_changes(root, tree / inside)
            yield tree / inside
        finally:
            ask(top, "worktree", "remove", "--force", str(tree), fine=range(256))


def restore(folder: Path) -> None:
    """Bring the files of such a work tree back to its last commit; nobody else's work lies there.

    Raises:
        UsageError: ``folder`` is not in a second work tree.
        WorldError: Git refuses.
    """
    if not (repository_root(folder) / ".git").is_file():
        raise UsageError(f"{folder} is not a scratch work tree")
    ask(folder, *_QUIET, "reset", "--quiet", "--hard")
    ask(folder, *_QUIET, "clean", "--quiet", "-ffdx")


def _copy_changes(root: Path, there: Path) -> None:
    """Each path is there, or it is not."""
    for path in changed_paths(root):
        _copy(root / path, there / path)


def _copy(source: Path, target: Path) -> None:
    if target.is_dir() and not target.is_symlink():
        return  # a submodule, or a repository in the repository
    target.unlink(missing_ok=True)
    if source.is_symlink() or source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)
