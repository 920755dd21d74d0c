"""Downloads: bounded in size and time, tried again where the server may get well, credentials for their host alone."""

import os
import ssl
import time
from urllib.parse import urlsplit

import httpx

from pipeline.core.charts.reference import ChartRepository
from pipeline.core.errors import UsageError, WorldError

_TIMEOUT_SECONDS = 60
_ATTEMPTS = 3
_WAIT_SECONDS = 0.5
_MAY_GET_WELL = frozenset({429, 500, 502, 503, 504})


def get(url: str, repository: ChartRepository | None, most_bytes: int) -> bytes:
    """The body at ``url``. ``repository`` lends its credentials where the host is its own.

    Raises:
        UsageError: an environment variable that holds a credential is not set.
        WorldError: no answer, a bad one, or more than ``most_bytes``.
    """
    auth = _auth(repository) if repository is not None and _origin(repository.url) == _origin(url) else None
    with _client(repository) as client:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return _once(client, url, auth, most_bytes)
            except _TryAgainError as error:
                if attempt == _ATTEMPTS:
                    raise WorldError(f"{_shown(url)}: {error}", hint="try again later, or check the URL") from error
                time.sleep(_WAIT_SECONDS * attempt)
    raise AssertionError("BUG: the last attempt raises or returns")


class _TryAgainError(Exception):
    """The server, or the way to it, may get well."""


def _once(client: httpx.Client, url: str, auth: httpx.BasicAuth | None, most_bytes: int) -> bytes:
    try:
        with client.stream("GET", url, auth=auth) as response:
            if response.status_code in _MAY_GET_WELL:
                raise _TryAgainError(f"the server answers {response.status_code}")
            if response.status_code != httpx.codes.OK:
                raise WorldError(f"{_shown(url)}: the server answers {response.status_code}", hint=_hint(response))
            parts, size = [], 0
            for part in response.iter_bytes():
                size += len(part)
                if size > most_bytes:
                    raise WorldError(f"{_shown(url)} is larger than {most_bytes // 1024 // 1024} MiB")
                parts.append(part)
            return b"".join(parts)
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise WorldError(f"{_shown(url)}: {error}", hint="http:// or https://") from error
    except httpx.HTTPError as error:
        raise _TryAgainError(str(error) or type(error).__name__) from error


def _client(repository: ChartRepository | None) -> httpx.Client:
    return httpx.Client(
        timeout=_TIMEOUT_SECONDS,
        follow_redirects=True,
        max_redirects=10,
        verify=_tls(repository),
        headers={"User-Agent": "pipeline"},
    )


def _tls(repository: ChartRepository | None) -> ssl.SSLContext | bool:
    if repository is None or not (repository.ca_file or repository.cert_file):
        return True
    try:
        context = ssl.create_default_context(cafile=repository.ca_file or None)
        if repository.cert_file:
            context.load_cert_chain(repository.cert_file, repository.key_file)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"repository {repository.name}: its certificates cannot be read: {error}") from error
    return context


def _auth(repository: ChartRepository) -> httpx.BasicAuth | None:
    if not repository.username_env:
        return None
    values = []
    for name in (repository.username_env, repository.password_env):
        if name not in os.environ:
            raise UsageError(f"repository {repository.name}: ${name} is not set", hint=f"export {name}=…")
        values.append(os.environ[name])
    return httpx.BasicAuth(*values)


def _hint(response: httpx.Response) -> str:
    if response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return "usernameEnv and passwordEnv of the repository in pipeline.yaml"
    return "check the URL in pipeline.yaml"


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or default


def _shown(url: str) -> str:
    """Without what a URL may carry in secret: user, password, query."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"
