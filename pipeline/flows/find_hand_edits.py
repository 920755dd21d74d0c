"""Finds files that were edited by hand: in rendered/ by its indexes, in vendor_charts/ by the lock."""

from collections.abc import Container, Iterable, Mapping
from typing import Protocol

from pipeline.core.charts.chart import VendoredTree, tree_digest
from pipeline.core.charts.lock import ChartLock, LockedChart
from pipeline.core.errors import StaleError
from pipeline.core.render.file_tree import Tree
from pipeline.core.render.hand_edits import HandEdit, added_files, changed_files
from pipeline.core.render.layout import FOLDER, owner
from pipeline.core.render.rendered_tree import Index
from pipeline.core.words import listed
from pipeline.flows.committed import ReleaseSelection, indexes

_SHOWN = 8


class VendoredTrees(Protocol):
    def vendored(self, folder: str) -> VendoredTree: ...

    def vendored_digest(self, folder: str) -> str: ...


def rendered_edits(tree: Tree, wanted: ReleaseSelection) -> tuple[HandEdit, ...]:
    """Below rendered/, of the releases that ``wanted`` takes. Raises StaleError where an index cannot be read."""
    index_of = indexes(tree, wanted)
    files = tree.read(path for index in index_of.values() for path in index.files)
    return edits_of(index_of, files, tree.paths(FOLDER), wanted)


def edits_of(
    index_of: Mapping[str, Index],
    files: Mapping[str, bytes],
    paths: Iterable[str],
    wanted: ReleaseSelection,
    whole: Container[str] = (),
) -> tuple[HandEdit, ...]:
    """The same, of what was read already: ``index_of`` are the indexes by path, ``paths`` is all below rendered/.

    ``whole`` are the indexes whose files are known to be as they say, and were not read.
    """
    read = (index for path, index in index_of.items() if path not in whole)
    changed = [edit for index in read for edit in changed_files(index, files)]
    known = {path for index in index_of.values() for path in index.files}
    here = (path for path in paths if path not in known and any(owner(path)) and wanted.takes(*owner(path)))
    return (*sorted(changed), *added_files(here, known))


def vendored_edits(lock: ChartLock, trees: VendoredTrees, committed: Tree | None) -> tuple[str, ...]:
    """What is not as it was vendored, one line for each: files where the last commit has the chart, else its folder."""
    spoiled = (chart for chart in lock.charts if trees.vendored_digest(chart.folder) != chart.tree)
    return tuple(line for chart in spoiled for line in _lines(chart, trees.vendored(chart.folder), committed))


def _lines(chart: LockedChart, here: VendoredTree, committed: Tree | None) -> list[str]:
    strange = [f"{chart.folder}/{path} {what}" for path, what in sorted(here.strange.items())]
    if strange or not here.files:
        return strange or [f"{chart.folder} is not there"]
    before = committed.read(committed.ids(chart.folder)) if committed is not None else {}
    there = {path.removeprefix(f"{chart.folder}/"): data for path, data in before.items()}
    if tree_digest(there) != chart.tree:
        return [f"{chart.folder} is not what was vendored"]
    differing = sorted(path for path in {*here.files, *there} if here.files.get(path) != there.get(path))
    return [f"{chart.folder}/{path} {_what(path, here.files, there)}" for path in differing]


def _what(path: str, here: Mapping[str, bytes], there: Mapping[str, bytes]) -> str:
    if path not in here:
        return "was removed by hand"
    return "was edited by hand" if path in there else "was added by hand"


def refuse_spoiled(lines: Iterable[str], hint: str) -> None:
    """Raises StaleError where there are any; each is named, up to eight of them."""
    every = list(lines)
    if every:
        raise StaleError(listed(every, _SHOWN, between="\n", noun="file"), hint=hint)
