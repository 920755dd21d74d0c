"""URLs of charts: how Helm joins them, which server they belong to, and how they look without credentials."""

from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from pipeline.core.errors import WorldError

_DEFAULT_PORTS = {"http": 80, "https": 443}


def parsed(url: str) -> SplitResult:
    """The parts of a URL.

    Raises:
        WorldError: it is none.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port  # it is read late, and may be none
    except ValueError as error:
        message = f"{without_query(url)[:100]!r} is not a URL: {error}"
        raise WorldError(message, hint="check the index of the repository") from error
    return parts


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port: whom a credential is sent to."""
    parts = parsed(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or _DEFAULT_PORTS.get(parts.scheme)


def shown_url(url: str) -> str:
    """Without what a URL may carry in secret: user, password, query, fragment."""
    parts = parsed(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}{parts.path}"


def without_query(text: str) -> str:
    """A text that may be a URL, for messages: without user, password and query. Never fails."""
    scheme, mark, rest = text.partition("://")
    if not mark:
        return text
    rest = rest.partition("?")[0].partition("#")[0]
    server, slash, path = rest.partition("/")
    return f"{scheme}://{server.rpartition('@')[2]}{slash}{path}"


def repository_file(url: str, reference: str) -> str:
    """The URL of a file of a chart repository, as Helm makes it (repo.ResolveReferenceURL).

    A relative ``reference`` is taken below the repository's URL and gets its query: presigned URLs carry their
    credential there. An absolute one, maybe on another host, stays as it is.

    Raises:
        ValueError: it is not a URL.
    """
    if urlsplit(reference).scheme:
        return reference
    parts = urlsplit(url)
    base = urlunsplit((parts.scheme, parts.netloc, f"{parts.path.rstrip('/')}/", "", ""))
    joined = urlsplit(urljoin(base, reference))
    query = parts.query if joined.netloc == parts.netloc else ""
    return urlunsplit((joined.scheme, joined.netloc, joined.path, query, ""))


def trimmed(url: str) -> str:
    """A repository's URL without the slashes at the end of its path, by which two are compared."""
    before, mark, query = url.partition("?")
    return f"{before.rstrip('/')}{mark}{query}"
