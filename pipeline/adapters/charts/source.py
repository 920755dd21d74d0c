"""Fetches charts from chart repositories, URLs and the disk, and unpacks their packed dependencies."""

import hashlib
import posixpath
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from pipeline.adapters.below import Below
from pipeline.adapters.charts.archive import HOSTILE, ChartError
from pipeline.adapters.charts.folder import read_directory
from pipeline.adapters.charts.http_get import get
from pipeline.adapters.charts.load_chart import metadata_of, read_archive, unpack_subcharts, yaml_map
from pipeline.adapters.descriptors import LinkError
from pipeline.core.budget import Budget, ChartLimits
from pipeline.core.charts.chart import Dependency, Fetched
from pipeline.core.charts.reference import ChartKind, ChartReference, ChartRepository, parse_reference
from pipeline.core.charts.repository_index import Offer, choose, offers
from pipeline.core.charts.semver import Range, Version
from pipeline.core.errors import UsageError, WorldError
from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.safe_path import SafeName, SafePath, UnsafePathError

_DEEPEST = 8


@dataclass
class ChartSource:
    """``root`` is the repository's folder: local charts lie in it. Indexes are fetched once a run."""

    root: Path
    repositories: Mapping[str, ChartRepository]
    limits: ChartLimits = field(default_factory=ChartLimits)
    _indexes: dict[str, str] = field(default_factory=dict)

    def fetch(self, reference: ChartReference, version: str, pinned: Mapping[str, str] | None = None) -> Fetched:
        """``pinned`` are versions of dependencies by their path; they are taken where they still fit."""
        budget = Budget(str(reference), self.limits, time.monotonic)
        return _Fetch(self, budget, pinned or {}).whole(reference, version)

    def index(self, repository: ChartRepository, budget: Budget) -> str:
        url = repository.url
        if url not in self._indexes:
            data = get(f"{url}/index.yaml", repository, _of_index(url, budget), packed=False)
            self._indexes[url] = data.decode("utf-8", "replace")
        return self._indexes[url]


def _of_index(url: str, budget: Budget) -> Budget:
    """An index costs the time of the chart that asks for it first, and no bytes of any chart."""
    own = Budget(f"{url}/index.yaml", budget.limits, time.monotonic)
    own.begun = budget.begun
    return own


