"""Reads a chart, archive or directory, into memory. Archives are untrusted: see archive.py."""

import codecs
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from pipeline.adapters.charts import archive
from pipeline.adapters.charts.archive import HOSTILE, ChartError, refuse_collisions
from pipeline.adapters.charts.folder import read_directory
from pipeline.core.budget import Budget, ChartLimits
from pipeline.core.charts.chart import Chart, tree_digest
from pipeline.core.charts.dependencies import METADATA, is_packed
from pipeline.core.charts.values import values_of
from pipeline.core.errors import MissingFileError, UsageError
from pipeline.core.kube.resource import mapping
from pipeline.core.safe_path import SafeName, UnsafePathError
from pipeline.core.yaml import reader as yaml_read

_MAX_DEPTH = 8


def load_chart(path: Path | str) -> Chart:
    """One chart, with its packed subcharts unpacked below ``charts/<name>/``.

    Raises:
        ChartError: it is not there, is not a chart, or breaks a rule of archives.
    """
    path = Path(path)
    if path.is_dir():
        files = read_directory(path)
        return chart_of(files, tree_digest(files), path.name)
    data = read_file(path)
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    budget = Budget(path.name)
    return replace(chart_of(read_archive(data, path.name, budget), digest, path.name, budget), archive=digest)


def chart_within(limits: ChartLimits) -> Callable[[Mapping[str, bytes], str, str], Chart]:
    """``chart_of`` for the charts of a repository with these limits."""
    return lambda files, digest, title: chart_of(files, digest, title, Budget(title, limits))


def chart_of(files: Mapping[str, bytes], digest: str, title: str, budget: Budget | None = None) -> Chart:
    """The chart that ``files`` (paths below the chart's own folder) make up."""
    metadata = metadata_of(files, title)
    files = unpack_subcharts(files, title, budget or Budget(title))
    texts = {name: text for name, data in files.items() if (text := _text(data)) is not None}
    schema = texts.get("values.schema.json")
    return Chart(
        name=str(metadata.get("name") or ""),
        version=str(metadata.get("version") or ""),
        digest=digest,
        metadata=metadata,
        defaults=_mapping(texts.get("values.yaml", ""), "values.yaml", title, values_of),
        schema=None if schema is None else _schema(schema, title),
        files=texts,
        names=frozenset(files),
    )


def read_archive(data: bytes, title: str, budget: Budget | None = None) -> dict[str, bytes]:
    """The regular files of a ``.tgz`` by their path below its one folder, sorted.

    Raises:
        ChartError: no gzipped tar, a link or a device in it, a path that leaves the folder, or more than Helm
            itself would take.
    """
    return dict(sorted(archive.read_archive(data, name=title, budget=budget)))


def unpack_subcharts(files: Mapping[str, bytes], title: str, budget: Budget, depth: int = 0) -> dict[str, bytes]:
    """``charts/sub-1.2.3.tgz`` becomes ``charts/sub/…``, subcharts of subcharts too; nothing that Helm does not unpack.

    Two versions of one chart become ``charts/sub-1.2.3/`` and ``charts/sub-2.0.0/``: Helm goes by Chart.yaml's name.

    Raises:
        ChartError: a subchart cannot be read, or its name is not a name for a folder.
        LimitError: all of them together are more than the budget allows.
    """
    if depth > _MAX_DEPTH:
        raise ChartError(f"{title} nests charts more than {_MAX_DEPTH} deep", hint=HOSTILE)
    inside = {path: read_archive(data, f"{title}: {path}", budget) for path, data in files.items() if is_packed(path)}
    out = {path: data for path, data in files.items() if path not in inside}
    for path, place in _places(inside, files, title).items():
        if not place:  # as it is: Helm says what is wrong with it, where something is
            out[path] = files[path]
            continue
        below = unpack_subcharts(inside[path], f"{title}: {path}", budget, depth + 1)
        out |= {f"{place}/{name}": content for name, content in below.items()}
    if not depth and inside:  # archives and folders were asked when they were read
        refuse_collisions(set(out), title)
    return dict(sorted(out.items()))


