"""Rejects a chart that would make Helm read files outside of it, through a schema or a link, before Helm runs."""

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from pipeline.adapters.charts.archive import read_archive
from pipeline.core.budget import Budget, ChartLimits
from pipeline.core.charts.schema_references import SCHEMA_FILE, SchemaError, leading_out
from pipeline.core.errors import RenderError, WorldError
from pipeline.core.render.order import RenderOrder

_HINT = "Helm fetches what a schema refers to. Use a version of the chart whose schema holds all that it refers to"
_LINK_HINT = "replace it by the file itself, or remove it"
_SHOWN = 100


def check_contained(order: RenderOrder, limits: ChartLimits) -> None:
    """Look at every schema and link in the chart and in the charts inside it; ``limits`` are of archives.

    Raises:
        RenderError: a schema refers to something outside of itself or cannot be read, or a link leads out.
    """
    digest = order.chart_digest
    problem = (
        _looked_at(order.chart, order.title, digest, limits) if digest else _look(order.chart, order.title, limits)
    )
    if problem is not None:
        raise RenderError(problem.message, release=order.release, chart=order.title, hint=problem.hint)


@lru_cache
def _looked_at(chart: str, title: str, _digest: str, limits: ChartLimits) -> "_UnfitError | None":
    """Once for each content of a chart, which several releases share."""
    return _look(chart, title, limits)


def _look(chart: str, title: str, limits: ChartLimits) -> "_UnfitError | None":
    try:
        for name, data in _schemas(Path(chart), Budget(title, limits)):
            _check(name, data)
    except _UnfitError as error:
        return error
    except OSError as error:
        return _UnfitError(f"{error.filename}: {(error.strerror or str(error)).lower()}")
    return None


class _UnfitError(Exception):
    """Why Helm must not read the chart."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def _check(name: str, data: bytes) -> None:
    try:
        out = leading_out(data.decode(errors="replace"))
    except SchemaError as error:
        raise _UnfitError(f"{name}: {error}") from error
    if out:
        raise _UnfitError(f"{name} refers to {', '.join(map(_shown, out))}, outside of itself", _HINT)


def _schemas(chart: Path, budget: Budget) -> Iterator[tuple[str, bytes]]:
    if chart.is_file():
        yield from _in_archive(chart.read_bytes(), "", budget.title, budget)
        return
    for inner in _files(chart):
        if inner.rpartition("/")[2] == SCHEMA_FILE:
            yield inner, (chart / inner).read_bytes()
        elif inner.endswith(".tgz") and inner.startswith("charts/"):
            yield from _in_archive((chart / inner).read_bytes(), f"{inner}/", budget.title, budget)


def _files(chart: Path) -> Iterator[str]:
    """Every file, through links too, as Helm reads a folder; a link must stay in the repository around the chart."""
    home, followed, todo = _repository(chart), set[Path](), [""]
    while todo:
        prefix = todo.pop()
        with os.scandir(chart / prefix) as entries:
            for entry in entries:
                inner = prefix + entry.name
                if entry.is_symlink():
                    real = _followed(entry.path, inner, home)
                    if real.is_dir():
                        todo += () if real in followed else (f"{inner}/",)
                        followed.add(real)
                        continue
                elif entry.is_dir(follow_symlinks=False):
                    todo.append(f"{inner}/")
                    continue
                elif not entry.is_file(follow_symlinks=False):
                    raise _UnfitError(f"{inner} is not a file", _LINK_HINT)
                yield inner


def _followed(path: str, inner: str, home: Path) -> Path:
    real = Path(os.path.realpath(path))
    if not real.is_relative_to(home):
        raise _UnfitError(f"{inner} is a link that leads out of the chart", _LINK_HINT)
    if not real.is_dir() and not real.is_file():
        raise _UnfitError(f"{inner} is not a file", _LINK_HINT)
    return real


def _repository(chart: Path) -> Path:
    real = chart.resolve()
    return next((folder for folder in (real, *real.parents) if (folder / ".git").exists()), real)


def _in_archive(data: bytes, inside: str, title: str, budget: Budget) -> Iterator[tuple[str, bytes]]:
    try:
        files = dict(read_archive(data, name=f"{title}{inside and f': {inside}'}", budget=budget))
    except WorldError as error:
        raise _UnfitError(error.message, error.hint) from error
    for path, content in files.items():
        if path.rpartition("/")[2] == SCHEMA_FILE:
            yield inside + path, content
        elif path.startswith("charts/") and path.endswith(".tgz"):
            yield from _in_archive(content, f"{inside}{path}/", title, budget)


def _shown(reference: str) -> str:
    return repr(reference if len(reference) <= _SHOWN else f"{reference[:_SHOWN]}…")
