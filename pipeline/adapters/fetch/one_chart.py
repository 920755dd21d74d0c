"""Fetches one chart, without what it depends on, from wherever its reference says."""

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from pipeline.adapters.below import Below
from pipeline.adapters.charts.folder import read_directory
from pipeline.adapters.descriptors import LinkError
from pipeline.adapters.fetch.chart_repository import ChartRepositories
from pipeline.adapters.fetch.git_source import GitRepositories
from pipeline.adapters.fetch.http_get import Download, Downloads, beside
from pipeline.adapters.fetch.oci_registry import OciRegistries
from pipeline.adapters.fetch.server_identity import NOBODY, identity_of
from pipeline.adapters.fetch.unpacking import checked, packed, sha256, unpacked
from pipeline.adapters.git.changed_paths import ignored
from pipeline.adapters.signatures.chart_signatures import SignatureChecks
from pipeline.core.budget import MEBIBYTE, Budget, ChartLimits
from pipeline.core.charts.chart import Fetched
from pipeline.core.charts.chart_urls import shown_url
from pipeline.core.charts.dependencies import LOCK, OLD_LOCK
from pipeline.core.charts.reference import ChartKind, ChartReference, ChartRepository
from pipeline.core.charts.repository_index import Offer
from pipeline.core.charts.suggest import nearest
from pipeline.core.errors import MissingFileError, UsageError, WorldError
from pipeline.core.safe_path import SafePath


@dataclass
class OneChart:
    """``root`` is the repository's folder: local charts lie in it. Indexes are fetched once a run."""

    root: Path
    repositories: Mapping[str, ChartRepository]
    limits: ChartLimits = field(default_factory=ChartLimits)

    def __post_init__(self) -> None:
        self._downloads = Downloads()
        self._checks = SignatureChecks(self.root)
        self._repositories = ChartRepositories(self.root, self._downloads, self._checks)
        self._registries = OciRegistries(self.root, self._downloads, self._checks)
        self._git = GitRepositories()

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
                return self._repositories.fetch(reference, version, budget)
            case ChartKind.ARCHIVE:
                return checked(self._from_url(reference, budget), version)
            case ChartKind.PATH:
                return checked(self._from_disk(reference, budget), version)
            case ChartKind.OCI:
                return self._registries.fetch(reference, version, budget, revision)
            case ChartKind.GIT:
                fetched = self._git.fetch(reference, budget, revision)
                return checked(self._checks.unsignable(reference, fetched), version)

    def offers(self, reference: ChartReference, budget: Budget) -> tuple[Offer, ...]:
        """Every version that the source has; none where it has but one, or does not say.

        Raises:
            UsageError: there is no such chart.
            WorldError: the network failed, or the source is not what it should be.
        """
        if reference.kind is ChartKind.REPOSITORY:
            return self._repositories.offers(reference, budget)
        if reference.kind is ChartKind.OCI:
            tags = self._registries.tags(reference, budget)
            return tuple(Offer(reference.name, tag.replace("_", "+"), ()) for tag in tags)
        return ()

    def revision(self, reference: ChartReference, budget: Budget) -> str:
        """The commit of a Git ref, the manifest's digest of a tag, the digest of an archive; empty elsewhere.

        Raises:
            UsageError: there is no such ref or tag.
            WorldError: the network failed.
        """
        match reference.kind:
            case ChartKind.GIT:
                return self._git.revision(reference, budget)
            case ChartKind.OCI:
                return self._registries.revision(reference, budget)
            case ChartKind.ARCHIVE:
                return sha256(self._downloaded(reference, budget))
            case _:
                return ""

    def _downloaded(self, reference: ChartReference, budget: Budget) -> bytes:
        identity = NOBODY if reference.repository is None else identity_of(reference.repository, self.root)
        return self._downloads.get(Download(reference.location, identity), budget).body

    def _from_url(self, reference: ChartReference, budget: Budget) -> Fetched:
        url, repository = reference.location, reference.repository
        identity = NOBODY if repository is None else identity_of(repository, self.root)
        data = self._downloads.get(Download(url, identity), budget).body
        fetched = packed(data, shown_url(url), shown_url(url), budget)
        return self._checks.package(reference, fetched, data, beside(self._downloads, url, identity, budget))

    def _from_disk(self, reference: ChartReference, budget: Budget) -> Fetched:
        location = reference.location
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
                secret = _ignored(self.root, place, files)
                public = {name: data for name, data in files.items() if name not in secret}
                fetched = replace(unpacked(public, location, location, budget), left_out=tuple(secret.values()))
                return self._checks.unsignable(reference, fetched)
            assert path is not None, "BUG: the repository itself is a folder"
            data = below.read(path, budget.packed_left)
            fetched = packed(data, location, location, budget)
            return self._checks.package(reference, fetched, data, partial(_beside, below, path))
        except OSError as error:
            near = _near(below, place)
            hint = f"did you mean ./{near}?" if near else "check the path"
            raise MissingFileError.of(f"chart {location}", error, hint=hint) from error


def _ignored(root: Path, place: str, files: Iterable[str]) -> dict[str, str]:
    """Those of a chart folder's files that Git ignores, with their paths from ``root``: no clone has them.

    Not what Helm itself puts there, which people often have Git ignore: dependencies, and the lock of them.
    """
    try:
        hidden = set(ignored(root, [place]))
    except WorldError:  # no repository of Git's
        return {}
    top = "" if place == "." else f"{place}/"
    paths = {name: f"{top}{name}" for name in files}
    return {
        name: path
        for name, path in paths.items()
        if path in hidden and not name.startswith("charts/") and name not in (LOCK, OLD_LOCK)
    }


def _near(below: Below, place: str) -> str:
    """The path that was probably meant: the first part that is not there is another name in that folder."""
    parts = place.split("/")
    for number, part in enumerate(parts):
        above = "/".join(parts[:number])
        try:
            names = {entry.path for entry in below.entries(SafePath(above) if above else None)}
        except (OSError, LinkError):
            return ""
        if part not in names:
            near = nearest(part, names)
            return "/".join([*parts[:number], near, *parts[number + 1 :]]) if near else ""
    return ""


def _beside(below: Below, path: SafePath, ending: str) -> bytes | None:
    """A file beside a local archive."""
    try:
        return below.read(SafePath(f"{path}{ending}"), MEBIBYTE)
    except FileNotFoundError:
        return None
