"""Caches parsed CRDs between runs: reading a megabyte of YAML takes a hundred times longer than reading its JSON.

Only CRDs are kept, which hold no secrets: every parsed document of a text must be one. The key is the text, so no
entry can be out of date; if an entry cannot be read or written, the text is simply parsed again.
"""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from pipeline.adapters.cache.cache import Cache
from pipeline.adapters.user_folders import cache_folder
from pipeline.core.kube.resource import CRD_KIND
from pipeline.core.render.manifests import LOADER_VERSION

_SMALLEST = 16_384
"""Bytes; a smaller document is parsed as fast as a file is opened."""
_MOST_FILES = 600
_CRD = f"kind: {CRD_KIND}"
_GROUP = "apiextensions.k8s.io/"
_PARTS = {"apiVersion", "kind", "metadata", "spec", "status"}


class DocumentCache:
    """What texts were parsed to, as JSON."""

    def __init__(self, folder: Path) -> None:
        self._cache = Cache(folder, str(LOADER_VERSION), _MOST_FILES)

    @classmethod
    def of_user(cls) -> "DocumentCache":
        return cls(cache_folder("documents"))

    def get(self, text: str) -> list[Any] | None:
        """What the text was parsed to; None where it was never kept."""
        if not _may_be_kept(text):
            return None
        raw = self._cache.get(_digest(text))
        try:
            documents = orjson.loads(raw) if raw is not None else None
        except ValueError:
            return None
        return documents if isinstance(documents, list) else None

    def put(self, text: str, documents: list[Any]) -> None:
        """Keep it, whole or not at all."""
        if not _may_be_kept(text) or not all(map(_is_crd, documents)):
            return
        try:
            raw = orjson.dumps(documents)
        except TypeError:  # a number that JSON does not take
            return
        self._cache.put(_digest(text), raw)


@lru_cache(maxsize=256)  # it is asked for before and after
def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _may_be_kept(text: str) -> bool:
    """Quickly; what is kept is decided by what was parsed."""
    return len(text) >= _SMALLEST and _CRD in text


def _is_crd(document: Any) -> bool:
    if document is None:
        return True
    if not isinstance(document, dict) or document.get("kind") != CRD_KIND or not document.keys() <= _PARTS:
        return False
    return str(document.get("apiVersion", "")).startswith(_GROUP)
