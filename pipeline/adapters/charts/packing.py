"""Packs charts for Helm: an archive is rendered as it was packaged, a folder is not.

In a folder, .helmignore, a rule of Helm's own (``templates/.?*``) and links decide what Helm sees. A vendored chart is
therefore read once, checked against its digest, and given to Helm as an archive of exactly those bytes.
"""

import tarfile
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from weakref import finalize

from pipeline.adapters.disk import Disk
from pipeline.adapters.guard import private_folder
from pipeline.core.charts.lock import FOLDER
from pipeline.core.charts.stored_names import original_files
from pipeline.core.errors import RenderError, StaleError
from pipeline.core.render.order import Engine, RenderedChart, RenderOrder

_BASE = b"chart/"
_LONGEST = 100
"""Bytes of a name in the header itself."""
_BLOCK = tarfile.BLOCKSIZE
_NUMBERS = b"0000644\0" + b"0000000\0" * 2
_GZIP = 31


def pack(files: Mapping[str, bytes]) -> bytes:
    """A ``.tgz`` of a chart's files; equal files give equal bytes. It is not compressed: only Helm reads it, once."""
    parts: list[bytes] = []
    for name, data in files.items():
        parts += [_header(name, len(data)), data, b"\0" * (-len(data) % _BLOCK)]
    parts.append(b"\0" * _BLOCK * 2)
    stream = zlib.compressobj(0, wbits=_GZIP)
    return stream.compress(b"".join(parts)) + stream.flush()


def _header(name: str, size: int) -> bytes:
    encoded = _BASE + name.encode()
    if len(encoded) > _LONGEST:
        info = tarfile.TarInfo(encoded.decode())
        info.size = size
        return info.tobuf(tarfile.PAX_FORMAT)
    head = encoded.ljust(_LONGEST, b"\0") + _NUMBERS + b"%011o\0" % size + b"00000000000\0"
    tail = b"0" + b"\0" * 100 + b"ustar\x0000"
    checksum = sum(head) + 8 * ord(" ") + sum(tail)
    return (head + b"%06o\0 " % checksum + tail).ljust(_BLOCK, b"\0")


class VendoredEngine:
    """Any engine, for the vendored charts of the repository at ``disk``: each is packed once."""

    def __init__(self, engine: Engine, disk: Disk) -> None:
        self._engine, self._disk = engine, disk
        self._top = f"{disk.root}/"
        self._packed: dict[str, str] = {}
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._folder: Path | None = None
        finalize(self, self._stack.close)

    @property
    def name(self) -> str:
        return self._engine.name

    @property
    def version(self) -> str:
        return self._engine.version

    def render(self, order: RenderOrder) -> RenderedChart:
        return self._engine.render(self._of_package(order))

    def render_all(self, orders: Iterable[RenderOrder]) -> Iterator[RenderedChart | RenderError]:
        return self._held(self._engine.render_all([self._of_package(order) for order in orders]))

    def _held(self, answers: Iterator[RenderedChart | RenderError]) -> Iterator[RenderedChart | RenderError]:
        """The folder stays as long as somebody waits for an answer: this generator holds ``self``."""
        yield from answers

    def _of_package(self, order: RenderOrder) -> RenderOrder:
        place = order.chart.removeprefix(self._top)
        if not place.startswith(f"{FOLDER}/"):
            return order
        with self._lock:
            if place not in self._packed:
                self._packed[place] = self._written(place, order.chart_digest)
        return replace(order, chart=self._packed[place])

    def _written(self, place: str, digest: str) -> str:
        tree = self._disk.vendored(place)
        if digest and tree.digest != digest:
            raise StaleError(f"{place} was changed while it was being read", hint="try again, or run pipeline vendor")
        if self._folder is None:
            self._folder = self._stack.enter_context(private_folder("charts"))
        file = self._folder / f"{len(self._packed)}.tgz"
        file.write_bytes(pack(original_files(tree.files)))
        return str(file)
