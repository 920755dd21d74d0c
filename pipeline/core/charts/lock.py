"""pipeline.lock: the chart of each release, with digests that prove that its content has not changed.

Pure: ``from_text`` and ``to_text`` are exact inverses, and equal locks give equal bytes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.core.charts.chart import Dependency
from pipeline.core.errors import ConfigError, Problem
from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.safe_path import SafeName, SafePath, UnsafePathError
from pipeline.core.yaml.reader import YamlError, load

FILE = "pipeline.lock"
FOLDER = "vendor_charts"
ATTRIBUTES_FILE = f"{FOLDER}/.gitattributes"
ATTRIBUTES = b"""\
# Written by `pipeline vendor`: digests are of the bytes as they were published, so Git must not change any.
* -text -eol -ident -filter -working-tree-encoding
"""
"""Attributes of a folder win over those of folders above, whatever they say; charts bring none of their own."""
SCHEMA = "pipeline.lock/v2"
_OLD_SCHEMA = "pipeline.lock/v1"
"""Of locks that do not name dependencies. They are read, and pinned when their charts are fetched again."""
_HEADER = "# Written by `pipeline vendor`: commit it, and never edit it by hand.\n"


@dataclass(frozen=True, slots=True, order=True)
class LockedChart:
    """A vendored chart. ``source`` is where it came from, ``archive`` and ``tree`` are ``sha256:…``.

    ``archive`` is the digest of the packaged chart, empty for one that came from a directory; ``tree`` that of the
    unpacked files as they lie under vendor_charts/. ``dependencies`` are those that were fetched into it, nested ones
    too; None where an older pipeline wrote the lock and did not name them.
    """

    name: str
    version: str
    source: str
    tree: str
    archive: str = ""
    dependencies: tuple[Dependency, ...] | None = None

    @property
    def folder(self) -> str:
        return folder(self.name, self.version)

    @property
    def pinned(self) -> dict[str, str]:
        """The versions of its dependencies by their path."""
        return {one.path: one.version for one in self.dependencies or ()}


@dataclass(frozen=True, slots=True)
class LockedRelease:
    """What a release asked for (``chart`` and ``wanted`` as pipeline.yaml has them) and what it got."""

    chart: str
    wanted: str
    name: str
    version: str

    @property
    def folder(self) -> str:
        return folder(self.name, self.version)


@dataclass(frozen=True, slots=True)
class ChartLock:
    charts: tuple[LockedChart, ...] = ()
    releases: Mapping[str, LockedRelease] = field(default_factory=dict, hash=False)

    def chart_of(self, release: str) -> LockedChart | None:
        """The chart that ``release`` renders, None where it was never vendored."""
        got = self.releases.get(release)
        return next((chart for chart in self.charts if got and chart.folder == got.folder), None)

    def with_release(self, release: str, got: LockedRelease, chart: LockedChart) -> "ChartLock":
        others = [other for other in self.charts if other.folder != chart.folder]
        return ChartLock(tuple(sorted([*others, chart])), {**self.releases, release: got})

    def only(self, releases: Iterable[str]) -> "ChartLock":
        """Without the releases that are no more, and without the charts that no one needs then."""
        names = set(releases)
        kept = {name: got for name, got in sorted(self.releases.items()) if name in names}
        needed = {got.folder for got in kept.values()}
        return replace(self, charts=tuple(chart for chart in self.charts if chart.folder in needed), releases=kept)


def folder(name: str, version: str) -> str:
    """``vendor_charts/lattice/1.4.0``, relative to the repository.

    Raises:
        UnsafePathError: a name or a version that cannot be a folder.
    """
    return str(SafePath.of(FOLDER, SafeName(name, "chart name"), SafeName(version, "chart version")))


def to_text(lock: ChartLock) -> str:
    from pipeline.core.yaml.writer import dump  # noqa: PLC0415 - 8 ms that whoever only reads a lock need not pay

    charts = [_entry(chart) for chart in lock.charts]
    releases = {
        name: {"chart": got.chart, "wanted": got.wanted, "name": got.name, "version": got.version}
        for name, got in sorted(lock.releases.items())
    }
    return _HEADER + dump({"charts": charts, "releases": releases, "schema": SCHEMA})


def from_text(text: str) -> ChartLock:
    """Read a lock.

    Raises:
        ConfigError: it is not a lock, or of a schema that this version of pipeline does not know.
    """
    try:
        data = mapping(load(text))
    except YamlError as error:
        raise _bad(error.message, error.line, error.column) from error
    if data.get("schema") not in (SCHEMA, _OLD_SCHEMA):
        raise _bad(f"its schema is {data.get('schema')!r}, not {SCHEMA!r}")
    charts = [_chart(mapping(entry)) for entry in sequence(data.get("charts"))]
    releases = {str(name): _release(name, mapping(entry)) for name, entry in mapping(data.get("releases")).items()}
    lock = ChartLock(tuple(sorted(charts)), releases)
    for name in releases:
        if lock.chart_of(name) is None:
            raise _bad(f"release {name!r} has no entry under charts")
    return lock


def _entry(chart: LockedChart) -> dict[str, Any]:
    own = _present(name=chart.name, version=chart.version, source=chart.source, archive=chart.archive, tree=chart.tree)
    if chart.dependencies is None:
        return own
    dependencies = [
        _present(path=one.path, name=one.name, version=one.version, source=one.source, archive=one.archive)
        for one in chart.dependencies
    ]
    return {**own, "dependencies": dependencies}


def _chart(entry: Mapping[str, Any]) -> LockedChart:
    name, version, source, tree = (_text(entry, key) for key in ("name", "version", "source", "tree"))
    found = entry.get("dependencies")
    dependencies = None if found is None else tuple(sorted(_dependency(mapping(one)) for one in sequence(found)))
    return LockedChart(name, version, source, tree, _digest(entry), dependencies)


def _dependency(entry: Mapping[str, Any]) -> Dependency:
    path, name, version, source = (_text(entry, key) for key in ("path", "name", "version", "source"))
    return Dependency(path, name, version, source, _digest(entry))


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


def _digest(entry: Mapping[str, Any]) -> str:
    value = entry.get("archive") or ""
    if not isinstance(value, str):
        raise _bad(f"archive of {entry.get('name') or 'an entry'} is {value!r}")
    return value


def _bad(message: str, line: int = 0, column: int = 0) -> ConfigError:
    hint = "restore the committed file, or delete it and run `pipeline vendor`"
    return ConfigError((Problem(FILE, line, column, message),), hint=hint)


def _present(**fields: str) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}
