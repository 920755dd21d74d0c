"""Reads a chart from a folder as ``helm package`` would pack it: without ignored files, links followed."""

import os
from pathlib import Path

from pipeline.adapters.below import Below
from pipeline.adapters.charts.archive import MAX_FILE_BYTES, ChartError, refuse_collisions
from pipeline.adapters.descriptors import FileKind, LinkError
from pipeline.core.budget import Budget, LimitError
from pipeline.core.charts.helmignore import FILE, HelmIgnore, IgnoreError, parse
from pipeline.core.errors import MissingFileError
from pipeline.core.safe_path import SafePath

_MARKS = ("pipeline.yaml", ".git")


def read_directory(folder: Path, root: Path | None = None, budget: Budget | None = None) -> dict[str, bytes]:
    """The files of the chart in ``folder`` by their paths there, sorted. Links may lead anywhere below ``root``.

    ``root`` is the repository around the chart; by default the nearest folder above that is one.

    Raises:
        ChartError: a link leads out of the repository, something is not a file, or .helmignore is wrong.
        MissingFileError: there is no such folder, or it cannot be read.
        LimitError: it is more than the budget allows.
    """
    root = (root or _repository(folder)).resolve()
    real = folder.resolve()
    if not real.is_relative_to(root):
        raise LinkError(f"{folder}: the chart is outside this repository", hint="copy it into the repository")
    place = real.relative_to(root).as_posix()
    start = None if place == "." else SafePath(place)
    below, budget = Below(root, links=True), budget or Budget(str(folder))
    try:
        files = _files(below, start, _rules(below, start), budget)
    except OSError as error:
        raise MissingFileError.of(f"chart {folder}", error, hint="check the path") from error
    except IgnoreError as error:
        raise ChartError(f"chart {folder}: {error}", hint="helm package refuses it too") from error
    refuse_collisions(set(files), f"chart {folder}")
    return dict(sorted(files.items()))


def _files(below: Below, start: SafePath | None, rules: HelmIgnore, budget: Budget) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    todo = [""]
    while todo:
        prefix = todo.pop()
        budget.depth(prefix)
        for entry in below.entries(_under(start, prefix)):
            budget.file()
            path = prefix + entry.path
            place = _under(start, path)
            assert place is not None, "BUG: an entry without a name"
            is_folder = entry.kind is FileKind.FOLDER or (entry.kind is FileKind.LINK and below.is_folder(place))
            if rules.ignores(path, is_folder=is_folder):
                continue
            if is_folder:
                todo.append(f"{path}/")
                continue
            files[path] = _content(below, place, budget)
            budget.unpacked(len(files[path]))
    return files


def _content(below: Below, place: SafePath, budget: Budget) -> bytes:
    most = min(MAX_FILE_BYTES, budget.unpacked_left)
    try:
        return below.read(place, most)
    except LimitError:
        budget.unpacked(most + 1)
        raise ChartError(
            f"{place}: is larger than Helm's limit of 5 MiB per file", hint="name it in .helmignore"
        ) from None


def _rules(below: Below, start: SafePath | None) -> HelmIgnore:
    place = _under(start, FILE)
    assert place is not None, "BUG: the rules have a name"
    try:
        return parse(below.read(place, MAX_FILE_BYTES).decode("utf-8", "replace"))
    except (FileNotFoundError, NotADirectoryError):
        return parse("")


def _under(start: SafePath | None, path: str) -> SafePath | None:
    path = path.rstrip("/")
    return start if not path else SafePath(path) if start is None else SafePath.of(start, path)


def _repository(folder: Path) -> Path:
    """The repository around a chart; where there is none, the folder that holds the chart."""
    absolute = Path(os.path.abspath(folder))  # noqa: PTH100 - resolve() would follow the links that are asked about
    for above in absolute.parents:
        if any((above / mark).exists() for mark in _MARKS):
            return above
    return absolute.parent