@dataclass(frozen=True, slots=True)
class _Fetch:
    """One chart with all that it needs, and one budget for all of it."""

    source: ChartSource
    budget: Budget
    pinned: Mapping[str, str]

    def whole(self, reference: ChartReference, version: str) -> Fetched:
        return self._with_dependencies(self._one(reference, version), reference, "", 0)

    def _one(self, reference: ChartReference, version: str) -> Fetched:
        self.budget.time()
        match reference.kind:
            case ChartKind.REPOSITORY:
                return self._from_repository(reference, version)
            case ChartKind.ARCHIVE:
                data = get(reference.location, None, self.budget)
                return _checked(self._packed(data, reference.location, reference.location), version)
            case ChartKind.PATH:
                return _checked(self._from_disk(reference.location), version)
        hint = "a chart repository, an archive's URL, or a path: ./charts/own"
        raise UsageError(
            f"chart {reference}: fetching charts from there is not supported yet ({reference.kind})", hint=hint
        )

    def _from_repository(self, reference: ChartReference, version: str) -> Fetched:
        repository = reference.repository
        assert repository is not None, "BUG: a repository's chart without its repository"
        offer = choose(self._offers(repository, reference.name), version, chart=reference.name, where=repository.name)
        data = get(offer.urls[0], repository, self.budget)
        found = f"sha256:{hashlib.sha256(data).hexdigest()}"
        if offer.digest and found != offer.digest:
            raise WorldError(
                f"{offer.urls[0]} does not match its index: digest {found} instead of {offer.digest}",
                hint="try again later; if it persists, the repository is broken or was tampered with",
            )
        fetched = self._packed(data, offer.urls[0], f"{repository.url}/{reference.name}")
        if (fetched.name, fetched.version) != (offer.name, offer.version):
            raise WorldError(
                f"{offer.urls[0]} holds {fetched.name} {fetched.version}, not {offer.name} {offer.version}"
            )
        return fetched

    def _offers(self, repository: ChartRepository, chart: str) -> tuple[Offer, ...]:
        return offers(self.source.index(repository, self.budget), chart, url=repository.url)

    def _from_disk(self, location: str) -> Fetched:
        place = posixpath.normpath(location)
        if place.startswith(("/", "..")):
            raise UsageError(f"chart {location} is outside this repository")
        below = Below(self.source.root, links=True)
        path = None if place == "." else SafePath(place, f"chart {location}")
        try:
            is_folder = path is None or below.is_folder(path)
        except LinkError as error:
            raise UsageError(f"chart {location} is outside this repository: {error.message}") from error
        try:
            if is_folder:
                files = read_directory(
                    self.source.root / path if path else self.source.root, self.source.root, self.budget
                )
                return self._unpacked(files, location, location, "")
            assert path is not None, "BUG: the repository itself is a folder"
            return self._packed(below.read(path, self.budget.packed_left), location, location)
        except OSError as error:
            raise ChartError(f"chart {location}: {error.strerror or error}", hint="check the path") from error

    def _packed(self, data: bytes, title: str, source: str) -> Fetched:
        archive = f"sha256:{hashlib.sha256(data).hexdigest()}"
        return self._unpacked(read_archive(data, title, self.budget), title, source, archive)

    def _unpacked(self, files: Mapping[str, bytes], title: str, source: str, archive: str) -> Fetched:
        metadata = metadata_of(files, title)
        name, version = (_named(metadata, key, title) for key in ("name", "version"))
        return Fetched(name, version, source, unpack_subcharts(files, title, self.budget), archive)

    def _with_dependencies(self, fetched: Fetched, reference: ChartReference, place: str, depth: int) -> Fetched:
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
            name = _named(entry, "name", f"a dependency of {fetched.name}")
            below = SafePath.of("charts", name)
            where = f"{place}{below}"
            own = self._dependency(entry, reference, fetched.name)
            version = self._wanted(str(entry.get("version") or ""), locked.get(name, ""), where)
            one = self._with_dependencies(self._one(own, version), own, f"{where}/", depth + 1)
            found += [Dependency(where, one.name, one.version, one.source, one.archive), *one.dependencies]
            extra |= {f"{below}/{path}": data for path, data in one.files.items()}
        files = dict(sorted({**fetched.files, **extra}.items()))
        return Fetched(fetched.name, fetched.version, fetched.source, files, fetched.archive, tuple(sorted(found)))

    def _wanted(self, asked: str, locked: str, place: str) -> str:
        """The version of a dependency: as Chart.lock says, else as it was vendored before where that still fits."""
        pinned = self.pinned.get(place, "")
        return locked or (pinned if pinned and _fits(pinned, asked) else asked)

    def _dependency(self, entry: Mapping[str, Any], parent: ChartReference, title: str) -> ChartReference:
        name, where = str(entry.get("name") or ""), str(entry["repository"])
        repositories = self.source.repositories.values()
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


def _named(entry: Mapping[str, Any], key: str, title: str) -> str:
    try:
        return str(SafeName(str(entry.get(key) or ""), f"{title}: {key}"))
    except UnsafePathError as error:
        raise ChartError(error.message, hint=HOSTILE) from error


def _fits(version: str, wanted: str) -> bool:
    try:
        return not wanted or version == wanted or Range.parse(wanted).admits(Version.parse(version))
    except ValueError:
        return False


def _checked(fetched: Fetched, wanted: str) -> Fetched:
    """A chart that is the only one there must still be of the version asked for."""
    try:
        fits = not wanted or fetched.version == wanted or Range.parse(wanted).admits(Version.parse(fetched.version))
    except ValueError as error:
        raise UsageError(f"chart {fetched.source}: {error}") from error
    if not fits:
        raise UsageError(f"chart {fetched.source} is version {fetched.version}, but {wanted!r} was requested")
    return fetched
