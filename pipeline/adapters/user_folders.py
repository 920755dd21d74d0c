"""The user's cache and state folders, as XDG's base directory specification defines them.

platformdirs names the same two. To import it takes 15 ms (tempfile and shutil come along), a tenth of a small run.
"""

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_NAME = "pipeline"
_TEMPORARY = f"{_NAME}-{os.getuid()}"
_OTHERS = 0o077


def cache_folder(name: str) -> Path:
    """Below ``$XDG_CACHE_HOME``, by default ``~/.cache``: what can be made again. It need not exist."""
    return Path(_base("XDG_CACHE_HOME", "~/.cache"), _NAME, name)


def state_folder() -> Path:
    """Below ``$XDG_STATE_HOME``, by default ``~/.local/state``: journals, backups, traces. It need not exist."""
    return Path(_base("XDG_STATE_HOME", "~/.local/state"), _NAME)


def make_private(folder: Path, outer: Path | None = None) -> None:
    """Make ``folder`` for no one else to read or enter; what is there and wider is narrowed.

    So is each folder on the way that is ours: below ``outer``, by default from the one named ``pipeline`` on.

    Raises:
        OSError: it cannot be made or narrowed, or one of them is another user's link.
    """
    own = list(_own(folder, outer))
    own[0].parent.mkdir(parents=True, exist_ok=True)
    for each in own:
        with suppress(FileExistsError):
            each.mkdir(mode=0o700)
        _narrow(each)


def narrow(folder: Path) -> None:
    """The same of what is there already; of what is not there, or not ours, nothing."""
    with suppress(OSError):
        for each in _own(folder, None):
            _narrow(each)


def _narrow(folder: Path) -> None:
    status = folder.stat(follow_symlinks=False)
    if stat.S_ISLNK(status.st_mode) and status.st_uid != os.geteuid():
        raise NotADirectoryError(errno.ENOTDIR, "it is another user's link", str(folder))
    if folder.stat().st_mode & _OTHERS:
        folder.chmod(0o700)


def _own(folder: Path, outer: Path | None) -> Iterator[Path]:
    """From the outermost on."""
    if outer is None:
        around = (folder, *folder.parents)
        named = [parent for name in (_TEMPORARY, _NAME) for parent in around if parent.name == name]
        outer = named[0].parent if named else folder.parent
    above = [parent for parent in folder.parents if parent != outer and parent.is_relative_to(outer)]
    yield from (*reversed(above), folder)


def _base(variable: str, default: str) -> str:
    """A relative one is to be ignored (XDG). Of a user without a home it is in the system's temporary folder."""
    asked = os.environ.get(variable, "")
    if os.path.isabs(asked):  # noqa: PTH117 - pathlib would make a path of what may be empty
        return asked
    path = os.path.expanduser(default)  # noqa: PTH111 - never raises
    if os.path.isabs(path):  # noqa: PTH117 - as above
        return path
    return os.path.join(tempfile.gettempdir(), _TEMPORARY, variable)  # noqa: PTH118 - as above
