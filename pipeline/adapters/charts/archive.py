"""Reads chart archives (.tgz), including malicious ones, into memory: writes no file and follows no link.

The rules on names are Helm's own (one base directory, nothing absolute, no way up), and stricter on what no chart
needs: names that appear twice or differ only by case are refused, and so is whatever is not a file or a folder. (Helm
reads a link as an empty file; ``helm package`` never writes one.) The limits of the archive are checked while it is
read.
"""

import gzip
import io
import posixpath
import re
import tarfile
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from pipeline.core.budget import Budget
from pipeline.core.errors import WorldError
from pipeline.core.safe_path import LONGEST_PATH, SafePath, UnsafePathError, collision, shown

MAX_FILE_BYTES = 5 * 1024 * 1024
"""Size of one file that Helm refuses to exceed (MaxDecompressedFileSize)."""


class ArchiveFile(NamedTuple):
    """A file of a chart. ``path`` is relative to the chart's own folder, with ``/``: ``templates/service.yaml``."""

    path: str
    data: bytes


class ChartError(WorldError):
    """A chart that cannot be read: its archive is damaged, too large, or holds what no chart may hold."""


def read_archive(data: bytes, *, name: str, budget: Budget | None = None) -> Iterator[ArchiveFile]:
    """Every regular file of a packaged chart, in the archive's order; ``name`` is what errors call the archive.

    Packed subcharts (``charts/x-1.0.0.tgz``) are yielded as they are. ``budget`` is that of the whole chart.

    Raises:
        ChartError: the archive is damaged or hostile. Some files may have been yielded: collect all before using any.
        LimitError: it is more than the budget allows.
    """
    budget = budget or Budget(name)
    raw = _decompress(data, name, budget)
    seen: set[str] = set()
    try:
        with tarfile.open(fileobj=io.BytesIO(raw), mode="r:") as tar:
            for member in tar:
                budget.file()
                if member.isdir():
                    continue
                _refuse_odd(member, name)
                path = _path(member, name, budget)
                if path in seen:
                    raise ChartError(f"{name}: holds {path} twice", hint=HOSTILE)
                seen.add(path)
                if member.size > MAX_FILE_BYTES:
                    raise ChartError(f"{name}: {path} is larger than Helm's limit of 5 MiB per file", hint=HOSTILE)
                yield ArchiveFile(path, _content(raw, member))
            end = raw[tar.offset : tar.offset + tarfile.BLOCKSIZE]
    except (tarfile.TarError, ValueError, OverflowError) as error:  # of odd numbers in headers
        raise ChartError(f"{name}: is damaged: {error}", hint=_DAMAGED) from error
    # tarfile takes a broken header for the end of the archive; half a chart must never pass for a whole one.
    if end.strip(b"\0"):
        raise ChartError(f"{name}: is damaged: no tar header at byte {tar.offset}", hint=_DAMAGED)
    refuse_collisions(seen, name)


_KINDS = {
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.LNKTYPE: "a hard link",
    tarfile.CHRTYPE: "a character device",
    tarfile.BLKTYPE: "a block device",
    tarfile.FIFOTYPE: "a FIFO",
}


def _refuse_odd(member: tarfile.TarInfo, name: str) -> None:
    """A sparse file may claim any size, and a chart needs nothing but regular files."""
    if member.isreg() and not member.issparse():
        return
    what = "a sparse file" if member.issparse() else _KINDS.get(member.type, f"an entry of type {member.type!r}")
    to = (
        f" to {shown(member.linkname)}" if member.linkname and member.type in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
    )
    raise ChartError(f"{name}: {shown(member.name)} is {what}{to}; a chart holds only files and folders", hint=_ODD)


_ODD = "pack the chart with helm package, which stores what a link leads to; or ask its publisher"
_MOST_RATIO = 200
"""Text of real charts shrinks to a twentieth at most; what shrinks to a thousandth is made to fill memory."""
_RATIO_FROM = 32 * 1024 * 1024
_IS_NORMAL = re.compile(r"(?:[^./][^/]*/)*[^./][^/]*\Z").match
_DAMAGED = "fetch the archive again; a chart is a gzipped tar file"
HOSTILE = "do not use this archive; ask its publisher"


def refuse_collisions(paths: set[str], name: str) -> None:
    """That every file system can hold all ``paths`` side by side.

    Raises:
        ChartError: one that knows no cases could not, or a path is both a file and a folder.
    """
    problem = collision(paths)
    if problem:
        raise ChartError(f"{name}: {problem}", hint=HOSTILE)


def _decompress(data: bytes, name: str, budget: Budget) -> bytes:
    budget.packed(len(data))
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            raw = stream.read(budget.unpacked_left + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ChartError(f"{name}: is not a whole gzip file: {error}", hint=_DAMAGED) from error
    budget.unpacked(len(raw))
    if len(raw) > _RATIO_FROM and len(raw) > _MOST_RATIO * len(data):
        message = f"{name}: {len(data)} bytes unpack to {len(raw)}, more than {_MOST_RATIO} times as many"
        raise ChartError(message, hint=HOSTILE)
    return raw


def _path(member: tarfile.TarInfo, name: str, budget: Budget) -> str:
    if len(member.name) > LONGEST_PATH:
        budget.depth(member.name)
        raise ChartError(f"{name}: {shown(member.name)} is too long for a path", hint=HOSTILE)
    parts = member.name.replace("\\", "/").split("/")
    below = "/".join(parts[1:])
    if not _IS_NORMAL(below):
        below = posixpath.normpath(below) if below else ""
    if not below or below == "." or parts[0] == "Chart.yaml":
        raise ChartError(f"{name}: {shown(member.name)} lies outside the chart's base directory", hint=_DAMAGED)
    try:
        if parts[0] != ".":
            SafePath(parts[0], "its first folder")
        path = SafePath(member.name if ".." in parts else below, "it")
    except UnsafePathError as error:
        message = f"{name}: {shown(member.name)} points out of the chart or is not a path in it: {error.message}"
        raise ChartError(message, hint=HOSTILE) from error
    budget.depth(path)
    return str(path)


def _content(raw: bytes, member: tarfile.TarInfo) -> bytes:
    """Cut out of what was unpacked: tarfile's own reader of each file takes as long as all the rest."""
    data = raw[member.offset_data : member.offset_data + member.size]
    if len(data) != member.size:
        raise tarfile.ReadError("unexpected end of data")
    return data
