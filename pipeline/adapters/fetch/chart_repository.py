"""Charts of chart repositories over HTTP: an index.yaml, and the archives that it names.

The index is fetched once a run, whoever asks first; whoever else wants it waits. Where that fails, all hear the same.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from pipeline.adapters.fetch.http_get import Download, Downloads, beside
from pipeline.adapters.fetch.index_cache import IndexCache
from pipeline.adapters.fetch.server_identity import ServerIdentity, identity_of
from pipeline.adapters.fetch.unpacking import packed, sha256
from pipeline.adapters.signatures.chart_signatures import SignatureChecks
from pipeline.core.budget import Budget
from pipeline.core.charts.chart import Fetched
from pipeline.core.charts.chart_urls import repository_file, shown_url
from pipeline.core.charts.reference import ChartReference, ChartRepository
from pipeline.core.charts.repository_index import Offer, RepositoryIndex, choose
from pipeline.core.errors import WorldError

_NOT_MODIFIED = 304
_KEPT = 32
"""Charts of one index whose versions are kept: more would make memory grow with the number of charts."""
_OffersOf = Callable[[str], tuple[Offer, ...]]


@dataclass
class ChartRepositories:
    """``root`` is where relative files of credentials lie."""

    root: Path
    downloads: Downloads
    checks: SignatureChecks
    _indexes: dict[str, "_Index"] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fetch(self, reference: ChartReference, version: str, budget: Budget) -> Fetched:
        """The version that Helm would take.

        Raises:
            UsageError: no such chart or version, or several of equal rank.
            WorldError: the repository does not answer, or sends what its index does not say.
        """
        repository = reference.repository
        assert repository is not None, "BUG: a repository's chart without its repository"
        identity = identity_of(repository, self.root)
        offers = self._offers(repository, identity, budget)(reference.name)
        offer = choose(offers, version, chart=reference.name, where=repository.shown)
        url = offer.urls[0]
        data = self.downloads.get(Download(url, identity), budget).body
        if offer.digest and sha256(data) != offer.digest:
            raise WorldError(
                f"{shown_url(url)} does not match its index: digest {sha256(data)} instead of {offer.digest}",
                hint="try again later; if it persists, the repository is broken or was tampered with",
            )
        fetched = packed(data, shown_url(url), f"{shown_url(repository.url)}/{reference.name}", budget)
        if (fetched.name, fetched.version) != (offer.name, offer.version):
            raise WorldError(
                f"{shown_url(url)} holds {fetched.name} {fetched.version}, not {offer.name} {offer.version}"
            )
        return self.checks.package(reference, fetched, data, beside(self.downloads, url, identity, budget))

    def offers(self, reference: ChartReference, budget: Budget) -> tuple[Offer, ...]:
        """Every version of the chart that its repository has; raises as ``fetch`` does."""
        repository = reference.repository
        assert repository is not None, "BUG: a repository's chart without its repository"
        return self._offers(repository, identity_of(repository, self.root), budget)(reference.name)

    def _offers(self, repository: ChartRepository, identity: ServerIdentity, budget: Budget) -> _OffersOf:
        """What the repository's index has of a chart; several releases may have one."""
        key = f"{repository.url}\n{identity.authorization}"
        with self._lock:
            index_here = self._indexes.setdefault(key, _Index())
        with index_here.lock:  # of this index alone: a repository that hangs holds up its own charts
            if index_here.failed is not None:
                raise WorldError(index_here.failed.message, hint=index_here.failed.hint) from index_here.failed
            if index_here.offers is None:
                try:
                    index = RepositoryIndex.read(self._text(repository, identity, budget), repository.url)
                except WorldError as error:
                    index_here.failed = error
                    raise
                index_here.offers = lru_cache(_KEPT)(index.offers)
            return index_here.offers

    def _text(self, repository: ChartRepository, identity: ServerIdentity, budget: Budget) -> str:
        url = repository_file(repository.url, "index.yaml")
        cache = IndexCache()
        headers, body = cache.get(url, identity.authorization)
        wanted = Download(url, identity, packed=False, headers=headers, fine=frozenset({200, _NOT_MODIFIED}))
        answer = self.downloads.get(wanted, _of_index(url, budget))
        if answer.status == _NOT_MODIFIED:
            return body.decode("utf-8", "replace")
        cache.put(url, identity.authorization, answer.headers, answer.body)
        return answer.body.decode("utf-8", "replace")


@dataclass
class _Index:
    """One index of this run, or why there is none."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    offers: _OffersOf | None = None
    failed: WorldError | None = None


def _of_index(url: str, budget: Budget) -> Budget:
    """An index costs the time of the chart that asks for it first, and no bytes of any chart."""
    own = Budget(shown_url(url), budget.limits, time.monotonic)
    own.begun = budget.begun
    return own
