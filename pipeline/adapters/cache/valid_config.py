"""Remembers which texts of pipeline.yaml fit the schema: its validator takes 70 ms to import, the text 2 ms to read.

Only that much is skipped; what the text means is looked at each time. The key is the digest of schema and text, so
nothing can be out of date; what cannot be read or written is simply validated again.
"""

import hashlib
from contextlib import suppress
from pathlib import Path

from pipeline.adapters.cache.folder import folder, keep, keep_newest

_MOST_FILES = 200


class ValidConfig:
    """One text, and a folder of empty files, each named by the digest of what was valid."""

    def __init__(self, folder: Path, schema: bytes, text: str) -> None:
        self._file = folder / hashlib.sha256(b"%d %b%b" % (len(schema), schema, text.encode())).hexdigest()

    @classmethod
    def of_user(cls, schema: bytes, text: str) -> "ValidConfig":
        return cls(folder("valid"), schema, text)

    @property
    def known(self) -> bool:
        with suppress(OSError):
            return self._file.is_file()
        return False

    def keep(self) -> None:
        """For the next time; the oldest go when there are many."""
        keep(self._file, b"")
        keep_newest(self._file.parent, _MOST_FILES)
