"""A chart in a Git repository: ``git+https://host/group/repository//path/of/chart?ref=v1.2.3``.

Without ``//path`` the chart is the repository itself; without ``ref`` it is what the server's HEAD names.
"""

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from pipeline.core.charts.chart_urls import without_query
from pipeline.core.errors import UsageError, WorldError
from pipeline.core.safe_path import SafePath

_SCHEMES = ("git+https", "git+ssh", "git+file")
_FORM = "git+https://host/group/repository//path/of/chart?ref=v1.2.3, or git+ssh://, or git+file://"
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+@=,-]{0,254}")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class GitPlace:
    """``url`` is what Git is given. ``path`` is empty where the repository itself is the chart, ``ref`` for HEAD."""

    url: str
    path: str = ""
    ref: str = ""

    @classmethod
    def parse(cls, text: str) -> "GitPlace":
        """Read ``git+https://…``, ``git+ssh://…`` or ``git+file://…``.

        Raises:
            UsageError: it is none of these, holds a password, or its path or ref cannot be one.
        """
        shown = without_query(text)
        try:
            parts = urlsplit(text)
            query = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        except ValueError as error:
            raise UsageError(f"chart {shown!r} is not a URL: {error}", hint=_FORM) from error
        if parts.scheme not in _SCHEMES:
            raise UsageError(f"chart {shown!r}: charts are not fetched by {parts.scheme}://", hint=_FORM)
        scheme = parts.scheme.removeprefix("git+")
        _check_server(parts.netloc, scheme, shown)
        ref = query.pop("ref", "")
        if query or parts.fragment:
            raise UsageError(f"chart {shown!r}: after the ?, only ref=… is allowed", hint=_FORM)
        if ref and (not _REF.fullmatch(ref) or ".." in ref):
            raise UsageError(f"chart {shown!r}: ref {ref[:80]!r} is not a tag, branch or commit", hint=_FORM)
        place, _, inside = parts.path.partition("//")
        if not place.strip("/"):
            raise UsageError(f"chart {shown!r} names no repository", hint=_FORM)
        return cls(f"{scheme}://{parts.netloc}{place.rstrip('/')}", _path(unquote(inside), shown), ref)

    @property
    def is_commit(self) -> bool:
        return _COMMIT.fullmatch(self.ref) is not None

    @property
    def name(self) -> str:
        """What the chart is called before it is read."""
        return (self.path or self.url.removesuffix(".git")).rpartition("/")[2]

    def at(self, commit: str) -> "GitPlace":
        return GitPlace(self.url, self.path, commit)

    def beside(self, relative: str) -> "GitPlace":
        """A folder of the same repository, at the same ref: ``file://../common`` of a chart's dependencies.

        Raises:
            UsageError: it leads out of the repository.
        """
        inside = posixpath.normpath(posixpath.join(self.path, relative))
        return GitPlace(self.url, "" if inside == "." else _path(inside, str(self)), self.ref)

    def __str__(self) -> str:
        """As it is written, without the ref."""
        return f"git+{self.url}" + (f"//{self.path}" if self.path else "")

    def text(self) -> str:
        return str(self) + (f"?ref={self.ref}" if self.ref else "")


def _check_server(server: str, scheme: str, shown: str) -> None:
    user, at, host = server.rpartition("@")
    if ":" in user or (at and scheme == "https"):
        hint = "leave it out, and let Git's credential helper answer: git config credential.helper"
        raise UsageError(f"chart {shown!r} holds a credential", hint=hint)
    if (scheme == "file") == bool(host) or host.startswith("-") or user.startswith("-"):
        raise UsageError(f"chart {shown!r}: its host is {host!r}", hint=_FORM)


def _path(inside: str, shown: str) -> str:
    inside = inside.strip("/")
    if not inside:
        return ""
    try:
        return str(SafePath(inside, f"chart {shown}: its path"))
    except WorldError as error:
        raise UsageError(error.message, hint=_FORM) from error
