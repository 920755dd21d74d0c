"""pipeline.lock as text. ``from_text`` and ``to_text`` are exact inverses, and equal locks give equal bytes.

Each chart is one block under its name, with a part for each release that has it. What an upgrade changes stands between
a release's name and an empty line, which no upgrade changes: so unrelated changes of two branches never touch each
other, and Git merges them. Of two sides that do meet, ``mended_lock.py`` makes one lock again.
"""

from collections.abc import Mapping
from typing import Any

from pipeline.core.charts.chart import Dependency
from pipeline.core.charts.lock import FILE, ChartLock, LockedChart, LockedRelease
from pipeline.core.errors import ConfigError, Problem
from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.safe_path import SafeName, SafePath, UnsafePathError
from pipeline.core.yaml.reader import DuplicateKey, YamlError, load_all

SCHEMA = "pipeline.lock/v4"
_HEADER = "# Written by `pipeline vendor`: commit it, and never edit it by hand.\n"
_CONFLICT = ("<<<<<<< ", ">>>>>>> ")
MEND = "run `pipeline vendor`, which makes one lock of both sides, once pipeline.yaml is merged"


class MergedLockError(ConfigError):
    """It holds both sides of a merge."""


def to_text(lock: ChartLock) -> str:
    """The text of a lock; without spare charts, which nobody needs."""
    from pipeline.core.yaml.writer import dump  # noqa: PLC0415 - 8 ms that whoever only reads a lock need not pay

    if not lock.releases:
        return _HEADER + dump({"charts": {}, "schema": SCHEMA})
    rows = sorted((locked.name, release, locked) for release, locked in lock.releases.items())
    parts, last = ["charts:\n"], ""
    for name, release, locked in rows:
        head, _, part = dump({name: {release: _part(locked)}}).partition("\n")
        lines = [*([head] if name != last else []), *part.split("\n")[:-1]]
        parts.append("".join(f"  {line}\n" for line in lines) + "\n")
        last = name
    return _HEADER + "".join(parts) + dump({"schema": SCHEMA})


def from_text(text: str) -> ChartLock:
    """Read a lock.

    Raises:
        MergedLockError: it holds both sides of a merge.
        ConfigError: it is not a lock, or is of a schema that this version of pipeline does not know.
    """
    line = next((n for n, text_line in enumerate(text.splitlines(), 1) if text_line.startswith(_CONFLICT)), 0)
    if line:
        raise MergedLockError((Problem(FILE, line, 1, "it holds a merge conflict"),), hint=MEND)
    twice: list[DuplicateKey] = []
    try:
        documents = load_all(text, twice)
    except YamlError as error:
        raise _bad(error.message, error.line, error.column) from error
    if twice:
        message = f"{twice[0].key} stands there twice, as where both sides of a merge were kept"
        raise MergedLockError((Problem(FILE, twice[0].line, 1, message),), hint=MEND)
    data = mapping(documents[0]) if documents else {}
    match data.get("schema"):
        case "pipeline.lock/v4":
            return _from_blocks(mapping(data.get("charts")), text)
        case "pipeline.lock/v3":
            return _from_versions(mapping(data.get("charts")))
        case "pipeline.lock/v1" | "pipeline.lock/v2":
            return _from_lists(data)
        case other:
            raise _bad(f"its schema is {other!r}, not {SCHEMA!r}")


def _part(locked: LockedRelease) -> dict[str, Any]:
    chart = locked.pin
    part: dict[str, Any] = _present(
        appVersion=chart.app_version,
        archive=chart.archive,
        chart=locked.chart,
        provenance=chart.provenance,
        revision=chart.revision,
        source=chart.source,
        tree=chart.tree,
        version=chart.version,
        wanted=locked.wanted,
    )
    if chart.dependencies is not None:
        part["dependencies"] = {
            dependency.path: _present(
                name=dependency.name,
                version=dependency.version,
                source=dependency.source,
                archive=dependency.archive,
                revision=dependency.revision,
            )
            for dependency in chart.dependencies
        }
    return part


def _from_blocks(charts: Mapping[str, Any], text: str) -> ChartLock:
    releases = dict[str, LockedRelease]()
    for name, block in charts.items():
        for release, part in mapping(block).items():
            if release in releases:
                line = _last_line(text, str(release))
                message = f"release {release!r} stands under two charts, as where both sides of a merge were kept"
                raise MergedLockError((Problem(FILE, line, 1, message),), hint=MEND)
            releases[str(release)] = _release(release, mapping(part), _chart({**mapping(part), "name": str(name)}))
    return ChartLock(dict(sorted(releases.items())))


def _last_line(text: str, release: str) -> int:
    return max((n for n, line in enumerate(text.splitlines(), 1) if line.strip() == f"{release}:"), default=0)


def _from_versions(blocks: Mapping[str, Any]) -> ChartLock:
    releases, spare = dict[str, LockedRelease](), list[LockedChart]()
    for key, value in blocks.items():
        name, _, version = str(key).rpartition("/")
        entry = {**mapping(value), "name": name, "version": version}
        chart, users = _chart(entry), mapping(entry.get("releases"))
        spare += [] if users else [chart]
        for release, user in users.items():
            if release in releases:
                message = f"release {release!r} stands under two charts, as where both sides of a merge were kept"
                raise MergedLockError((Problem(FILE, 0, 0, message),), hint=MEND)
            releases[str(release)] = _release(release, mapping(user), chart)
    return ChartLock(dict(sorted(releases.items())), tuple(spare))


def _from_lists(data: Mapping[str, Any]) -> ChartLock:
    charts = {
        (locked.name, locked.version): locked
        for locked in (_chart(mapping(row)) for row in sequence(data.get("charts")))
    }
    releases, used = dict[str, LockedRelease](), set[tuple[str, str]]()
    for release, row in mapping(data.get("releases")).items():
        entry = mapping(row)
        if not entry:
            raise _bad(f"release {release!r} is not a map")
        key = _text(entry, "name"), _text(entry, "version")
        if key not in charts:
            raise _bad(f"release {release!r} has no entry under charts")
        used.add(key)
        releases[str(release)] = _release(release, entry, charts[key])
    return ChartLock(releases, tuple(chart for key, chart in sorted(charts.items()) if key not in used))


def _chart(entry: Mapping[str, Any]) -> LockedChart:
    name, version, source, tree = (_text(entry, key) for key in ("name", "version", "source", "tree"))
    declared = entry.get("dependencies")
    rows = (
        [{"path": path, **mapping(row)} for path, row in declared.items()] if isinstance(declared, dict) else declared
    )
    dependencies = None if rows is None else tuple(sorted(_dependency(mapping(row)) for row in sequence(rows)))
    archive, app_version, revision, provenance = (
        _optional(entry, key) for key in ("archive", "appVersion", "revision", "provenance")
    )
    return LockedChart(name, version, source, tree, archive, dependencies, app_version, revision, provenance)


def _dependency(entry: Mapping[str, Any]) -> Dependency:
    path, name, version, source = (_text(entry, key) for key in ("path", "name", "version", "source"))
    return Dependency(path, name, version, source, _optional(entry, "archive"), _optional(entry, "revision"))


def _release(release: str, entry: Mapping[str, Any], pin: LockedChart) -> LockedRelease:
    if not entry:
        raise _bad(f"release {release!r} is not a map")
    return LockedRelease(_text(entry, "chart"), str(entry.get("wanted") or ""), pin)


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
