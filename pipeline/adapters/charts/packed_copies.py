"""Archives of charts changed for Helm, in a private folder: each is written once, and lives as long as its owner."""

import threading
from collections.abc import Callable, Hashable, Mapping
from contextlib import ExitStack
from pathlib import Path
from weakref import finalize

from pipeline.adapters.charts.packing import pack
from pipeline.adapters.guard import private_folder
from pipeline.core.safe_path import SafeName


class PackedCopies:
    """``purpose`` is part of the folder's name. The folder goes when this object does: whoever waits must hold it."""

    def __init__(self, purpose: str) -> None:
        self._purpose = purpose
        self._written: dict[Hashable, str] = {}
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._folder: Path | None = None
        finalize(self, self._stack.close)

    def archive(self, key: Hashable, files: Callable[[], Mapping[str, bytes]]) -> str:
        """The path of the archive of ``key``; ``files`` is called where there is none yet, by one thread at a time."""
        with self._lock:
            if key not in self._written:
                content = files()
                if self._folder is None:
                    self._folder = self._stack.enter_context(private_folder(self._purpose))
                file = self._folder / SafeName(f"{len(self._written)}.tgz")
                file.write_bytes(pack(content))
                self._written[key] = str(file)
            return self._written[key]
