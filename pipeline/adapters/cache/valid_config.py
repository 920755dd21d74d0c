"""Remembers which texts of pipeline.yaml are valid: importing the validator takes 70 ms, reading the text 2 ms.

Only schema validation is skipped; the meaning is checked each time. The key is the digest of schema and text, so no
entry can be out of date; if one cannot be read or written, the text is validated again. An entry holds one word.
"""

import hashlib
from pathlib import Path

from pipeline.adapters.cache.cache import Cache
from pipeline.adapters.user_folders import cache_folder

_MOST_FILES = 200
_VALID = b"valid"


class ValidConfig:
    """One text, and what is known of it."""

    def __init__(self, folder: Path, schema: bytes, text: str) -> None:
        self._cache = Cache(folder, "1", _MOST_FILES)
        self._key = hashlib.sha256(
            b"%d %b%b" % (len(schema), schema, text.encode("utf-8", "surrogatepass"))
        ).hexdigest()

    @classmethod
    def of_user(cls, schema: bytes, text: str) -> "ValidConfig":
        return cls(cache_folder("valid"), schema, text)

    @property
    def known(self) -> bool:
        return self._cache.get(self._key) == _VALID

    def keep(self) -> None:
        """For the next time; the oldest go when there are many."""
        self._cache.put(self._key, _VALID)
