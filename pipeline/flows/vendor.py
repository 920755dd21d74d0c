"""Vendors the charts of pipeline.yaml: fetches, unpacks and locks them. Writes nothing itself: it returns Edits."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from pipeline.core.charts.chart import Fetched, tree_digest
from pipeline.core.charts.lock import ATTRIBUTES, ATTRIBUTES_FILE, FILE, ChartLock, LockedChart, LockedRelease
from pipeline.core.charts.lock_changes import LockChange, changes, check_dependencies, contradictions
from pipeline.core.charts.lock_text import to_text
from pipeline.core.charts.reference import ChartKind, ChartReference
from pipeline.core.charts.stored_names import renamed, stored_files
from pipeline.core.config.model import Config, Release
from pipeline.core.errors import PipelineError, StaleError
from pipeline.core.render.file_edits import Edits
from pipeline.flows.check_locked import Trees, unsigned
from pipeline.flows.fetch_work import IN_TURN, Work, together

_APART = "take the chart from one source in every release, or ask one of the publishers for another version"


class ChartFetcher(Protocol):
    """Where charts come from: repositories, archives, folders."""

    def fetch(
        self, reference: ChartReference, version: str, pinned: Mapping[str, str] | None = None, revision: str = ""
    ) -> Fetched:
        """The newest chart that ``version`` (exact, a range, or empty) admits; exactly ``revision`` where one is given.

        ``pinned`` are versions of its dependencies by their path, which are kept where they still fit.

        Raises:
            UsageError: there is no such chart or version.
            WorldError: the network, the archive or the disk failed.
        """
        ...


@dataclass(frozen=True, slots=True)
class Vendored:
    """``edits`` bring vendor_charts/ and the lock up to date; ``changes`` are what is new in the lock.

    ``renamed`` are, by release, the files that are stored under names that no tool obeys; ``left_out`` those of charts
    of this repository that Git ignores.
    """

    lock: ChartLock
    edits: Edits
    changes: tuple[LockChange, ...]
    renamed: Mapping[str, tuple[str, ...]]
    left_out: Mapping[str, tuple[str, ...]]


def vendor(
    config: Config,
    lock: ChartLock,
    releases: Iterable[str],
    trees: Trees,
    source: ChartFetcher,
    *,
    update: bool = False,
    work: Work = IN_TURN,
) -> Vendored:
    """Fetch what the lock does not have, what lies in vendor_charts/ otherwise than it says, and charts of our own.

    ``releases`` limits the work (empty: all). ``update`` resolves ranges again.

    Raises:
        UsageError: a chart or version that does not exist.
        StaleError: upstream now has other content under a locked version.
        WorldError: the network, an archive or the disk failed. Of several errors, all are told.
    """
    tasks = {
        release.pin: partial(_fetched, release, config, lock, source, partial(_kept, work), update=update)
        for release in config.pins(set(releases))
        if update or not _is_there(release, config.reference(release), lock, trees)
    }
    new, errors = lock, list[tuple[str, PipelineError]]()
    done: dict[str, _Got] = {}
    for name, result in work.run(tasks).items():
        if isinstance(result, PipelineError):
            errors.append((name, result))
            continue
        new = new.with_release(name, result.release)
        done[name] = result
    if errors:
        raise together(errors)
    new = new.only(release.pin for release in config.pins())
    problems = contradictions(new)
    if problems:
        raise StaleError("\n".join(problems), hint=_APART)
    return _vendored(lock, new, done)


def _vendored(lock: ChartLock, new: ChartLock, done: Mapping[str, "_Got"]) -> Vendored:
    folders = {result.release.folder: result.files for result in done.values() if result.files is not None}
    names = {name: result.renamed for name, result in done.items()}
    left_out = {name: result.left_out for name, result in done.items()}
    return Vendored(new, _edits(lock, new, folders), changes(lock, new), names, left_out)


def _edits(lock: ChartLock, new: ChartLock, folders: Mapping[str, Mapping[str, bytes]]) -> Edits:
    locked_folders = {chart.folder for chart in new.charts}
    removed = tuple(sorted(chart.folder for chart in lock.charts if chart.folder not in locked_folders))
    trees = {folder: files for folder, files in folders.items() if folder in locked_folders}
    files = {FILE: to_text(new).encode()} | ({ATTRIBUTES_FILE: ATTRIBUTES} if locked_folders else {})
    known = {chart.folder: chart.tree for chart in lock.charts} | dict.fromkeys(files, "")
    return Edits(trees, files, removed, known)


def _is_there(release: Release, reference: ChartReference, lock: ChartLock, trees: Trees) -> bool:
    locked, chart = lock.releases.get(release.pin), lock.chart_of(release.pin)
    if reference.kind is ChartKind.PATH:  # a chart of our own changes without a new version
        return False
    if locked is None or chart is None or (locked.chart, locked.wanted) != (release.chart, release.version):
        return False
    return bool(chart.provenance) == bool(reference.keys) and trees.vendored_digest(chart.folder) == chart.tree


@dataclass(frozen=True, slots=True)
class _Got:
    """One release's chart as it will be written and locked; ``files`` are none where all of them lie there already."""

    release: LockedRelease
    files: Mapping[str, bytes] | None
    renamed: tuple[str, ...]
    left_out: tuple[str, ...]