def _places(inside: Mapping[str, Mapping[str, bytes]], files: Mapping[str, bytes], title: str) -> dict[str, str]:
    """The folder of each packed chart by the path of its archive; empty for one that must stay packed."""
    plain, exact = dict[str, str](), dict[str, str]()
    for path, inner in inside.items():
        if METADATA not in inner:
            plain[path] = exact[path] = ""
            continue
        where = f"{title}: {path}"
        folder = f"{path.rpartition('/')[0]}/{chart_name(inner, where)}"
        version = metadata_of(inner, where).get("version")
        plain[path], exact[path] = folder, f"{folder}-{version}" if _is_name(str(version)) else ""
    taken = {"/".join(path.split("/")[:depth]) for path in files for depth in _depths(path)}
    times = Counter(plain.values())
    places = {path: stem if times[stem] == 1 and stem not in taken else exact[path] for path, stem in plain.items()}
    again = Counter(places.values())
    return {path: "" if again[place] > 1 or place in taken else place for path, place in places.items()}


def _is_name(text: str) -> bool:
    try:
        return bool(SafeName(text))
    except UnsafePathError:
        return False


def _depths(path: str) -> range:
    """How many components make up each folder of a chart on the way to ``path``: 2 for ``charts/sub/Chart.yaml``."""
    depth = 0
    parts = path.split("/")
    while depth + 2 < len(parts) and parts[depth] == "charts":
        depth += 2
    return range(2, depth + 1, 2)


def metadata_of(files: Mapping[str, bytes], title: str) -> dict[str, Any]:
    """A chart's Chart.yaml.

    Raises:
        ChartError: there is none, or it is not a map in YAML.
    """
    if "Chart.yaml" not in files:
        raise ChartError(f"{title} is not a chart: it has no Chart.yaml", hint="give a chart archive or a chart folder")
    return yaml_map(files["Chart.yaml"], "Chart.yaml", title)


def chart_name(files: Mapping[str, bytes], title: str) -> SafeName:
    """The name that a chart gives itself, which becomes a folder.

    Raises:
        ChartError: it is not a name, or Chart.yaml cannot be read.
    """
    try:
        return SafeName(str(metadata_of(files, title).get("name") or ""), f"{title}: the name in its Chart.yaml")
    except UnsafePathError as error:
        raise ChartError(error.message, hint=HOSTILE) from error


def yaml_map(data: bytes, name: str, title: str) -> dict[str, Any]:
    """A file of a chart that holds one map; empty for an empty file.

    Raises:
        ChartError: it is not UTF-8, not YAML, or not a map.
    """
    text = _text(data)
    if text is None:
        raise ChartError(f"{title}: {name} is not UTF-8", hint=HOSTILE)
    return _mapping(text, name, title)


def read_file(path: Path, limits: ChartLimits | None = None) -> bytes:
    budget = Budget(str(path), limits or ChartLimits())
    most = budget.packed_left
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise MissingFileError.of(f"chart {path}", error, hint="check the path") from error
    except ValueError as error:
        raise UsageError(f"chart {path}: {error}", hint="check the path") from error
    budget.packed(len(data))
    return data


def _text(data: bytes) -> str | None:
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError:
        return None


def _mapping(text: str, name: str, title: str, read: Callable[[str], object] = yaml_read.load) -> dict[str, Any]:
    try:
        return dict(mapping(read(text)))
    except ValueError as error:
        raise ChartError(f"{title}: {name} is not valid YAML: {error}", hint=HOSTILE) from error


def _schema(text: str, title: str) -> Mapping[str, Any] | None:
    try:
        return dict(mapping(orjson.loads(text)))
    except orjson.JSONDecodeError as error:
        raise ChartError(f"{title}: values.schema.json is not JSON: {error}") from error
