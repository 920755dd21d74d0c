"""Reads chart archives (.tgz) into memory, hostile ones included: nothing is ever written or followed here.

The rules on names are Helm's own (one base directory, nothing absolute, no way up), and stricter on what no chart
needs: names that appear twice are refused, links and devices are left out.
"""

import gzip
import io
import posixpath
import re
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipeline.core.errors import WorldError

MAX_BYTES = 100 * 1024 * 1024
"""Unpacked size that Helm itself refuses to exceed (MaxDecompressedChartSize)."""
MAX_FILE_BYTES = 5 * 1024 * 1024
"""Size of one file that Helm refuses to exceed (MaxDecompressedFileSize)."""
MAX_FILES = 20_000

_DRIVE = re.compile(r"[A-Za-z]:/")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class ArchiveFile(NamedTuple):
    """A file of a chart. ``path`` is relative to the chart's own folder, with ``/``: ``templates/service.yaml``."""

    path: str
    data: bytes


class ChartError(WorldError):
    """A chart that cannot be read: its archive is damaged, too large, or holds what no chart may hold."""


def read_archive(data: bytes, *, name: str) -> Iterator[ArchiveFile]:
    """Every regular file of a packaged chart, in the archive's order; ``name`` is what errors call the archive.

    Packed subcharts (``charts/x-1.0.0.tgz``) are yielded as they are. Raises ChartError, possibly after some
    files: collect them all before using any.
    """
    raw = _decompress(data, name)
    seen: set[str] = set()
    try:
        with tarfile.open(fileobj=io.BytesIO(raw), mode="r:") as tar:
            for member in tar:
                if not member.isreg() or member.issparse():  # a sparse entry may claim any size
                    continue
                path = _path(member, name)
                if path in seen:
                    raise ChartError(f"{name}: holds {path} twice", hint=_HOSTILE)
                seen.add(path)
                if len(seen) > MAX_FILES:
                    raise ChartError(f"{name}: holds more than {MAX_FILES} files", hint=_HOSTILE)
                if member.size > MAX_FILE_BYTES:
                    raise ChartError(f"{name}: {path} is larger than Helm takes (5 MiB a file)", hint=_HOSTILE)
                yield ArchiveFile(path, _content(tar, member))
            end = raw[tar.offset : tar.offset + tarfile.BLOCKSIZE]
    except tarfile.TarError as error:
        raise ChartError(f"{name}: is damaged: {error}", hint=_DAMAGED) from error
    # tarfile takes a broken header for the end of the archive; half a chart must never pass for a whole one.
    if end.strip(b"\0"):
        raise ChartError(f"{name}: is damaged: no tar header at byte {tar.offset}", hint=_DAMAGED)
    _refuse_files_as_folders(seen, name)


_DAMAGED = "fetch the archive again; a chart is a gzipped tar file"
_HOSTILE = "do not use this archive; ask its publisher"


def _decompress(data: bytes, name: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            raw = stream.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ChartError(f"{name}: is not a whole gzip file: {error}", hint=_DAMAGED) from error
    if len(raw) > MAX_BYTES:
        raise ChartError(f"{name}: unpacks to more than {MAX_BYTES // 1024 // 1024} MiB", hint=_HOSTILE)
    return raw


def _path(member: tarfile.TarInfo, name: str) -> str:
    parts = member.name.replace("\\", "/").split("/")
    below = posixpath.normpath("/".join(parts[1:])) if len(parts) > 1 else ""
    if not below or below == "." or parts[0] == "Chart.yaml":
        raise ChartError(f"{name}: {member.name!r} lies outside the chart's base directory", hint=_DAMAGED)
    escapes = member.name.startswith("/") or ".." in parts or below.startswith("/")
    if escapes or _DRIVE.match(member.name) or _DRIVE.match(below) or _CONTROL.search(below):
        raise ChartError(f"{name}: {member.name!r} points out of the chart", hint=_HOSTILE)
    return below


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = tar.extractfile(member)
    assert stream is not None, "BUG: a regular file without content"
    return stream.read()


def _refuse_files_as_folders(paths: Iterable[str], name: str) -> None:
    folders = {
        "/".join(parts[:depth]) for path in paths for parts in [path.split("/")] for depth in range(1, len(parts))
    }
    for path in sorted(folders.intersection(paths)):
        raise ChartError(f"{name}: {path} is both a file and a folder", hint=_HOSTILE)
