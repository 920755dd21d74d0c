"""The user's cache and state folders, as XDG's base directory specification defines them.

platformdirs names the same two. To import it takes 15 ms (tempfile and shutil come along), a tenth of a small run.
"""

import os
import tempfile
from pathlib import Path


def cache_folder(name: str) -> Path:
    """Below ``$XDG_CACHE_HOME``, by default ``~/.cache``: what can be made again. It need not exist."""
    return Path(_base("XDG_CACHE_HOME", "~/.cache"), "pipeline", name)


def state_folder() -> Path:
    """Below ``$XDG_STATE_HOME``, by default ``~/.local/state``: journals, backups, traces. It need not exist."""
    return Path(_base("XDG_STATE_HOME", "~/.local/state"), "pipeline")


def _base(variable: str, default: str) -> str:
    """A relative one is to be ignored (XDG). Of a user without a home it is in the system's temporary folder."""
    asked = os.environ.get(variable, "")
    if os.path.isabs(asked):  # noqa: PTH117 - pathlib would make a path of what may be empty
        return asked
    found = os.path.expanduser(default)  # noqa: PTH111 - never raises
    if os.path.isabs(found):  # noqa: PTH117 - as above
        return found
    return os.path.join(tempfile.gettempdir(), f"pipeline-{os.getuid()}", variable)  # noqa: PTH118 - as above
