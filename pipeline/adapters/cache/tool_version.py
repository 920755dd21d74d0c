"""Which program this is, for what it keeps between runs: a checkout that is worked on is another one at each change."""

import hashlib
import os
from functools import lru_cache
from pathlib import Path

from pipeline import __version__

_PACKAGE = Path(__file__).parents[2]


@lru_cache(maxsize=1)
def tool_version() -> str:
    """The version; of a checkout with a digest of what its files look like."""
    if not (_PACKAGE.parent / "pyproject.toml").exists():
        return __version__
    whole = hashlib.sha256()
    for line in sorted(_stamps(str(_PACKAGE))):
        whole.update(line.encode("utf-8", "surrogateescape"))
    return f"{__version__}+{whole.hexdigest()[:16]}"


def _stamps(folder: str) -> list[str]:
    stamps = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                stamps += _stamps(entry.path) if entry.name != "__pycache__" else []
            else:
                about = entry.stat(follow_symlinks=False)
                stamps.append(f"{entry.path}\0{about.st_size}\0{about.st_mtime_ns}\n")
    return stamps
