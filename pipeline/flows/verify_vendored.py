"""Holds vendor_charts/ against the lock, file by file: what was vendored comes from the source or the last commit."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pipeline.core.analysis.vendored_differences import FileDifference, differences
from pipeline.core.charts.chart import VendoredTree, tree_digest
from pipeline.core.charts.lock import ATTRIBUTES, ATTRIBUTES_FILE, FOLDER, README_FILE, ChartLock, LockedChart
from pipeline.core.charts.reference import parse_reference
from pipeline.core.charts.signing import SignatureError
from pipeline.core.charts.stored_names import stored_files
from pipeline.core.config.model import Config
from pipeline.core.errors import PipelineError, WorldError
from pipeline.core.ports import Progress, no_progress
from pipeline.core.render.file_tree import Tree
from pipeline.flows.check_locked import unsigned
from pipeline.flows.find_hand_edits import VendoredTrees
from pipeline.flows.vendor import ChartFetcher

_ATTRIBUTES = ATTRIBUTES_FILE.removeprefix(f"{FOLDER}/")


@dataclass(frozen=True, slots=True)
class VendoredFolder:
    """What lies below vendor_charts/: every path from the repository's root, and the content of its .gitattributes."""

    paths: tuple[str, ...]
    attributes: bytes | None


@dataclass(frozen=True, slots=True)
class Verified:
    """``differences`` by path; ``notes`` say of which charts the files could not be compared, and why."""

    charts: int
    differences: tuple[FileDifference, ...]
    notes: tuple[str, ...] = ()


def verify(
    config: Config,
    lock: ChartLock,
    trees: VendoredTrees,
    below: VendoredFolder,
    *,
    committed: Tree | None,
    source: ChartFetcher | None,
    progress: Progress = no_progress,
) -> Verified:
    """Every difference between vendor_charts/ and the lock.

    Without a ``source`` nothing is fetched.
    """
    rows, notes = list[FileDifference](), list[str]()
    for number, chart in enumerate(lock.charts):
        progress(number, len(lock.charts), chart.name)
        if trees.vendored_digest(chart.folder) == chart.tree:
            continue
        here = trees.vendored(chart.folder)
        rows += [FileDifference(f"{chart.folder}/{path}", what) for path, what in here.strange.items()]
        if not here.files:
            rows.append(FileDifference(chart.folder, "is missing"))
            continue
        was, why = _was(config, lock, chart, committed, source)
        rows += differences(chart.folder, was, here.files) if was is not None else []
        if was is None:
            rows.append(FileDifference(chart.folder, "is not what was vendored"))
            notes.append(f"{chart.folder}: its files cannot be compared one by one: {why}")
    rows += _unsigned(config, lock, source, notes)
    rows += _undeclared(lock, below.paths)
    if lock.charts:
        rules = {} if below.attributes is None else {_ATTRIBUTES: below.attributes}
        rows += differences(FOLDER, {_ATTRIBUTES: ATTRIBUTES}, rules)
    return Verified(len(lock.charts), tuple(sorted(set(rows))), tuple(notes))


def _unsigned(
    config: Config, lock: ChartLock, source: ChartFetcher | None, notes: list[str]
) -> Iterator[FileDifference]:
    """Charts that were signed, and of which no key is demanded any more, or which their source has unsigned by now."""
    for release in config.pins():
        pin = lock.chart_of(release.pin)
        if pin is None or not pin.provenance:
            continue
        reference = config.reference(release)
        if not reference.keys:
            yield FileDifference(pin.folder, f"is no longer checked by a key: {unsigned(release.pin, pin)}")
        elif source is not None:
            try:
                source.fetch(reference, pin.version, pin.pinned, pin.revision)
            except SignatureError as error:
                what = f"was signed ({pin.provenance}), and its source has it otherwise: {error.message}"
                yield FileDifference(pin.folder, what)
            except PipelineError as error:
                notes.append(f"{pin.folder}: its signature cannot be compared with its source: {error.message}")


def _undeclared(lock: ChartLock, paths: Iterable[str]) -> list[FileDifference]:
    """Charts, and files beside them, that the lock does not know: each version once."""
    known = {chart.folder for chart in lock.charts}
    spare = set[str]()
    for path in paths:
        place = "/".join(path.split("/")[:3])
        if place not in known and path not in (ATTRIBUTES_FILE, README_FILE):
            spare.add(place)
    return [FileDifference(place, "is undeclared: no release of pipeline.lock has it") for place in spare]


def _was(
    config: Config, lock: ChartLock, chart: LockedChart, committed: Tree | None, source: ChartFetcher | None
) -> tuple[Mapping[str, bytes] | None, str]:
    """The files as they were vendored, or why nobody has them any more."""
    before = committed.read(committed.ids(chart.folder)) if committed is not None else {}
    why = "the last commit has another content" if before else "the last commit does not have it"
    if source is not None:
        try:
            files = stored_files(_fetched(config, lock, chart, source))
        except PipelineError as error:
            why = f"{error.message}; and {why}"
        else:
            if tree_digest(files) == chart.tree:
                return files, ""
            why = f"{chart.source} has another content by now; and {why}"
    there = {path.removeprefix(f"{chart.folder}/"): data for path, data in before.items()}
    return (there, "") if VendoredTree(there).digest == chart.tree else (None, why)


def _fetched(config: Config, lock: ChartLock, chart: LockedChart, source: ChartFetcher) -> Mapping[str, bytes]:
    asked = next((locked.chart for locked in lock.releases.values() if locked.pin == chart), "")
    if not asked:
        raise WorldError("no release has it any more")
    reference = parse_reference(asked, config.repositories.values())
    return source.fetch(reference, chart.version, chart.pinned, chart.revision).files
