"""Parses a chart reference of pipeline.yaml: a repository's short name, a URL, or a path."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pipeline.core.errors import UsageError


class ChartKind(StrEnum):
    """Each has one adapter; ``oci`` and ``git`` are spoken of before they are spoken to."""

    REPOSITORY = "chart repository"
    ARCHIVE = "archive by URL"
    PATH = "local path"
    OCI = "OCI registry"
    GIT = "Git repository"


@dataclass(frozen=True, slots=True)
class ChartRepository:
    """A chart repository. Credentials are named by environment variable and never stored; files are paths."""

    name: str
    url: str
    username_env: str = ""
    password_env: str = ""
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""


@dataclass(frozen=True, slots=True)
class ChartReference:
    """``text`` as written. ``location`` is the repository's URL, the archive's URL or the path; ``name`` the chart."""

    kind: ChartKind
    text: str
    location: str
    name: str = ""
    repository: ChartRepository | None = None

    def __str__(self) -> str:
        return self.text


def parse_reference(text: str, repositories: Iterable[ChartRepository] = ()) -> ChartReference:
    """Read a chart as pipeline.yaml names it.

    Raises:
        UsageError: it names no repository of ``repositories``, and is not a URL and no path.
    """
    if text.startswith(("./", "../", "/")) or text == ".":
        return ChartReference(ChartKind.PATH, text, text)
    if text.startswith("oci://"):
        return ChartReference(ChartKind.OCI, text, text, text.rpartition("/")[2])
    if text.startswith("git+"):
        return ChartReference(ChartKind.GIT, text, text.removeprefix("git+"))
    if text.startswith(("https://", "http://")):
        return _of_url(text)
    return _of_repository(text, {repository.name: repository for repository in repositories})


def _of_url(text: str) -> ChartReference:
    if text.partition("?")[0].endswith((".tgz", ".tar.gz")):
        return ChartReference(ChartKind.ARCHIVE, text, text)
    url, _, name = text.rstrip("/").rpartition("/")
    if url.endswith(("/", ":")) or not name:
        hint = "https://host/path/of/repository/chart, or https://host/chart-1.0.0.tgz"
        raise UsageError(f"chart {text!r} names a host, but no chart", hint=hint)
    return ChartReference(ChartKind.REPOSITORY, text, url, name, ChartRepository(url, url))


def _of_repository(text: str, repositories: dict[str, ChartRepository]) -> ChartReference:
    short, slash, name = text.partition("/")
    repository = repositories.get(short)
    if repository is None or not name or "/" in name:
        raise UsageError(f"chart {text!r}: {_why_not(short, slash, repositories)}", hint=_FORMS)
    if repository.url.startswith("oci://"):
        return ChartReference(ChartKind.OCI, text, f"{repository.url.rstrip('/')}/{name}", name, repository)
    return ChartReference(ChartKind.REPOSITORY, text, repository.url.rstrip("/"), name, repository)


_FORMS = "repository/chart (a name under repositories:), ./path, https://…, oci://… or git+https://…"


def _why_not(short: str, slash: str, repositories: dict[str, ChartRepository]) -> str:
    if not slash:
        return f"it has no repository; a chart in this repository is written ./{short}"
    if short in repositories:
        return "a chart repository's charts have one name, without a further /"
    near = difflib.get_close_matches(short, repositories, n=1)
    return f"there is no repository {short!r}" + (f"; did you mean {near[0]!r}?" if near else "")
