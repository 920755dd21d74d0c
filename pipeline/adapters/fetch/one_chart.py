"""Fetches one chart, without what it depends on, from wherever its reference says."""

import posixpath
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.adapters.below import Below
from pipeline.adapters.charts.archive import ChartError
from pipeline.adapters.charts.folder import read_directory
from pipeline.adapters.descriptors import LinkError
from pipeline.adapters.fetch.http_get import get
from pipeline.adapters.fetch.unpacking import checked, packed, sha256, unpacked
from pipeline.core.budget import Budget, ChartLimits
from pipeline.core.charts.chart import Fetched
from pipeline.core.charts.reference import ChartKind, ChartReference, ChartRepository
from pipeline.core.charts.repository_index import Offer, choose, offers
from pipeline.core.errors import UsageError, WorldError
from pipeline.core.safe_path import SafePath


@dataclass
class OneChart:
    """``root`` is the repository's folder: local charts lie in it. Indexes are fetched once a run."""

    root: Path
    repositories: Mapping[str, ChartRepository]
    limits: ChartLimits = field(default_factory=ChartLimits)
    _indexes: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fetch(self, reference: ChartReference, version: str, budget: Budget, revision: str = "") -> Fetched:
        """The newest chart that ``version`` admits; exactly ``revision`` (OCI digest, Git commit) where one is given.

        Raises:
            UsageError: there is no such chart or version.
            WorldError: the network, the archive or the disk failed.
            LimitError: it is more than the budget allows.
        """
        budget.time()
        match reference.kind:
            case ChartKind.REPOSITORY:
                return self._from_repository(reference, version, budget)
            case ChartKind.ARCHIVE:
                data = get(reference.location, None, budget)
                return checked(packed(data, reference.location, reference.location, budget), version)
            case ChartKind.PATH:
                return checked(self._from_disk(reference.location, budget), version)
        assert not revision, "BUG: no source with revisions can be fetched from yet"
        hint = "a chart repository, an archive's URL, or a path: ./charts/own"
        raise UsageError(
            f"chart {reference}: fetching charts from there is not supported yet ({reference.kind})", hint=hint
        )

    def _from_repository(self, reference: ChartReference, version: str, budget: Budget) -> Fetched:
        repository = reference.repository
        assert repository is not None, "BUG: a repository's chart without its repository"
        found = self._offers(repository, reference.name, budget)
        offer = choose(found, version, chart=reference.name, where=repository.name)
        data = get(offer.urls[0], repository, budget)
        digest = sha256(data)
        if offer.digest and digest != offer.digest:
            raise WorldError(
                f"{offer.urls[0]} does not match its index: digest {digest} instead of {offer.digest}",
                hint="try again later; if it persists, the repository is broken or was tampered with",
            )
        fetched = packed(data, offer.urls[0], f"{repository.url}/{reference.name}", budget)
        if (fetched.name, fetched.version) != (offer.name, offer.version):
            raise WorldError(
                f"{offer.urls[0]} holds {fetched.name} {fetched.version}, not {offer.name} {offer.version}"
            )
        return fetched

    def _offers(self, repository: ChartRepository, chart: str, budget: Budget) -> tuple[Offer, ...]:
        url = repository.url
        with self._lock:
            if url not in self._indexes:
                data = get(f"{url}/index.yaml", repository, _of_index(url, budget), packed=False)
                self._indexes[url] = data.decode("utf-8", "replace")
        return offers(self._indexes[url], chart, url=url)

    def _from_disk(self, location: str, budget: Budget) -> Fetched:
        place = posixpath.normpath(location)
        if place.startswith(("/", "..")):
            raise UsageError(f"chart {location} is outside this repository")
        below = Below(self.root, links=True)
        path = None if place == "." else SafePath(place, f"chart {location}")
        try:
            is_folder = path is None or below.is_folder(path)
        except LinkError as error:
            raise UsageError(f"chart {location} is outside this repository: {error.message}") from error
        try:
            if is_folder:
                files = read_directory(self.root / path if path else self.root, self.root, budget)
                return unpacked(files, location, location, budget)
            assert path is not None, "BUG: the repository itself is a folder"
            return packed(below.read(path, budget.packed_left), location, location, budget)
        except OSError as error:
            raise ChartError(f"chart {location}: {error.strerror or error}", hint="check the path") from error


def _of_index(url: str, budget: Budget) -> Budget:
    """An index costs the time of the chart that asks for it first, and no bytes of any chart."""
    own = Budget(f"{url}/index.yaml", budget.limits, time.monotonic)
    own.begun = budget.begun
    return own
