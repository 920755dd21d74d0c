"""The dependencies that a chart declares, the charts in its charts/ folder, and which of them Helm takes for which.

As Helm 3 and 4 do it (pkg/chart/v2/util/dependencies.go, pkg/chart/v2/loader/load.go): a declared dependency takes a
chart of its name whose version fits. A chart that no declaration takes is rendered too, under its own name: its alias
and its conditions are ignored. Where two charts fit one declaration, Helm takes either.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.core.charts.semver import Range, Version
from pipeline.core.kube.resource import mapping, sequence

METADATA, LOCK = "Chart.yaml", "Chart.lock"
OLD_METADATA, OLD_LOCK = "requirements.yaml", "requirements.lock"
"""Of charts of apiVersion v1."""
PACKED = ".tgz"


@dataclass(frozen=True, slots=True)
class DeclaredDependency:
    """One entry of ``dependencies:``. ``version`` is a range as written; ``row`` the entry as it is."""

    name: str
    version: str
    repository: str = ""
    alias: str = ""
    row: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def key(self) -> str:
        """Its name in values, and in the names of its templates."""
        return self.alias or self.name

    def takes(self, name: str, version: str) -> bool:
        """Whether Helm takes a chart of that name and version for this dependency. An empty range fits nothing."""
        return name == self.name and bool(self.version.strip()) and fits(version, self.version)

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip() + (f" as {self.alias}" if self.alias else "")


@dataclass(frozen=True, slots=True)
class PresentChart:
    """A chart that lies in charts/. ``path`` is where: ``charts/queue``, ``charts/queue-1.0.0.tgz``.

    ``content`` is a digest of its files: two copies of one chart do not contradict each other.
    """

    path: str
    name: str
    version: str
    content: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.version} ({self.path})"


def declared(metadata: Mapping[str, Any], requirements: Mapping[str, Any]) -> tuple[DeclaredDependency, ...]:
    """The dependencies of a chart: those of requirements.yaml, where there are some, replace those of Chart.yaml.

    Helm decodes the second list over the first: what an entry does not name is as in the entry at the same place.
    """
    own = sequence(metadata.get("dependencies"))
    if requirements.get("dependencies") is not None:
        rows = sequence(requirements.get("dependencies"))
        below = (*own, *({} for _ in rows))
        own = [row and {**mapping(old), **mapping(row)} for old, row in zip(below, rows, strict=False)]
    return tuple(_declared(mapping(row)) for row in own if row)


def _declared(row: Mapping[str, Any]) -> DeclaredDependency:
    name, version, repository, alias = (str(row.get(key) or "") for key in ("name", "version", "repository", "alias"))
    return DeclaredDependency(name, version, repository, alias, row)


def conditions(row: Mapping[str, Any]) -> list[str]:
    """The paths in values of which the first that is a boolean switches a dependency, as Helm splits them.

    Blanks inside count: the second path of ``a, b`` is ``" b"``, which hardly any values have.
    """
    return [path for path in str(row.get("condition") or "").strip().split(",") if path]


def fits(version: str, wanted: str) -> bool:
    """Whether ``wanted`` (a version or a range) admits ``version``."""
    try:
        return version == wanted or Range.parse(wanted).admits(Version.parse(version))
    except ValueError:
        return False


def is_packed(path: str) -> bool:
    """Whether Helm unpacks the file at ``path`` as a chart that is packed inside another."""
    folder, _, base = path.rpartition("/")
    return base.endswith(PACKED) and base[:1] not in ("_", ".") and is_charts_folder(folder)


def is_charts_folder(folder: str) -> bool:
    """``charts``, ``charts/sub/charts`` and so on; not a folder that only has that name, as ``files/charts``.

    Helm ignores what begins with ``_`` or ``.`` in such a folder.
    """
    parts = folder.split("/")
    return (
        all(part == "charts" for part in parts[::2])
        and len(parts) % 2 == 1
        and not any(part[:1] in ("_", ".") for part in parts[1::2])
    )


def charts_inside(paths: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The names in charts/, sorted, by the folder of the chart that holds them: ``""``, ``"charts/sub/"``.

    Folders and packed charts; nothing that Helm ignores.
    """
    names_below: dict[str, set[str]] = {}
    for path in paths:
        start, rest = "", path
        while rest.startswith("charts/"):
            name, slash, rest = rest[len("charts/") :].partition("/")
            if name[:1] in ("_", ".") or not (slash or name.endswith(PACKED)):
                break
            names_below.setdefault(start, set()).add(name)
            start += f"charts/{name}/"
    return {start: tuple(sorted(names)) for start, names in names_below.items()}


