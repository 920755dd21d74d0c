"""Where what can always be made again is kept between runs: whatever cannot be written there is made again."""

import os
from contextlib import suppress
from pathlib import Path


def folder(name: str) -> Path:
    """Below XDG's cache folder (``$XDG_CACHE_HOME``, by default ``~/.cache``): it need not exist."""
    root = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 - never raises
    return Path(root, "pipeline", name)


def keep(file: Path, data: bytes) -> None:
    """Write it, whole or not at all; another process may do the same."""
    staged = file.with_suffix(f".{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        staged.write_bytes(data)
        staged.replace(file)
    except OSError:  # a full disk, a folder that is not ours
        with suppress(OSError):
            staged.unlink()


def keep_newest(folder: Path, most: int) -> None:
    """The oldest files go where there are more than ``most``."""
    with suppress(OSError):
        files = sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime)
        for file in files[: max(0, len(files) - most)]:
            file.unlink(missing_ok=True)
