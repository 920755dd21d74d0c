"""Fetches a chart with all that it depends on, from wherever each of them comes."""

import posixpath
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from pipeline.adapters.charts.archive import HOSTILE, ChartError
from pipeline.adapters.charts.load_chart import yaml_map
from pipeline.adapters.fetch.one_chart import OneChart
from pipeline.adapters.fetch.unpacking import fits, named
from pipeline.core.budget import Budget, ChartLimits
from pipeline.core.charts.chart import Dependency, Fetched
from pipeline.core.charts.reference import ChartKind, ChartReference, ChartRepository, parse_reference
from pipeline.core.errors import WorldError
from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.safe_path import SafePath

_DEEPEST = 8


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
        return work.with_dependencies(self._one.fetch(reference, version, budget, revision), reference, "", 0)


@dataclass(frozen=True, slots=True)
class _Fetch:
    """One chart with all that it needs, and one budget for all of it."""

    one: OneChart
    repositories: Mapping[str, ChartRepository]
    budget: Budget
    pinned: Mapping[str, str]

    def with_dependencies(self, fetched: Fetched, reference: ChartReference, place: str, depth: int) -> Fetched:
        """With the charts that Chart.yaml names and charts/ lacks, in the versions of Chart.lock where there is one."""
        if depth > _DEEPEST:
            raise ChartError(f"{fetched.name} nests charts more than {_DEEPEST} deep", hint=HOSTILE)
        there = {path.split("/")[1] for path in fetched.files if path.startswith("charts/") and path.count("/") > 1}
        locked = {str(d.get("name")): str(d.get("version") or "") for d in _dependencies(fetched, "Chart.lock")}
        extra: dict[str, bytes] = {}
        found: list[Dependency] = []
        for entry in _dependencies(fetched, "Chart.yaml"):
            if str(entry.get("name") or "") in there or not entry.get("repository"):
                continue
            self.budget.dependency()
            name = named(entry, "name", f"a dependency of {fetched.name}")
            below = SafePath.of("charts", name)
            where = f"{place}{below}"
            own = self._dependency(entry, reference, fetched.name)
            version = self._wanted(str(entry.get("version") or ""), locked.get(name, ""), where)
            one = self.with_dependencies(self.one.fetch(own, version, self.budget), own, f"{where}/", depth + 1)
            found += [
                Dependency(where, one.name, one.version, one.source, one.archive, one.revision),
                *one.dependencies,
            ]
            extra |= {f"{below}/{path}": data for path, data in one.files.items()}
        files = dict(sorted({**fetched.files, **extra}.items()))
        return replace(fetched, files=files, dependencies=tuple(sorted(found)))

    def _wanted(self, asked: str, locked: str, place: str) -> str:
        """The version of a dependency: as Chart.lock says, else as it was vendored before where that still fits."""
        pinned = self.pinned.get(place, "")
        return locked or (pinned if pinned and fits(pinned, asked) else asked)

    def _dependency(self, entry: Mapping[str, Any], parent: ChartReference, title: str) -> ChartReference:
        name, where = str(entry.get("name") or ""), str(entry["repository"])
        repositories = self.repositories.values()
        if where.startswith("file://"):
            if parent.kind is not ChartKind.PATH:
                raise WorldError(f"{title} needs {name} from {where}, which is on its author's disk")
            location = posixpath.join(parent.location, where.removeprefix("file://"))
            return ChartReference(ChartKind.PATH, f"{title} > {name}", location, name)
        if where.startswith(("@", "alias:")):
            short = where.removeprefix("@").removeprefix("alias:")
            return parse_reference(f"{short}/{name}", repositories)
        known = next((r for r in repositories if r.url == where.rstrip("/")), None)
        if known is not None:
            return parse_reference(f"{known.name}/{name}", [known])
        try:
            return parse_reference(urljoin(f"{where.rstrip('/')}/", name))
        except ValueError as error:
            message = f"{title} needs {name} from {where[:100]!r}, which is not a URL: {error}"
            raise ChartError(message, hint=HOSTILE) from error


def _dependencies(chart: Fetched, name: str) -> list[Mapping[str, Any]]:
    data = yaml_map(chart.files.get(name, b""), name, chart.name)
    return [mapping(entry) for entry in sequence(data.get("dependencies"))]
