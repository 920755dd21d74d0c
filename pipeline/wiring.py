"""Creates the real adapters for the flows. Imports are lazy, so that ``--help`` stays fast."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.budget import Limits
from pipeline.core.charts.lock import FILE as LOCK_FILE
from pipeline.core.charts.lock import FOLDER as VENDORED
from pipeline.core.charts.lock import ChartLock
from pipeline.core.charts.lock_text import from_text
from pipeline.core.config.model import Config
from pipeline.core.errors import ConfigError, PipelineError, UsageError
from pipeline.core.render.file_tree import Tree
from pipeline.core.render.layout import FOLDER as RENDERED
from pipeline.core.render.order import Engine

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.adapters.disk import Disk
    from pipeline.adapters.fetch.source import ChartSource
    from pipeline.adapters.git.trees import GitTree
    from pipeline.adapters.helm.timed import RenderRecord
    from pipeline.core.ports import Progress
    from pipeline.flows.committed import Unseal
    from pipeline.flows.fetch_work import Work
    from pipeline.flows.render.jobs import RenderPorts

_SHA256_DIGITS = 64
_MOST_RENDERS = 20_000
"""Two small entries a release, for each state that it was in."""


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository around the working folder: where it is, what it declares, and what is vendored."""

    root: Path
    config: Config

    @property
    def disk(self) -> "Disk":
        from pipeline.adapters.disk import Disk

        return Disk(self.root, self.config.limits.inputs)

    @property
    def lock(self) -> ChartLock:
        text = self.disk.read_text(LOCK_FILE)
        return from_text(text) if text is not None else ChartLock()

    def mended_lock(self) -> tuple[ChartLock, str]:
        """As ``lock``; where it holds both sides of a merge, one lock of them, and a sentence that says so.

        Raises:
            ConfigError: it cannot be read, and its sides are not known.
        """
        try:
            return self.lock, ""
        except ConfigError as error:
            from pipeline.core.charts.lock_text import MergedLockError
            from pipeline.core.charts.mended_lock import conflicting_sides, kept_sides, mended, readable

            text = self.disk.read_text(LOCK_FILE) or ""
            sides = readable(conflicting_sides(text)) or readable(self._sides_of_merge())
            if not sides and isinstance(error, MergedLockError):
                sides = readable(kept_sides(text))
            if not sides:
                raise
            asked = {pin.pin: (pin.chart, pin.version) for pin in self.config.pins()}
            return mended(sides, asked), f"{LOCK_FILE} held both sides of a merge: one lock was made of them"

    def _sides_of_merge(self) -> Sequence[str]:
        from pipeline.adapters.git.door import marked, repository_root
        from pipeline.adapters.git.refs import sides_of_merge

        if marked(self.root) is None:
            return ()
        top = repository_root(self.root)
        return sides_of_merge(top, (self.root.resolve().relative_to(top.resolve()) / LOCK_FILE).as_posix())

    @property
    def worktree(self) -> Tree:
        from pipeline.adapters.git.door import object_format
        from pipeline.adapters.git.trees import DirectoryTree

        return DirectoryTree(self.root, object_format(self.root))

    def head(self) -> "GitTree | None":
        """What is committed; None in a repository without a commit."""
        from pipeline.adapters.git.door import repository_root
        from pipeline.adapters.git.trees import GitTree, resolve

        top = repository_root(self.root)
        try:
            commit = resolve(top, "HEAD")
        except UsageError:
            return None
        return GitTree(top, commit, self.root.resolve().relative_to(top.resolve()).as_posix())

    def committed(self) -> Tree | None:
        """As ``head``; None as well where there is no Git repository, or no Git."""
        try:
            return self.head()
        except PipelineError:
            return None

    def committed_locks(self) -> Mapping[str, str]:
        """The text of pipeline.lock by the branch or tag that has it committed; empty without a Git repository."""
        from pipeline.adapters.git.door import marked, repository_root
        from pipeline.adapters.git.refs import at_every_ref

        if marked(self.root) is None:
            return {}
        top = repository_root(self.root)
        place = (self.root.resolve().relative_to(top.resolve()) / LOCK_FILE).as_posix()
        return at_every_ref(top, place)

    def is_committed(self) -> Callable[[str, bytes], bool]:
        """Whether the last commit has that content at that path; nothing is where there is no repository or no Git."""
        from functools import cache

        from pipeline.adapters.git.trees import blob_id

        @cache
        def committed() -> Mapping[str, str]:
            try:
                head = self.head()
            except PipelineError:
                return {}
            return {} if head is None else {**head.ids(RENDERED), **head.ids(VENDORED)}

        def has(path: str, data: bytes) -> bool:
            known = committed().get(path, "")
            return bool(known) and known == blob_id(data, "sha256" if len(known) == _SHA256_DIGITS else "sha1")

        return has

    def in_head(self) -> Callable[[str], bool]:
        """Whether the last commit has a file of that path below rendered/; none is where there is no Git."""
        from functools import cache

        @cache
        def committed() -> frozenset[str]:
            try:
                head = self.head()
            except PipelineError:
                return frozenset()
            return frozenset() if head is None else frozenset(head.ids(RENDERED))

        return lambda path: path in committed()

    def check_whole(self) -> None:
        """Raises UsageError where a sparse checkout leaves out what pipeline reads or writes."""
        from pipeline.adapters.git.sparse import check_whole

        check_whole(self.root, (RENDERED, VENDORED, "values", "overlays", LOCK_FILE))

    def chart_source(self) -> "ChartSource":
        from pipeline.adapters.fetch.source import ChartSource

        return ChartSource(self.root, self.config.repositories, self.config.limits.charts)

    @staticmethod
    def fetching(disk: "Disk", progress: "Progress") -> "Work":
        """Charts are fetched side by side, and written to ``disk``, which is as one, until all are there."""
        from pipeline.adapters.fetch.fetch_threads import side_by_side
        from pipeline.flows.fetch_work import Work

        return Work(side_by_side, progress, disk.keep, lambda folder, digest: disk.vendored_digest(folder) == digest)

    def unseal(self) -> "Unseal":
        from functools import partial

        from pipeline.adapters import sops
        from pipeline.flows.render.seal import unsealing

        return unsealing(partial(sops.find, self.root))

    def render_world(self, told: "Callable[[RenderRecord], object] | None" = None) -> "RenderPorts":
        """``told`` hears how long each render of Helm took."""
        import time
        from functools import partial

        from pipeline.adapters import sops
        from pipeline.adapters.cache.cache import Cache
        from pipeline.adapters.cache.tool_version import tool_version
        from pipeline.adapters.charts.load_chart import chart_within
        from pipeline.adapters.charts.standing_in import StandInEngine
        from pipeline.adapters.charts.vendored_engine import VendoredEngine
        from pipeline.adapters.helm.engines import LazyEngine
        from pipeline.adapters.helm.kustomize import find
        from pipeline.adapters.user_folders import cache_folder
        from pipeline.flows.render.jobs import RenderPorts

        limits, disk = self.config.limits, self.disk
        kustomize = partial(find, limits.render)
        helm = LazyEngine(self.config.helm_engine, self.config.helm_version, limits)
        engine = helm if told is None else _timed(helm, told)
        return RenderPorts(
            str(self.root),
            disk,
            VendoredEngine(StandInEngine(engine, limits.charts), disk),
            kustomize,
            partial(sops.find, self.root),
            chart_within(limits.charts),
            time.sleep,
            self.in_head(),
            Cache(cache_folder("renders"), tool_version(), _MOST_RENDERS),
            helm.identity,
            lambda: kustomize().identity,
        )


def _timed(engine: Engine, told: "Callable[[RenderRecord], object]") -> Engine:
    from pipeline.adapters.helm.timed import TimedEngine

    return TimedEngine(engine, told)


def repository(start: Path | None = None) -> Repository:
    """The repository at or above ``start`` (default: the working folder).

    Raises:
        UsageError: there is none.
        ConfigError: its pipeline.yaml is wrong.
    """
    from pipeline import rules
    from pipeline.adapters.config_file import find_root, load

    root = find_root(start or Path.cwd())
    return Repository(root, load(root, rules.names()))


def engine_for(setting: str = "auto", version_range: str = "", limits: Limits | None = None) -> Engine:
    """The Helm that renders: ``cli``, ``embedded``, or the one that ``auto`` finds.

    Raises:
        WorldError: there is no such engine here, or none of the version asked for.
    """
    from pipeline.adapters.charts.standing_in import StandInEngine
    from pipeline.adapters.helm.engines import choose

    return StandInEngine(choose(setting, version_range, limits), limits.charts if limits else None)
