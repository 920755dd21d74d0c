"""Keeps parsed CRDs between runs: a megabyte of YAML takes a hundred times longer to read than its JSON.

Only CRDs are kept, which hold no secrets. The key is the digest of the text, so nothing can be out of date; what cannot
be read or written is simply parsed again.
"""

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from pipeline.core.manifests import LOADER_VERSION

_SMALLEST = 16_384
"""Bytes; a smaller document is parsed as fast as a file is opened."""
_MOST_FILES = 600
_CRD = "kind: CustomResourceDefinition"


class DocumentCache:
    """A folder of JSON files, each named by the digest of the YAML that it was read from."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def of_user(cls) -> "DocumentCache":
        """In XDG's cache folder (``$XDG_CACHE_HOME``, by default ``~/.cache``)."""
        root = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 - never raises
        return cls(Path(root, "pipeline", "documents"))

    def get(self, text: str) -> list[Any] | None:
        """What the text was parsed to; None where it was never kept."""
        if not _kept(text):
            return None
        try:
            found = orjson.loads(self._file(text).read_bytes())
        except (OSError, ValueError):
            return None
        return found if isinstance(found, list) else None

    def put(self, text: str, documents: list[Any]) -> None:
        """Keep it, whole or not at all."""
        if not _kept(text):
            return
        file = self._file(text)
        staged = file.with_suffix(f".{os.getpid()}")
        try:
            data = orjson.dumps(documents)
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            staged.write_bytes(data)
            staged.replace(file)
            self._make_room()
        except (OSError, TypeError):  # a full disk, or a number that JSON does not take: it is parsed again next time
            with suppress(OSError):
                staged.unlink()

    def _file(self, text: str) -> Path:
        digest = hashlib.sha256(f"{LOADER_VERSION} {text}".encode()).hexdigest()
        return self._folder / f"{digest}.json"

    def _make_room(self) -> None:
        files = sorted(self._folder.glob("*.json"), key=lambda file: file.stat().st_mtime)
        for file in files[: max(0, len(files) - _MOST_FILES)]:
            file.unlink(missing_ok=True)


def _kept(text: str) -> bool:
    return len(text) >= _SMALLEST and _CRD in text
