"""Vendors charts: what pipeline.yaml asks for, fetched, unpacked and locked. Nothing is written here: see Edits."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from pipeline.core.charts.chart import Fetched, tree_digest
from pipeline.core.charts.lock import FILE, ChartLock, LockedChart, LockedRelease, to_text
from pipeline.core.charts.reference import ChartKind, ChartReference, parse_reference
from pipeline.core.config.model import Config, Release
from pipeline.core.errors import StaleError, WorldError
from pipeline.core.ports import Progress, no_progress
from pipeline.core.render.file_edits import Edits

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*\Z")


class ChartFetcher(Protocol):
    """Where charts come from: repositories, archives, folders."""

    def fetch(self, reference: ChartReference, version: str) -> Fetched:
        """The newest chart that ``version`` (exact, a range, or empty) admits.

        Raises:
            UsageError: there is no such chart or version.
            WorldError: the network, the archive or the disk failed.
        """
        ...


class Trees(Protocol):
    def tree(self, folder: str) -> Mapping[str, bytes]: ...


@dataclass(frozen=True, slots=True)
class Vendored:
    """``edits`` bring vendor_charts/ and the lock up to date; ``moved`` are releases with old and new version."""

    lock: ChartLock
    edits: Edits
    moved: tuple[tuple[str, str, str], ...]


def vendor(
    config: Config,
    lock: ChartLock,
    releases: Iterable[str],
    trees: Trees,
    source: ChartFetcher,
    *,
    update: bool = False,
    progress: Progress = no_progress,
) -> Vendored:
    """Fetch what the lock does not have, what lies in vendor_charts/ otherwise than it says, and charts of our own.

    ``releases`` limits the work (empty: all). ``update`` resolves ranges anew.

    Raises:
        UsageError: a chart or version that does not exist.
        StaleError: upstream now has other content under a locked version.
        WorldError: the network, an archive or the disk failed.
    """
    asked = set(releases)
    todo = [release for release in config.releases if not asked or release.name in asked]
    new, folders = lock, {}
    for number, release in enumerate(todo):
        progress(number, len(todo), release.name)
        reference = parse_reference(release.chart, config.repositories.values())
        fresh = update or reference.kind is ChartKind.PATH  # a chart of our own changes without a new version
        if not fresh and _is_there(release, new, trees):
            continue
        got, chart, files = _fetched(release, reference, new, source, update=fresh)
        new = new.with_release(release.name, got, chart)
        folders[chart.folder] = files
    new = new.only(release.name for release in config.releases)
    kept = {chart.folder for chart in new.charts}
    removed = tuple(sorted(chart.folder for chart in lock.charts if chart.folder not in kept))
    trees_out = {folder: files for folder, files in folders.items() if folder in kept}
    return Vendored(new, Edits(trees_out, {FILE: to_text(new).encode()}, removed), _moved(lock, new))


def check_locked(config: Config, lock: ChartLock, trees: Trees) -> None:
    """That pipeline.yaml, the lock and vendor_charts/ agree, without a look at any network.

    Raises:
        StaleError: they do not; every difference is named.
    """
    problems = []
    for release in config.releases:
        got, chart = lock.releases.get(release.name), lock.chart_of(release.name)
        if got is None or chart is None:
            problems.append(f"release {release.name!r} is not in {FILE}")
        elif (got.chart, got.wanted) != (release.chart, release.version):
            now, then = f"{release.chart} {release.version}".strip(), f"{got.chart} {got.wanted}".strip()
            problems.append(f"release {release.name!r} asks for {now}, and {FILE} was made for {then}")
    names = {release.name for release in config.releases}
    problems += [
        f"{FILE} has release {name!r}, which pipeline.yaml has not" for name in lock.releases if name not in names
    ]
    problems += [
        f"{chart.folder} {'is not there' if not files else 'is not what was vendored'}"
        for chart in lock.charts
        if tree_digest(files := trees.tree(chart.folder)) != chart.tree
    ]
    if problems:
        raise StaleError("\n".join(problems), hint="pipeline vendor, and commit what it writes")


def _is_there(release: Release, lock: ChartLock, trees: Trees) -> bool:
    got, chart = lock.releases.get(release.name), lock.chart_of(release.name)
    if got is None or chart is None or (got.chart, got.wanted) != (release.chart, release.version):
        return False
    return tree_digest(trees.tree(chart.folder)) == chart.tree


def _fetched(
    release: Release, reference: ChartReference, lock: ChartLock, source: ChartFetcher, *, update: bool
) -> tuple[LockedRelease, LockedChart, Mapping[str, bytes]]:
    got, locked = lock.releases.get(release.name), lock.chart_of(release.name)
    same = got is not None and (got.chart, got.wanted) == (release.chart, release.version)
    pinned = locked if same and not update else None
    try:
        fetched = source.fetch(reference, pinned.version if pinned else release.version)
    except WorldError as error:
        raise WorldError(f"release {release.name!r}: {error.message}", hint=error.hint) from error
    for word in (fetched.name, fetched.version):
        if not _SAFE.match(word):
            raise WorldError(
                f"release {release.name!r}: {word!r} is no chart name or version", hint="do not use this chart"
            )
    chart = LockedChart(fetched.name, fetched.version, fetched.source, tree_digest(fetched.files), fetched.archive)
    if pinned and pinned.archive and chart.archive != pinned.archive:
        raise StaleError(
            f"release {release.name!r}: {chart.name} {chart.version} is not the archive that was locked:"
            f" {chart.archive} from {chart.source}, {pinned.archive} in {FILE}",
            hint="find out why upstream changed a published version; pipeline vendor --update takes the new one",
        )
    return LockedRelease(release.chart, release.version, chart.name, chart.version), chart, fetched.files


def _moved(old: ChartLock, new: ChartLock) -> tuple[tuple[str, str, str], ...]:
    pairs = ((name, old.releases.get(name), got) for name, got in sorted(new.releases.items()))
    return tuple(
        (name, was.version if was else "", got.version)
        for name, was, got in pairs
        if was is None or was.version != got.version
    )