def _fetched(
    release: Release,
    config: Config,
    lock: ChartLock,
    source: ChartFetcher,
    keep: Callable[[LockedChart, Mapping[str, bytes]], Mapping[str, bytes] | None],
    *,
    update: bool,
) -> _Got:
    reference = config.reference(release)
    entry, locked = lock.releases.get(release.pin), lock.chart_of(release.pin)
    same = entry is not None and (entry.chart, entry.wanted) == (release.chart, release.version)
    before = locked if same and not update else None
    own = reference.kind is ChartKind.PATH
    named = reference.kind in (ChartKind.REPOSITORY, ChartKind.OCI)
    # An archive's URL has one chart: where that is another by now, it is told as such.
    wanted = release.version if not before or own else before.version if named else ""
    fetched = source.fetch(
        reference, wanted, before.pinned if before else {}, before.revision if before and not own else ""
    )
    files = stored_files(fetched.files)
    chart = LockedChart(
        name=fetched.name,
        version=fetched.version,
        source=fetched.source,
        tree=tree_digest(files),
        archive=fetched.archive,
        dependencies=fetched.dependencies,
        app_version=fetched.app_version,
        revision=fetched.revision,
        provenance=fetched.provenance,
    )
    if locked and not update:
        _check_signature(release, locked, chart)
    if before:
        _check(release, before, chart, fetched, own=own)
    locked_now = LockedRelease(release.chart, release.version, chart)
    return _Got(locked_now, keep(chart, files), renamed(fetched.files), fetched.left_out)


def _kept(work: Work, chart: LockedChart, files: Mapping[str, bytes]) -> Mapping[str, bytes] | None:
    """A chart of our own is fetched every time, and mostly nothing has changed: a disk that is only read takes that."""
    return None if work.lies_there(chart.folder, chart.tree) else work.keep(files)


def _check_signature(release: Release, before: LockedChart, chart: LockedChart) -> None:
    """That a chart which was signed still is."""
    if before.provenance and not chart.provenance:
        raise StaleError(
            unsigned(release.pin, before),
            hint="name its key in signedBy again; pipeline vendor --update accepts an unsigned chart",
        )


def _of(before: LockedChart, chart: LockedChart) -> str:
    return "" if before.folder == chart.folder else f" of {before.name} {before.version}"


def _check(release: Release, before: LockedChart, chart: LockedChart, fetched: Fetched, *, own: bool) -> None:
    """That upstream still has what was locked."""
    if before.archive and not own and chart.archive != before.archive:
        raise StaleError(
            f"release {release.pin!r}: {chart.name} {chart.version} is not the locked archive{_of(before, chart)}:"
            f" {chart.archive} from {chart.source}, {before.archive} in {FILE}",
            hint="find out why upstream changed a published version; pipeline vendor --update accepts the new one",
        )
    check_dependencies(release.pin, before, chart)
    unnamed = before.dependencies is None and not own and bool(chart.dependencies)
    if unnamed and before.tree not in (chart.tree, tree_digest(fetched.files)):
        raise StaleError(
            f"release {release.pin!r}: {chart.name} {chart.version} does not unpack to the locked content: {FILE} was"
            " written by an older pipeline, which did not name dependencies, and one of them may have changed upstream",
            hint="compare what pipeline vendor --update writes with what is committed, and commit it if it is right",
        )
