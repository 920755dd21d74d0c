"""Fetches a chart with all that it depends on, from wherever each of them comes."""

import posixpath
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.adapters.charts.archive import HOSTILE, ChartError
from pipeline.adapters.charts.inside import check_inside, declared_in, locked_in, present_in
from pipeline.adapters.fetch.one_chart import OneChart
from pipeline.adapters.fetch.unpacking import fits, named
from pipeline.core.budget import Budget, ChartLimits
from pipeline.core.charts.chart import Dependency, Fetched
from pipeline.core.charts.dependencies import DeclaredDependency, PresentChart, missing
from pipeline.core.charts.git_folders import git_folder
from pipeline.core.charts.git_reference import GitPlace
from pipeline.core.charts.reference import ChartKind, ChartReference, ChartRepository, dependency_reference
from pipeline.core.charts.repository_index import Offer
from pipeline.core.errors import UsageError, WorldError
from pipeline.core.safe_path import SafePath, shown

_DEEPEST = 8
_HINT = "put the chart into charts/, or complete its entry under dependencies:"


@dataclass
class ChartSource:
    """``root`` is the repository's folder: local charts lie in it."""

    root: Path
    repositories: Mapping[str, ChartRepository]
    limits: ChartLimits = field(default_factory=ChartLimits)

    def __post_init__(self) -> None:
        self._one = OneChart(self.root, self.repositories, self.limits)

    def fetch(
        self, reference: ChartReference, version: str, pinned: Mapping[str, str] | None = None, revision: str = ""
    ) -> Fetched:
        """``pinned`` are versions of dependencies by their path; they are taken where they still fit.

        ``revision`` is an OCI digest or a Git commit: the chart is fetched from exactly that.
        """
        budget = Budget(str(reference), self.limits, time.monotonic)
        work = _Fetch(self._one, self.repositories, budget, pinned or {})
        fetched = work.with_dependencies(self._one.fetch(reference, version, budget, revision), reference, "", 0)
        folder = git_folder(fetched.files)
        if folder is not None:
            where = f"{fetched.name} {fetched.version}: {shown(folder) or 'its own folder'}"
            raise ChartError(f"{where} looks like a Git repository, whose configuration runs programs", hint=HOSTILE)
        return fetched

    def offers(self, reference: ChartReference) -> tuple[Offer, ...]:
        """Every version that the source has, in any order; raises as ``fetch`` does."""
        return self._one.offers(reference, Budget(str(reference), self.limits, time.monotonic))

    def revision(self, reference: ChartReference) -> str:
        """What its branch, tag or URL stands for now; empty for what cannot move; raises as ``fetch`` does."""
        return self._one.revision(reference, Budget(str(reference), self.limits, time.monotonic))


@dataclass(frozen=True, slots=True)
class _Fetch:
    """One chart with all that it needs, and one budget for all of it."""

    one: OneChart
    repositories: Mapping[str, ChartRepository]
    budget: Budget
    pinned: Mapping[str, str]

    def with_dependencies(self, fetched: Fetched, reference: ChartReference, place: str, depth: int) -> Fetched:
        """With the charts that it declares and charts/ lacks, in the versions of its lock where there is one."""
        title = f"{fetched.name} {fetched.version}"
        if depth > _DEEPEST:
            raise ChartError(f"{fetched.name} nests charts more than {_DEEPEST} deep", hint=HOSTILE)
        rows, present = declared_in(fetched.files, title), present_in(fetched.files, title, self.budget.limits)
        absent = missing(rows, present)
        # Of a package, the lock says how charts/ was filled: it is asked only where something has to be fetched.
        locked = locked_in(fetched.files, rows, title) if absent or not fetched.archive else {}
        files, dependencies, left_out = dict(fetched.files), list[Dependency](), list(fetched.left_out)
        for row, below in _places(absent, present, title).items():
            self.budget.dependency()
            where = f"{place}{below}"
            own = self._reference(row, reference, fetched)
            version = self._wanted(row.version, locked.get(row.key, ""), where)
            dependency = self.with_dependencies(self.one.fetch(own, version, self.budget), own, f"{where}/", depth + 1)
            dependencies += [
                Dependency(
                    where,
                    dependency.name,
                    dependency.version,
                    dependency.source,
                    dependency.archive,
                    dependency.revision,
                ),
                *dependency.dependencies,
            ]
            left_out += dependency.left_out
            files |= {f"{below}/{path}": data for path, data in dependency.files.items()}
        check_inside(files, title, locked, self.budget.limits)
        files = dict(sorted(files.items()))
        return replace(fetched, files=files, dependencies=tuple(sorted(dependencies)), left_out=tuple(left_out))

    def _wanted(self, asked: str, locked: str, place: str) -> str:
        """The version of a dependency: as Chart.lock says, else as it was vendored before where that still fits."""
        pinned = self.pinned.get(place, "")
        return locked or (pinned if pinned and fits(pinned, asked) else asked)

    def _reference(self, row: DeclaredDependency, parent: ChartReference, fetched: Fetched) -> ChartReference:
        """Where a dependency comes from."""
        title, where = f"{fetched.name} > {row.name}", row.repository
        if where.startswith("file://"):
            if parent.kind is ChartKind.GIT:  # of the same commit, as it stands beside it there
                beside = GitPlace.parse(parent.location).at(fetched.revision).beside(where.removeprefix("file://"))
                return ChartReference(ChartKind.GIT, title, beside.text(), row.name)
            if parent.kind is not ChartKind.PATH or fetched.archive:
                raise WorldError(f"{fetched.name} needs {row.name} from {where}, which is on its author's disk")
            location = posixpath.join(parent.location, where.removeprefix("file://"))
            return ChartReference(ChartKind.PATH, title, location, row.name)
        try:
            return dependency_reference(row.name, where, self.repositories.values(), title)
        except UsageError as error:
            if where.startswith(("@", "alias:")):
                raise
            raise ChartError(f"{fetched.name} needs {row.name}: {error.message}", hint=error.hint) from error


def _places(
    absent: Sequence[DeclaredDependency], present: Sequence[PresentChart], title: str
) -> dict[DeclaredDependency, str]:
    """The folder of each dependency that has to be fetched: its name, or its alias where several have that name.

    Raises:
        ChartError: a name is not one for a folder; no version or no repository is named.
    """
    names = Counter(row.name for row in absent) + Counter(chart.name for chart in present)
    taken = {chart.path for chart in present}
    places: dict[DeclaredDependency, str] = {}
    for row in absent:
        if not row.repository or not row.version.strip():
            what = "repository" if row.version.strip() else "version"
            raise ChartError(f"{title} declares {row}: charts/ does not hold it, and it names no {what}", hint=_HINT)
        plain = [row.name] if names[row.name] == 1 else []
        keys = [named({"name": key}, "name", f"a dependency of {title}") for key in (*plain, row.key)]
        place = next((at for key in (*keys, f"{row.name}-{row.key}") if (at := f"charts/{key}") not in taken), "")
        taken.add(place)
        places[row] = SafePath(place, f"a dependency of {title}")
    return places
