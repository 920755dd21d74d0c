"""Reads a chart, archive or directory, into memory. Archives are hostile: see archive.py."""

import codecs
import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from pipeline.adapters.charts import archive
from pipeline.adapters.charts.archive import MAX_BYTES, ChartError
from pipeline.core.charts.chart import Chart, tree_digest
from pipeline.core.kube.resource import mapping
from pipeline.core.yaml import reader as yaml_read

_MAX_DEPTH = 8


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
    return dict(sorted(archive.read_archive(data, name=title)))


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
    if sum(map(len, out.values())) > MAX_BYTES:
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
        return data.removeprefix(codecs.BOM_UTF8).decode()
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
