"""Fetches charts from chart repositories, archives by URL, and the disk; packed dependencies come out unpacked."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from pipeline.adapters.charts.archive import ChartError
from pipeline.adapters.charts.http_get import get
from pipeline.adapters.charts.reader import read_archive, read_directory, read_file, unpack_subcharts
from pipeline.core.charts.chart import Fetched
from pipeline.core.charts.reference import ChartKind, ChartReference, ChartRepository, parse_reference
from pipeline.core.charts.repository_index import Offer, choose, offers
from pipeline.core.charts.semver import Range, Version
from pipeline.core.errors import UsageError, WorldError
from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.yaml import reader as yaml_read

_INDEX_BYTES = 100 * 1024 * 1024
_ARCHIVE_BYTES = 100 * 1024 * 1024
_DEEPEST = 8


class ChartSource:
    """``root`` is the repository's folder: local charts lie in it. Indexes are fetched once a run."""

    def __init__(self, root: Path, repositories: Mapping[str, ChartRepository]) -> None:
        self._root = root
        self._repositories = repositories
        self._indexes: dict[str, str] = {}

    def fetch(self, reference: ChartReference, version: str) -> Fetched:
        fetched = self._fetch(reference, version)
        return self._with_dependencies(fetched, reference, 0)

    def _fetch(self, reference: ChartReference, version: str) -> Fetched:
        match reference.kind:
            case ChartKind.REPOSITORY:
                return self._from_repository(reference, version)
            case ChartKind.ARCHIVE:
                data = get(reference.location, None, _ARCHIVE_BYTES)
                return _checked(_packed(data, reference.location, reference.location), version)
            case ChartKind.PATH:
                return _checked(self._from_disk(reference.location), version)
        hint = "a chart repository, an archive's URL, or a path: ./charts/own"
        raise UsageError(f"chart {reference}: no chart can be fetched from there yet ({reference.kind})", hint=hint)

    def _from_repository(self, reference: ChartReference, version: str) -> Fetched:
        repository = reference.repository
        assert repository is not None, "BUG: a repository's chart without its repository"
        offer = choose(self._offers(repository, reference.name), version, chart=reference.name, where=repository.name)
        data = get(offer.urls[0], repository, _ARCHIVE_BYTES)
        found = f"sha256:{hashlib.sha256(data).hexdigest()}"
        if offer.digest and found != offer.digest:
            raise WorldError(
                f"{offer.urls[0]} is not what its index promises: {found}, and not {offer.digest}",
                hint="try again later; if it stays so, the repository is broken or was tampered with",
            )
        fetched = _packed(data, offer.urls[0], f"{repository.url}/{reference.name}")
        if (fetched.name, fetched.version) != (offer.name, offer.version):
            raise WorldError(
                f"{offer.urls[0]} holds {fetched.name} {fetched.version}, not {offer.name} {offer.version}"
            )
        return fetched

    def _offers(self, repository: ChartRepository, chart: str) -> tuple[Offer, ...]:
        url = repository.url
        if url not in self._indexes:
            self._indexes[url] = get(f"{url}/index.yaml", repository, _INDEX_BYTES).decode("utf-8", "replace")
        return offers(self._indexes[url], chart, url=url)

    def _from_disk(self, location: str) -> Fetched:
        path = self._root / location
        if not path.resolve().is_relative_to(self._root.resolve()):
            raise UsageError(f"chart {location} lies outside of this repository")
        if path.is_dir():
            return _unpacked(dict(read_directory(path)), location, location, "")
        return _packed(read_file(path), location, location)

    def _with_dependencies(self, fetched: Fetched, reference: ChartReference, depth: int) -> Fetched:
        """With the charts that Chart.yaml names and charts/ lacks, in the versions of Chart.lock where there is one."""
        if depth > _DEEPEST:
            raise ChartError(f"{fetched.name} nests charts more than {_DEEPEST} deep")
        there = {path.split("/")[1] for path in fetched.files if path.startswith("charts/") and path.count("/") > 1}
        locked = {str(d.get("name")): str(d.get("version") or "") for d in _dependencies(fetched.files, "Chart.lock")}
        extra: dict[str, bytes] = {}
        for entry in _dependencies(fetched.files, "Chart.yaml"):
            name = str(entry.get("name") or "")
            if name in there or not entry.get("repository"):
                continue
            own = self._dependency(entry, reference, fetched.name)
            found = self._fetch(own, locked.get(name) or str(entry.get("version") or ""))
            found = self._with_dependencies(found, own, depth + 1)
            extra |= {f"charts/{name}/{path}": data for path, data in found.files.items()}
        files = dict(sorted({**fetched.files, **extra}.items()))
        return Fetched(fetched.name, fetched.version, fetched.source, files, fetched.archive)

    def _dependency(self, entry: Mapping[str, Any], parent: ChartReference, title: str) -> ChartReference:
        name, where = str(entry.get("name") or ""), str(entry["repository"])
        if where.startswith("file://"):
            if parent.kind is not ChartKind.PATH:
                raise WorldError(f"{title} needs {name} from {where}, which is on its author's disk")
            location = (Path(parent.location) / where.removeprefix("file://")).as_posix()
            return ChartReference(ChartKind.PATH, f"{title} > {name}", location, name)
        if where.startswith(("@", "alias:")):
            short = where.removeprefix("@").removeprefix("alias:")
            return parse_reference(f"{short}/{name}", self._repositories.values())
        known = next((r for r in self._repositories.values() if r.url == where.rstrip("/")), None)
        if known is not None:
            return parse_reference(f"{known.name}/{name}", [known])
        return parse_reference(urljoin(f"{where.rstrip('/')}/", name))


def _dependencies(files: Mapping[str, bytes], name: str) -> list[Mapping[str, Any]]:
    try:
        data = mapping(yaml_read.load(files.get(name, b"").decode("utf-8-sig")))
    except ValueError as error:
        raise ChartError(f"{name} is not YAML: {error}") from error
    return [mapping(entry) for entry in sequence(data.get("dependencies"))]


def _packed(data: bytes, title: str, source: str) -> Fetched:
    archive = f"sha256:{hashlib.sha256(data).hexdigest()}"
    return _unpacked(read_archive(data, title), title, source, archive)


def _unpacked(files: Mapping[str, bytes], title: str, source: str, archive: str) -> Fetched:
    if "Chart.yaml" not in files:
        raise ChartError(f"{title} is no chart: it has no Chart.yaml", hint="give a chart archive or a chart's folder")
    metadata = mapping(yaml_read.load(files["Chart.yaml"].decode("utf-8-sig")))
    name, version = str(metadata.get("name") or ""), str(metadata.get("version") or "")
    return Fetched(name, version, source, unpack_subcharts(files, title), archive)


def _checked(fetched: Fetched, wanted: str) -> Fetched:
    """A chart that is the only one there must still be of the version asked for."""
    try:
        fits = not wanted or fetched.version == wanted or Range.parse(wanted).admits(Version.parse(fetched.version))
    except ValueError as error:
        raise UsageError(f"chart {fetched.source}: {error}") from error
    if not fits:
        raise UsageError(f"chart {fetched.source} is version {fetched.version}, and {wanted!r} was asked for")
    return fetched
