"""pipeline.lock as text. ``from_text`` and ``to_text`` are exact inverses, and equal locks give equal bytes.

Each chart is one block with all that belongs to it, under a key of its own, and ends in a line of its own. So the
blocks that two branches add do not meet, or stand in a conflict as a whole: both are kept.
"""

from collections.abc import Mapping
from typing import Any

from pipeline.core.charts.chart import Dependency
from pipeline.core.charts.lock import FILE, ChartLock, LockedChart, LockedRelease
from pipeline.core.errors import ConfigError, Problem
from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.safe_path import SafeName, SafePath, UnsafePathError
from pipeline.core.yaml.reader import DuplicateKey, YamlError, load_all

SCHEMA = "pipeline.lock/v3"
_LISTED = ("pipeline.lock/v1", "pipeline.lock/v2")
"""Of older locks, which have charts in a list and releases apart. v1 does not name dependencies: they are pinned when
their charts are fetched again."""
_HEADER = "# Written by `pipeline vendor`: commit it, and never edit it by hand.\n"
_CONFLICT = ("<<<<<<< ", ">>>>>>> ")


def to_text(lock: ChartLock) -> str:
    """The text of a lock."""
    from pipeline.core.yaml.writer import dump  # noqa: PLC0415 - 8 ms that whoever only reads a lock need not pay

    charts = {f"{chart.name}/{chart.version}": _block(chart, lock) for chart in lock.charts}
    return _HEADER + dump({"charts": charts, "schema": SCHEMA})


def from_text(text: str) -> ChartLock:
    """Read a lock.

    Raises:
        ConfigError: it is not a lock, holds a conflict, or is of a schema that this version of pipeline does not know.
    """
    line = next((n for n, one in enumerate(text.splitlines(), 1) if one.startswith(_CONFLICT)), 0)
    if line:
        hint = "remove the markers and keep the blocks of both sides, then run `pipeline vendor`"
        raise ConfigError((Problem(FILE, line, 1, "it holds a merge conflict; each chart is one block"),), hint=hint)
    twice: list[DuplicateKey] = []
    try:
        documents = load_all(text, twice)
    except YamlError as error:
        raise _bad(error.message, error.line, error.column) from error
    if twice:
        raise _bad(f"{twice[0].key} stands there twice", twice[0].line)
    data = mapping(documents[0]) if documents else {}
    if data.get("schema") in _LISTED:
        return _from_lists(data)
    if data.get("schema") != SCHEMA:
        raise _bad(f"its schema is {data.get('schema')!r}, not {SCHEMA!r}")
    charts, releases = list[LockedChart](), dict[str, LockedRelease]()
    for key, value in mapping(data.get("charts")).items():
        name, _, version = str(key).rpartition("/")
        entry = {**mapping(value), "name": name, "version": version}
        charts.append(_chart(entry))
        for release, got in mapping(entry.get("releases")).items():
            if release in releases:
                raise _bad(f"release {release!r} stands under two charts")
            releases[str(release)] = _release(release, {**mapping(got), "name": name, "version": version})
    return ChartLock(tuple(sorted(charts)), dict(sorted(releases.items())))


def _block(chart: LockedChart, lock: ChartLock) -> dict[str, Any]:
    releases = {
        name: _present(chart=got.chart, wanted=got.wanted)
        for name, got in lock.releases.items()
        if got.folder == chart.folder
    }
    block: dict[str, Any] = _present(
        appVersion=chart.app_version,
        archive=chart.archive,
        provenance=chart.provenance,
        revision=chart.revision,
        source=chart.source,
        tree=chart.tree,
    )
    if chart.dependencies is not None:
        block["dependencies"] = {
            one.path: _present(
                name=one.name, version=one.version, source=one.source, archive=one.archive, revision=one.revision
            )
            for one in chart.dependencies
        }
    return block | {"releases": releases}


def _from_lists(data: Mapping[str, Any]) -> ChartLock:
    charts = [_chart(mapping(entry)) for entry in sequence(data.get("charts"))]
    releases = {str(name): _release(name, mapping(entry)) for name, entry in mapping(data.get("releases")).items()}
    lock = ChartLock(tuple(sorted(charts)), releases)
    for name in releases:
        if lock.chart_of(name) is None:
            raise _bad(f"release {name!r} has no entry under charts")
    return lock


def _chart(entry: Mapping[str, Any]) -> LockedChart:
    name, version, source, tree = (_text(entry, key) for key in ("name", "version", "source", "tree"))
    found = entry.get("dependencies")
    rows = [{"path": path, **mapping(row)} for path, row in found.items()] if isinstance(found, dict) else found
    dependencies = None if rows is None else tuple(sorted(_dependency(mapping(row)) for row in sequence(rows)))
    archive, app_version, revision, provenance = (
        _optional(entry, key) for key in ("archive", "appVersion", "revision", "provenance")
    )
    return LockedChart(name, version, source, tree, archive, dependencies, app_version, revision, provenance)


def _dependency(entry: Mapping[str, Any]) -> Dependency:
    path, name, version, source = (_text(entry, key) for key in ("path", "name", "version", "source"))
    return Dependency(path, name, version, source, _optional(entry, "archive"), _optional(entry, "revision"))


def _release(release: str, entry: Mapping[str, Any]) -> LockedRelease:
    if not entry:
        raise _bad(f"release {release!r} is not a map")
    chart, name, version = (_text(entry, key) for key in ("chart", "name", "version"))
    return LockedRelease(chart, str(entry.get("wanted") or ""), name, version)


_GATES = {"name": SafeName, "version": SafeName, "path": SafePath}
"""What becomes a folder."""


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value:
        raise _bad(f"{key} of {entry.get('name') or 'an entry'} is {value!r}")
    try:
        _GATES.get(key, str)(value)
    except UnsafePathError as error:
        raise _bad(f"{key} of {entry.get('name') or 'an entry'}: {error.message}") from error
    return value


def _optional(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key) or ""
    if not isinstance(value, str):
        raise _bad(f"{key} of {entry.get('name') or 'an entry'} is {value!r}")
    return value


def _bad(message: str, line: int = 0, column: int = 0) -> ConfigError:
    hint = "restore the committed file, or delete it and run `pipeline vendor`"
    return ConfigError((Problem(FILE, line, column, message),), hint=hint)


def _present(**fields: str) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}
