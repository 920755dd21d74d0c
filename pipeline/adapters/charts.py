"""Reads a chart, archive or directory, into memory. Archives are hostile: no path out, no link followed, no bomb."""

import gzip
import hashlib
import io
import os
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import orjson

from pipeline.core import yaml_read
from pipeline.core.chart import Chart, tree_digest
from pipeline.core.errors import WorldError
from pipeline.core.resource import mapping

# Helm's own limits (pkg/chart/loader/archive), so that what Helm renders can be read, and no more.
_MAX_FILE_BYTES = 5 * 1024 * 1024
_MAX_TOTAL_BYTES = 100 * 1024 * 1024
_MAX_ENTRIES = 20_000
_MAX_DEPTH = 8


class ChartError(WorldError):
    """A chart that cannot be read."""


def load_chart(path: Path | str) -> Chart:
    """One chart, with its packed subcharts unpacked below ``charts/<name>/``.

    Raises:
        ChartError: it is not there, is no chart, or breaks a rule of archives.
    """
    path = Path(path)
    if path.is_dir():
        files = dict(read_directory(path))
        return chart_of(files, tree_digest(files), path.name)
    data = read_file(path)
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    return replace(chart_of(read_archive(data, path.name), digest, path.name), archive=digest)


def chart_of(files: Mapping[str, bytes], digest: str, title: str) -> Chart:
    """The chart that ``files`` (paths below the chart's own folder) make up."""
    if "Chart.yaml" not in files:
        raise ChartError(f"{title} is no chart: it has no Chart.yaml", hint="give a chart archive or a chart's folder")
    files = unpack_subcharts(files, title)
    texts = {name: text for name, data in files.items() if (text := _text(data)) is not None}
    metadata = _mapping(texts, "Chart.yaml", title)
    schema = texts.get("values.schema.json")
    return Chart(
        name=str(metadata.get("name") or ""),
        version=str(metadata.get("version") or ""),
        digest=digest,
        metadata=metadata,
        defaults=_mapping(texts, "values.yaml", title),
        schema=None if schema is None else _schema(schema, title),
        files=texts,
        names=frozenset(files),
    )


def read_archive(data: bytes, title: str) -> dict[str, bytes]:
    """The regular files of a ``.tgz`` by their path below its one folder, sorted. Links are left out, never followed.

    Raises:
        ChartError: no gzipped tar, a path that leaves the folder, or more than Helm itself would take.
    """
    found: dict[str, bytes] = {}
    total = 0
    try:
        with tarfile.open(fileobj=gzip.GzipFile(fileobj=io.BytesIO(data)), mode="r|") as archive:
            for number, member in enumerate(archive):
                if number >= _MAX_ENTRIES:
                    raise ChartError(f"{title} holds more than {_MAX_ENTRIES} entries")
                if not member.isfile():
                    continue
                name = _inside(member.name, title)
                total += member.size
                if member.size > _MAX_FILE_BYTES or total > _MAX_TOTAL_BYTES:
                    raise ChartError(f"{title}: {name} is larger than Helm takes (5 MiB a file, 100 MiB in all)")
                stream = archive.extractfile(member)
                assert stream is not None, "BUG: a regular file without content"
                found[name] = stream.read()
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise ChartError(f"{title} is no readable chart archive: {error}", hint="download it again") from error
    return dict(sorted(found.items()))


def _inside(name: str, title: str) -> str:
    """The path below the archive's first folder. Backslashes count as separators, as they do for Helm."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    bad = not parts or parts[0] == "/" or ".." in parts or ":" in parts[0] or "\0" in name
    below = parts[1:] if parts[:1] != (".",) else parts[2:]
    if bad or not below:
        raise ChartError(f"{title} holds {name!r}, which lies outside the chart's folder", hint="do not use this chart")
    return "/".join(below)


def unpack_subcharts(files: Mapping[str, bytes], title: str, depth: int = 0) -> dict[str, bytes]:
    """``charts/sub-1.2.3.tgz`` becomes ``charts/sub/…``, subcharts of subcharts too."""
    if depth > _MAX_DEPTH:
        raise ChartError(f"{title} nests charts more than {_MAX_DEPTH} deep")
    out: dict[str, bytes] = {}
    for name, data in files.items():
        folder, _, base = name.rpartition("/")
        if not (base.endswith((".tgz", ".tar.gz")) and (folder == "charts" or folder.endswith("/charts"))):
            out[name] = data
            continue
        inner = read_archive(data, f"{title}: {name}")
        own = str(mapping(yaml_read.load(_text(inner.get("Chart.yaml", b"")) or "")).get("name") or base)
        if f"{folder}/{own}/Chart.yaml" in {*out, *files}:  # two versions of one chart, under aliases
            out[name] = data
            continue
        below = unpack_subcharts(inner, f"{title}: {name}", depth + 1)
        out |= {f"{folder}/{own}/{path}": content for path, content in below.items()}
    if sum(map(len, out.values())) > _MAX_TOTAL_BYTES:
        raise ChartError(f"{title} unpacks to more than Helm takes (100 MiB)")
    return dict(sorted(out.items()))


def read_directory(root: Path) -> Iterator[tuple[str, bytes]]:
    """Regular files only; a link that leads out of the chart is not read."""
    real_root = root.resolve()
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_file() and path.resolve().is_relative_to(real_root):
                yield path.relative_to(root).as_posix(), read_file(path)


def read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ChartError(f"chart {path}: {error.strerror or error}", hint="check the path") from error


def _text(data: bytes) -> str | None:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _mapping(texts: Mapping[str, str], name: str, title: str) -> dict[str, Any]:
    try:
        return dict(mapping(yaml_read.load(texts.get(name, ""))))
    except ValueError as error:
        raise ChartError(f"{title}: {name} is not YAML: {error}") from error


def _schema(text: str, title: str) -> Mapping[str, Any] | None:
    try:
        return dict(mapping(orjson.loads(text)))
    except orjson.JSONDecodeError as error:
        raise ChartError(f"{title}: values.schema.json is not JSON: {error}") from error
