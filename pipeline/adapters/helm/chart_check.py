"""Refuses a chart by which Helm would read something else, before Helm sees it: through a schema or through a link."""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.adapters.charts.archive import read_archive
from pipeline.core.budget import Budget
from pipeline.core.charts.schema_references import SCHEMA_FILE, SchemaError, leading_out
from pipeline.core.errors import RenderError, WorldError
from pipeline.core.render.order import RenderOrder

_HINT = "Helm fetches what a schema refers to. Use a version of the chart whose schema holds all that it refers to"
_LINK_HINT = "replace it by the file that is meant, or remove it"
_SHOWN = 100


def check_contained(order: RenderOrder) -> None:
    """Look at every schema and link in the chart and in the charts inside it.

    Raises:
        RenderError: a schema refers to something outside of itself or cannot be read, or a link leads out.
    """
    for name, data in _schemas(Path(order.chart), order):
        try:
            out = leading_out(data.decode(errors="replace"))
        except SchemaError as error:
            raise _refused(order, f"{name}: {error}") from error
        if out:
            raise _refused(order, f"{name} refers to {', '.join(map(_shown, out))}, outside of itself", _HINT)


def _schemas(chart: Path, order: RenderOrder) -> Iterator[tuple[str, bytes]]:
    if chart.is_file():
        yield from _in_archive(chart.read_bytes(), "", order, Budget(order.title))
        return
    for path in _files(chart, order):
        inner = path.relative_to(chart).as_posix()
        if path.name == SCHEMA_FILE:
            yield inner, path.read_bytes()
        elif path.name.endswith(".tgz") and inner.startswith("charts/"):
            yield from _in_archive(path.read_bytes(), f"{inner}/", order, Budget(order.title))


def _files(chart: Path, order: RenderOrder) -> Iterator[Path]:
    """Every file, through links too, as Helm reads a folder; a link must stay in the repository around the chart."""
    home, seen = _repository(chart), set[str]()
    for folder, folders, names in os.walk(chart, followlinks=True):
        for name in (*names, *folders):
            what = _unfit(Path(folder, name), home)
            if what:
                raise _refused(order, f"{Path(folder, name).relative_to(chart)} is {what}", _LINK_HINT)
        folders[:] = [name for name in folders if not _again(Path(folder, name), seen)]
        yield from (Path(folder, name) for name in names)


def _unfit(path: Path, home: Path) -> str:
    """Why Helm must not read it; empty where it may."""
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        if not path.resolve().is_relative_to(home):
            return "a link that leads out of the chart"
        mode = path.stat().st_mode if path.exists() else 0
    return "" if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else "no file"


def _again(folder: Path, seen: set[str]) -> bool:
    """Whether a link leads to where we have been; links in a circle are Helm's to complain about."""
    real = os.path.realpath(folder)
    known = real in seen
    seen.add(real)
    return known


def _repository(chart: Path) -> Path:
    real = chart.resolve()
    return next((folder for folder in (real, *real.parents) if (folder / ".git").exists()), real)


def _in_archive(data: bytes, inside: str, order: RenderOrder, budget: Budget) -> Iterator[tuple[str, bytes]]:
    try:
        files = dict(read_archive(data, name=f"{order.title}{inside and f': {inside}'}", budget=budget))
    except WorldError as error:
        raise _refused(order, error.message, error.hint) from error
    yield from _nested(files, inside, order, budget)


def _nested(files: Mapping[str, bytes], inside: str, order: RenderOrder, budget: Budget) -> Iterator[tuple[str, bytes]]:
    for path, data in files.items():
        if path.rpartition("/")[2] == SCHEMA_FILE:
            yield inside + path, data
        elif path.startswith("charts/") and path.endswith(".tgz"):
            yield from _in_archive(data, f"{inside}{path}/", order, budget)


def _refused(order: RenderOrder, message: str, hint: str = "") -> RenderError:
    return RenderError(message, release=order.release, chart=order.title, hint=hint)


def _shown(reference: str) -> str:
    return repr(reference if len(reference) <= _SHOWN else f"{reference[:_SHOWN]}…")
