"""Keeps parsed CRDs between runs: a megabyte of YAML takes a hundred times longer to read than its JSON.

Only CRDs are kept, which hold no secrets. The key is the digest of the text, so nothing can be out of date; what cannot
be read or written is simply parsed again.
"""

import hashlib
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from pipeline.adapters.cache.folder import folder, keep, keep_newest
from pipeline.core.render.manifests import LOADER_VERSION

_SMALLEST = 16_384
"""Bytes; a smaller document is parsed as fast as a file is opened."""
_MOST_FILES = 600
_SOME = 50
"""After so many more it is seen to that there are not too many: to look through them costs more than to write one."""
_CRD = "kind: CustomResourceDefinition"


class DocumentCache:
    """A folder of JSON files, each named by the digest of the YAML that it was read from."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._puts = 0

    @classmethod
    def of_user(cls) -> "DocumentCache":
        return cls(folder("documents"))

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
        with suppress(TypeError):  # a number that JSON does not take
            keep(self._file(text), orjson.dumps(documents))
        if self._puts % _SOME == 0:
            keep_newest(self._folder, _MOST_FILES)
        self._puts += 1

    def _file(self, text: str) -> Path:
        return self._folder / f"{_digest(text)}.json"


@lru_cache(maxsize=256)  # it is asked for before and after
def _digest(text: str) -> str:
    return hashlib.sha256(f"{LOADER_VERSION} {text}".encode()).hexdigest()


def _kept(text: str) -> bool:
    return len(text) >= _SMALLEST and _CRD in text
