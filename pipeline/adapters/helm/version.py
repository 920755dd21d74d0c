"""The version of a helm binary: asked once, and remembered as long as the file is the same.

Asking takes 0.07 s of processor time, while the charts are being rendered on the same processors.
"""

import re
from pathlib import Path

from pipeline.adapters.cache.cache import Cache
from pipeline.adapters.process import Command, bare_environment, run
from pipeline.adapters.user_folders import cache_folder
from pipeline.core.errors import WorldError

_SMALLEST = 10_000_000
"""Bytes: helm itself has 50 MB and more."""
_MOST_FILES = 50
_VERSION = re.compile(r"v\d+\.\d+(\.\d+)?([-+][\w.+-]{0,40})?")
"""A helm that was built between two releases calls itself v4.3."""


def version_of(binary: str) -> str:
    """Without the v, and without the build.

    Raises:
        WorldError: it does not run, or is not helm.
    """
    key, cache = _key(binary), Cache(cache_folder("helm"), "1", _MOST_FILES)
    known = (cache.get(key) or b"").decode(errors="replace") if key else ""
    if _VERSION.fullmatch(known):
        return _bare(known)
    command = Command((binary, "version", "--template", "{{.Version}}"), env=bare_environment(), timeout_seconds=60)
    said = run(command).stdout.decode(errors="replace").strip()
    if not _VERSION.fullmatch(said):
        raise WorldError(f"{binary} is not helm: its version reads {said[:40]!r}")
    if key:
        cache.put(key, said.encode())
    return _bare(said)


def _bare(version: str) -> str:
    return version[1:].partition("+")[0]


def _key(binary: str) -> str:
    """What tells one file from another; empty for a script or a shim, which may start now this helm and now that."""
    file = Path(binary)
    try:
        real, status = file.resolve(), file.stat()
    except OSError:
        return ""
    if not real.name.startswith("helm") or status.st_size < _SMALLEST:
        return ""
    same = (real, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return repr(same)
