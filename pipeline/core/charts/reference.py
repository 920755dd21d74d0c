"""Parses a chart reference of pipeline.yaml: a repository's short name, a URL, or a path."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pipeline.core.charts.chart_urls import trimmed, without_query
from pipeline.core.charts.git_reference import GitPlace
from pipeline.core.charts.oci_reference import OciName
from pipeline.core.charts.signing import ANYBODY, SigningKeys
from pipeline.core.errors import UsageError


class ChartKind(StrEnum):
    """Each is fetched by one adapter of adapters/fetch."""

    REPOSITORY = "chart repository"
    ARCHIVE = "archive by URL"
    PATH = "local path"
    OCI = "OCI registry"
    GIT = "Git repository"


@dataclass(frozen=True, slots=True)
class ChartRepository:
    """A chart repository or a registry's path (``oci://``).

    Credentials are named by environment variable or file and never stored here.
    """

    name: str
    url: str
    username_env: str = ""
    password_env: str = ""
    password_file: str = ""
    token_env: str = ""
    token_file: str = ""
    ca_env: str = ""
    ca_file: str = ""
    cert_env: str = ""
    cert_file: str = ""
    key_env: str = ""
    key_file: str = ""
    plain_http: bool = False
    signed_by: SigningKeys = ANYBODY

    @property
    def shown(self) -> str:
        """What messages call it."""
        return without_query(self.name)

    def covers(self, url: str) -> bool:
        """Whether ``url`` is of this repository, so that its credentials are meant."""
        own = trimmed(self.url).partition("?")[0]
        return url.partition("?")[0] == own or url.startswith(f"{own}/")


@dataclass(frozen=True, slots=True)
class ChartReference:
    """``text`` as written. ``location`` is the repository's URL, the archive's URL or the path; ``name`` the chart.

    ``repository`` is the one of pipeline.yaml whose settings hold, if there is one.
    """

    kind: ChartKind
    text: str
    location: str
    name: str = ""
    repository: ChartRepository | None = None
    signed_by: SigningKeys = ANYBODY
    """By whom the release wants it signed."""

    @property
    def keys(self) -> SigningKeys:
        """By whom it must be signed: as the release says, else as its repository does."""
        return self.signed_by or (self.repository.signed_by if self.repository else ANYBODY)

    def __str__(self) -> str:
        return without_query(self.text)


def parse_reference(text: str, repositories: Iterable[ChartRepository] = ()) -> ChartReference:
    """Read a chart as pipeline.yaml names it.

    Raises:
        UsageError: it names no repository of ``repositories``, and is not a URL and no path; or it holds a password.
    """
    known = {repository.name: repository for repository in repositories}
    if text.startswith(("./", "../", "/")) or text == ".":
        return ChartReference(ChartKind.PATH, text, text)
    if text.startswith("oci://"):
        return ChartReference(ChartKind.OCI, text, text, OciName.parse(text).name, _covering(text, known))
    if text.startswith("git+"):
        return ChartReference(ChartKind.GIT, text, text, GitPlace.parse(text).name)
    if text.startswith(("https://", "http://")):
        return _of_url(text, known)
    return _of_repository(text, known)


def dependency_reference(name: str, where: str, repositories: Iterable[ChartRepository], title: str) -> ChartReference:
    """The dependency ``name`` of a chart, whose ``repository`` is ``where``: ``@short``, ``alias:short`` or a URL.

    ``title`` is what messages call it.

    Raises:
        UsageError: there is no such repository, or it is not a URL.
    """
    known = {repository.name: repository for repository in repositories}
    if where.startswith(("@", "alias:")):
        return _of_repository(f"{where.removeprefix('@').removeprefix('alias:')}/{name}", known)
    url = trimmed(where)
    if url.startswith("oci://"):
        location = f"{url}/{name}"
        return ChartReference(ChartKind.OCI, title, location, OciName.parse(location).name, _covering(location, known))
    if not url.startswith(("https://", "http://")) or not without_query(url).partition("://")[2]:
        raise UsageError(f"{without_query(url)[:100]!r} is not the URL of a chart repository", hint=_FORMS)
    _refuse_credential(url)
    return ChartReference(ChartKind.REPOSITORY, title, url, name, _same(url, known))


def _covering(url: str, known: Mapping[str, ChartRepository]) -> ChartRepository | None:
    """The repository of pipeline.yaml with the longest URL that ``url`` lies below."""
    repositories = [repository for repository in known.values() if repository.covers(url)]
    return max(repositories, key=lambda repository: len(repository.url), default=None)


def _of_url(text: str, known: Mapping[str, ChartRepository]) -> ChartReference:
    base, mark, query = text.partition("?")
    _refuse_credential(text)
    if base.endswith((".tgz", ".tar.gz")):
        return ChartReference(ChartKind.ARCHIVE, text, text, "", _covering(text, known))
    url, _, name = base.rstrip("/").rpartition("/")
    if url.endswith(("/", ":")) or not name:
        hint = "https://host/path/of/repository/chart, or https://host/chart-1.0.0.tgz"
        raise UsageError(f"chart {without_query(text)!r} names a host, but no chart", hint=hint)
    url = f"{url}{mark}{query}"
    return ChartReference(ChartKind.REPOSITORY, text, url, name, _same(url, known))


def _same(url: str, known: Mapping[str, ChartRepository]) -> ChartRepository:
    """The repository of pipeline.yaml with that URL, or else one without credentials."""
    return next(
        (repository for repository in known.values() if trimmed(repository.url) == url), None
    ) or ChartRepository(url, url)


def _refuse_credential(url: str) -> None:
    if "@" in url.partition("?")[0].partition("://")[2].partition("/")[0]:
        hint = "name the repository in pipeline.yaml, with usernameEnv and passwordEnv"
        raise UsageError(f"chart {without_query(url)!r} holds a credential", hint=hint)


def _of_repository(text: str, known: Mapping[str, ChartRepository]) -> ChartReference:
    short, slash, name = text.partition("/")
    repository = known.get(short)
    if repository is None or not name or "/" in name:
        raise UsageError(f"chart {without_query(text)!r}: {_why_not(text, short, slash, known)}", hint=_FORMS)
    if repository.url.startswith("oci://"):
        location = f"{repository.url.rstrip('/')}/{name}"
        return ChartReference(ChartKind.OCI, text, location, OciName.parse(location).name, repository)
    return ChartReference(ChartKind.REPOSITORY, text, trimmed(repository.url), name, repository)


_FORMS = "repository/chart (a name under repositories:), ./path, https://…, oci://… or git+https://…"


def _why_not(text: str, short: str, slash: str, repositories: Mapping[str, ChartRepository]) -> str:
    scheme, mark, _ = text.partition("://")
    if mark and "/" not in scheme:
        return f"no chart is fetched by {scheme}://"
    if not slash:
        return f"it has no repository; a chart in this repository is written ./{short}"
    if short in repositories:
        return "a chart repository's charts have one name, without a further /"
    near = difflib.get_close_matches(short, repositories, n=1)
    return f"there is no repository {short!r}" + (f"; did you mean {near[0]!r}?" if near else "")
