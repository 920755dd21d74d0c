"""Reads which charts lie inside a chart, and refuses those of which it is not certain what Helm makes of them."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence

from pipeline.adapters.charts.archive import ChartError
from pipeline.adapters.charts.load_chart import read_archive, yaml_map
from pipeline.core.budget import Budget, ChartLimits
from pipeline.core.charts.chart import tree_digest
from pipeline.core.charts.dependencies import (
    LOCK,
    METADATA,
    OLD_LOCK,
    OLD_METADATA,
    DeclaredDependency,
    PresentChart,
    charts_inside,
    contradiction,
    declared,
    locked_versions,
)
from pipeline.core.safe_path import SafeName, UnsafePathError, shown

_HINT = "helm dependency update, for a chart of your own; of another, ask its publisher"


def declared_in(files: Mapping[str, bytes], title: str, start: str = "") -> tuple[DeclaredDependency, ...]:
    """The dependencies that the chart at ``start`` declares.

    Raises:
        ChartError: Chart.yaml or requirements.yaml is not a map in YAML, or an alias cannot be a folder's name: Helm
            names the chart's templates by it.
    """
    metadata, requirements = (_yaml(files, start + name, title) for name in (METADATA, OLD_METADATA))
    rows = declared(metadata, requirements)
    for row in rows:
        if row.alias:
            _check_alias(row, f"{title} > {start.rstrip('/')}" if start else title)
    return rows


def _check_alias(row: DeclaredDependency, title: str) -> None:
    try:
        SafeName(row.alias, f"{title}: alias of its dependency {shown(row.name)}")
    except UnsafePathError as error:
        raise ChartError(error.message, hint=error.hint) from error


def locked_in(files: Mapping[str, bytes], rows: Sequence[DeclaredDependency], title: str) -> dict[str, str]:
    """The versions of its dependencies that the chart's own lock names, by their key in values.

    Raises:
        ChartError: the lock does not fit what the chart declares.
    """
    file = OLD_LOCK if OLD_LOCK in files else LOCK
    versions, problem = locked_versions(rows, _yaml(files, file, title), title, file)
    if problem:
        raise ChartError(problem, hint=_HINT)
    return versions


def present_in(
    files: Mapping[str, bytes], title: str, limits: ChartLimits, start: str = ""
) -> tuple[PresentChart, ...]:
    """The charts in the charts/ folder of the chart at ``start``. What has no Chart.yaml is none: Helm says so."""
    names = charts_inside(files).get(start, ())
    return tuple(_present(files, sorted(files), start, names, Budget(title, limits)))


def check_inside(files: Mapping[str, bytes], title: str, locked: Mapping[str, str], limits: ChartLimits) -> None:
    """That it is certain which charts are meant, in the chart and in each chart inside it.

    ``locked`` are the versions of the chart's own lock, where that counts.

    Raises:
        ChartError: charts/ contradicts what the chart declares, or its lock. Both are named.
    """
    paths = sorted(files)
    for start, names in charts_inside(files).items():
        where = f"{title} > {start.rstrip('/')}" if start else title
        present = _present(files, paths, start, names, Budget(title, limits))
        problem = contradiction(declared_in(files, title, start), present, {} if start else locked, where)
        if problem:
            raise ChartError(problem, hint=_HINT)


def _present(
    files: Mapping[str, bytes], paths: Sequence[str], start: str, names: Sequence[str], budget: Budget
) -> list[PresentChart]:
    charts: list[tuple[str, str, str]] = []
    for name in names:
        path = f"{start}charts/{name}"
        metadata = _yaml(files, f"{path}/{METADATA}", budget.title)
        if not metadata and path in files:
            metadata = _yaml(read_archive(files[path], f"{budget.title}: {path}", budget), METADATA, budget.title)
        if metadata.get("name"):
            charts.append((path, str(metadata["name"]), str(metadata.get("version") or "")))
    times = Counter(name for _, name, _ in charts)
    return [
        PresentChart(path.removeprefix(start), name, version, _content(files, paths, path) if times[name] > 1 else "")
        for path, name, version in charts
    ]


def _content(files: Mapping[str, bytes], paths: Sequence[str], path: str) -> str:
    """A digest of the chart at ``path``; ``paths`` are those of ``files``, sorted: a chart may hold many charts."""
    if path in files:
        return tree_digest({"": files[path]})
    first, last = bisect_left(paths, f"{path}/"), bisect_left(paths, f"{path}0")  # the character after /
    return tree_digest({name[len(path) :]: files[name] for name in paths[first:last]})


def _yaml(files: Mapping[str, bytes], name: str, title: str) -> Mapping[str, object]:
    return yaml_map(files.get(name, b""), name, title)
