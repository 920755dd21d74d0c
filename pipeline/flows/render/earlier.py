"""What earlier renders left in rendered/: their indexes, whichever layout and whatever a merge made of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.core.config.model import Config
from pipeline.core.errors import StaleError
from pipeline.core.render.hand_edits import HandEdit, added_files
from pipeline.core.render.layout import FOLDER, HOOKS, INDEXES, OLD_INDEX, IndexPlace, index_place, owner
from pipeline.core.render.merged import sides
from pipeline.core.render.rendered_tree import Index, all_readable, digest, from_bytes
from pipeline.core.words import counted, listed
from pipeline.flows.render.jobs import Files, Job

_SHOWN = 5
Owner = tuple[str, str]
"""Environment and release."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """Of the releases that are rendered now, and of those that no longer exist."""

    indexes: Mapping[Owner, tuple[Index, ...]]
    paths: Sequence[str]
    """Every file below rendered/."""
    known: Mapping[str, str]
    """The digests of what those renders wrote."""
    gone: frozenset[str]
    """What they wrote: a file of theirs that is not written again is removed, and no other file ever is."""
    warnings: tuple[str, ...]

    def index(self, job: Job) -> Index | None:
        """The current one; None where there is none that can be read."""
        return next(iter(self.indexes.get((job.environment.name, job.release.name), ())), None)

    def added(self, config: Config, jobs: Sequence[Job], files: Iterable[str]) -> tuple[HandEdit, ...]:
        """Manifests that no render wrote: in the folders that are rendered now, and in those of no release."""
        left = {(e.name, r.name) for e, r in config.pairs()}
        left -= {(job.environment.name, job.release.name) for job in jobs}
        here = (path for path in self.paths if owner(path) not in left)
        return tuple(added_files(here, {*self.known, *files}))


def earlier(config: Config, jobs: Sequence[Job], files: Files) -> Earlier:
    current = {(e.name, r.name) for e, r in config.pairs()}
    rendered = {(job.environment.name, job.release.name) for job in jobs}
    paths = files.paths(FOLDER)
    places = (place for path in paths if (place := index_place(path)) is not None)
    indexes_by_owner: dict[Owner, tuple[Index, ...]] = {}
    known: dict[str, str] = {}
    gone: set[str] = set()
    said: list[str] = []
    moved: list[str] = []
    for place in sorted(places, key=lambda place: (place.old, place)):  # of two, the one of today's layout is first
        of = (place.environment, place.release)
        if of not in rendered and of in current:
            continue
        data = files.read(place.path) or b""
        indexes, line = _read(place, data)
        said += [line] if line else []
        moved += ["/".join(of)] if place.old else []
        gone |= {place.path} if (place.old and indexes) or (of not in current and indexes) else set()
        known |= {place.path: digest(data)} if indexes and not line else {}
        indexes_by_owner[of] = (*indexes_by_owner.get(of, ()), *indexes)
        for index in indexes:
            known |= {path: entry.digest for path, entry in index.files.items() if path not in known}
            gone |= index.files.keys()
    return Earlier(indexes_by_owner, paths, known, frozenset(gone), (*_moved(moved), *said))


def indexes_of(environment: str, release: str, files: Files) -> tuple[Index, ...]:
    """Those of one release that can be read, today's layout first: several where a merge left a conflict."""
    indexes: tuple[Index, ...] = ()
    for old in (False, True):
        path = IndexPlace(environment, release, old).path
        data = files.read(path)
        indexes += all_readable(data, path) if data is not None else ()
    return indexes


def _read(place: IndexPlace, data: bytes) -> tuple[tuple[Index, ...], str]:
    """What can be read of it, and what is to be said where that is not all."""
    try:
        return (from_bytes(data, place.path),), ""
    except StaleError as error:
        indexes = all_readable(data, place.path) if sides(data) else ()
        rest = "from both sides" if indexes else "and no file is removed for it"
        return indexes, f"{error.message}; it is written again, {rest}"


def _moved(titles: Iterable[str]) -> tuple[str, ...]:
    names = sorted(titles)
    if not names:
        return ()
    releases = f"{counted(len(names), 'release')} ({listed(names, _SHOWN)})"
    line = (
        f"{FOLDER}/ has an earlier layout for {releases}: each {OLD_INDEX} becomes a file below {INDEXES}/, "
        f"hooks move to {HOOKS}/, and what only helm test runs is left out"
    )
    return (line,)
