"""Charts in Git repositories: a folder at a commit, packed as ``helm package`` would pack it."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from weakref import finalize

from pipeline.adapters.charts.folder import read_directory
from pipeline.adapters.fetch.git_objects import LinkTargets, RemoteRepository, wanted_entries, write_below
from pipeline.adapters.fetch.unpacking import unpacked
from pipeline.adapters.guard import private_folder
from pipeline.core.budget import Budget
from pipeline.core.charts.chart import Fetched
from pipeline.core.charts.git_reference import GitPlace
from pipeline.core.charts.reference import ChartReference
from pipeline.core.errors import PipelineError
from pipeline.core.safe_path import SafePath


@dataclass
class _Remote:
    """One repository of this run. ``commits`` are what its refs were when they were first asked for."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    repository: RemoteRepository | None = None
    commits: dict[str, str] = field(default_factory=dict)


class GitRepositories:
    """Each repository is fetched once a run, into a private folder that goes with this object."""

    def __init__(self) -> None:
        self._remotes: dict[str, _Remote] = {}
        self._lock = threading.Lock()
        self._stack = ExitStack()
        finalize(self, self._stack.close)

    def fetch(self, reference: ChartReference, budget: Budget, revision: str = "") -> Fetched:
        """The chart at the reference's path and ref, or at the commit ``revision``.

        Raises:
            UsageError: no such ref or path.
            WorldError: Git fails, or the folder is not a valid chart.
        """
        place = GitPlace.parse(reference.location)
        with self._opened(place, budget) as (repository, commits):
            return self._read(repository, commits, place, revision or place.ref, budget)

    def revision(self, reference: ChartReference, budget: Budget) -> str:
        """The commit that the reference's ref names now; empty where it is a commit itself. Raises as ``fetch``."""
        place = GitPlace.parse(reference.location)
        if place.is_commit:
            return ""
        with self._opened(place, budget) as (repository, commits):
            return _commit(repository, commits, place.ref, budget)

    @contextmanager
    def _opened(self, place: GitPlace, budget: Budget) -> Iterator[tuple[RemoteRepository, dict[str, str]]]:
        """The repository of that place, for this thread alone, and the commits of its refs that are known."""
        with self._lock:
            remote = self._remotes.setdefault(place.url, _Remote())
        with remote.lock:
            if remote.repository is None:
                with self._lock:
                    home = self._stack.enter_context(private_folder("git"))
                made = RemoteRepository(home, place.url)
                made.prepare(budget)
                remote.repository = made
            yield remote.repository, remote.commits

    def _read(
        self, repository: RemoteRepository, commits: dict[str, str], place: GitPlace, ref: str, budget: Budget
    ) -> Fetched:
        commit = _commit(repository, commits, ref, budget)
        every = repository.entries(commit, budget)
        try:
            entries = wanted_entries(every, place.path, LinkTargets(repository, commit, every, _apart(budget)))
        except PipelineError as error:
            raise type(error)(f"{place} at {commit[:12]}: {error.message}", hint=error.hint) from error
        blobs = repository.blobs(commit, {entry.object_id for entry in entries.values()}, _apart(budget))
        with private_folder("chart") as home:
            write_below(home, entries, blobs)
            files = read_directory(home / SafePath(place.path) if place.path else home, home, budget)
        return unpacked(files, str(place), str(place), budget, revision=commit)


def _commit(repository: RemoteRepository, commits: dict[str, str], ref: str, budget: Budget) -> str:
    if ref not in commits:
        commits[ref] = repository.commit(ref, budget)
    return commits[ref]


def _apart(budget: Budget) -> Budget:
    """The same time, and bytes that are counted apart: those of the chart count when they are read as one."""
    own = Budget(budget.title, budget.limits, budget.clock)
    own.begun = budget.begun
    return own
