"""Decides which vendored chart versions nothing needs any more, and says what keeps the others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.core.charts.lock import ATTRIBUTES_FILE, FILE, README_FILE, ChartLock, folder
from pipeline.core.charts.lock_text import from_text
from pipeline.core.config.model import Config
from pipeline.core.errors import PipelineError
from pipeline.core.render.file_edits import Edits
from pipeline.core.render.file_tree import Tree
from pipeline.flows.committed import ReleaseSelection, indexes

_DEPTH = 3
"""Components of a chart's folder: ``vendor_charts/web/1.0.0``."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """Folders by path. ``kept`` says why each is kept."""

    removed: tuple[str, ...]
    kept: Mapping[str, str]

    @property
    def edits(self) -> Edits:
        """What is not committed is kept aside: nobody knows what was vendored there."""
        return Edits(removed=self.removed, known=dict.fromkeys(self.removed, "sha256:unknown"))


def made_of(tree: Tree) -> dict[str, str]:
    """The folder of each chart that rendered/ was made of, with one of its releases.

    Raises:
        StaleError: an index cannot be read.
    """
    index_of = indexes(tree, ReleaseSelection())
    return {
        folder(index.inputs.chart, index.inputs.version): f"{index.environment}/{index.release}"
        for index in index_of.values()
    }


def prune(
    config: Config, lock: ChartLock, paths: Iterable[str], locks: Mapping[str, str], rendered: Mapping[str, str]
) -> Pruned:
    """``paths`` is all below vendor_charts/, ``locks`` the text of pipeline.lock by the ref that has it committed.

    ``rendered`` is as ``made_of`` has it. A ref whose lock cannot be read keeps everything: nobody knows what it needs.
    """
    here = sorted({"/".join(path.split("/")[:_DEPTH]) for path in paths if path not in (ATTRIBUTES_FILE, README_FILE)})
    needed = {place: f"rendered/ was made of it: {by}" for place, by in rendered.items()}
    unreadable = ""
    for ref, text in sorted(locks.items(), reverse=True):
        try:
            needed |= {chart.folder: f"{FILE} of {ref} has it" for chart in from_text(text).charts}
        except PipelineError:
            unreadable = unreadable or f"{FILE} of {ref} cannot be read"
    needed |= {chart.folder: f"{FILE} has it" for chart in lock.charts}
    names = {release.pin for release in config.pins()}
    for release, locked in sorted(lock.releases.items(), reverse=True):
        if release in names:
            needed[locked.folder] = f"release {release} needs it"
    needed_here = {place: needed.get(place) or unreadable for place in here if place in needed or unreadable}
    return Pruned(tuple(place for place in here if place not in needed_here), needed_here)