def locked_versions(
    rows: Sequence[DeclaredDependency], lock: Mapping[str, Any], title: str, file: str = LOCK
) -> tuple[dict[str, str], str]:
    """The version of each dependency by its key, as the chart's own lock has it; and what is wrong with that lock.

    A lock names no aliases: of several entries with one name, the n-th belongs to the n-th declaration of that name.
    """
    entries: dict[str, list[str]] = {}
    for entry in sequence(lock.get("dependencies")):
        entries.setdefault(str(mapping(entry).get("name") or ""), []).append(str(mapping(entry).get("version") or ""))
    version_of: dict[str, str] = {}
    for row in rows if entries else ():
        versions = entries.get(row.name, [])
        if not versions:
            return {}, f"{title}: {file} has no {row.name}, which the chart declares"
        version = versions.pop(0)
        if row.version and not fits(version, row.version):
            return {}, f"{title}: {file} has {row.name} {version}, and the chart declares {row}"
        version_of[row.key] = version
    left = sorted(name for name, versions in entries.items() if versions)
    return (version_of, "") if not left else ({}, f"{title}: {file} has {left[0]}, which the chart does not declare")


def missing(rows: Sequence[DeclaredDependency], present: Sequence[PresentChart]) -> tuple[DeclaredDependency, ...]:
    """The declared dependencies for which there is no chart, and none that could be it."""
    spare = {chart.name for chart in _spare(rows, present)}
    return tuple(row for row in rows if row.name not in spare and not any(_takes(row, chart) for chart in present))


def contradiction(
    rows: Sequence[DeclaredDependency], present: Sequence[PresentChart], locked: Mapping[str, str], title: str
) -> str:
    """Why it is not certain which charts of charts/ are meant, in words; empty where all is clear."""
    spare = _spare(rows, present)
    for row in rows:
        taken = [chart for chart in present if _takes(row, chart)]
        if len({(chart.version, chart.content) for chart in taken}) > 1:
            return f"{title} declares {row}, and charts/ holds {_both(taken)}: Helm takes either, by chance"
        unfit = [chart for chart in spare if chart.name == row.name]
        if unfit and not taken and row.version.strip():
            return f"{title} declares {row}, but charts/ holds {_both(unfit)}"
        version = locked.get(row.key)
        if taken and version and taken[0].version != version:
            return f"{title}: its lock has {row.name} {version}, but charts/ holds {_both(taken)}"
    names = {row.key for row in rows if any(_takes(row, chart) for chart in present)}
    for one in spare:
        others = [other for other in present if other.name == one.name and other.content != one.content]
        if others and (one.name in names or any(other in spare for other in others)):
            return f"{title}: charts/ holds {_both([*others, one])}, and Helm mixes their files under one name"
    return ""


def _takes(row: DeclaredDependency, chart: PresentChart) -> bool:
    return row.takes(chart.name, chart.version)


def _spare(rows: Sequence[DeclaredDependency], present: Sequence[PresentChart]) -> list[PresentChart]:
    """The charts that no declaration takes."""
    return [chart for chart in present if not any(_takes(row, chart) for row in rows)]


def _both(charts: Sequence[PresentChart]) -> str:
    return " and ".join(map(str, charts))
