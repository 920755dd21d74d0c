"""Keeps the verdicts of other versions between runs: each is what a fetch, two renders and a comparison came to.

The key has all that they depend on. Titles and fixes of findings are kept as they are shown: no secret is in them.
"""

import hashlib
from pathlib import Path

import msgspec

from pipeline.adapters.cache.cache import Cache
from pipeline.adapters.cache.tool_version import tool_version
from pipeline.adapters.user_folders import cache_folder
from pipeline.core.upgrade.judged import JudgedVersion

_MOST = 2_000


class VerdictCache:
    """One entry for each pair of versions."""

    def __init__(self, folder: Path, version: str) -> None:
        self._cache = Cache(folder, version, _MOST)

    @classmethod
    def of_user(cls) -> "VerdictCache":
        return cls(cache_folder("verdicts"), tool_version())

    def get(self, *key: str) -> JudgedVersion | None:
        """The verdict; None where it was never kept, or cannot be read."""
        raw = self._cache.get(_digest(key))
        try:
            return None if raw is None else msgspec.json.decode(raw, type=JudgedVersion)
        except msgspec.DecodeError:
            return None

    def put(self, judged: JudgedVersion, *key: str) -> None:
        self._cache.put(_digest(key), msgspec.json.encode(judged))


def _digest(key: tuple[str, ...]) -> str:
    return hashlib.sha256(msgspec.json.encode(key)).hexdigest()
