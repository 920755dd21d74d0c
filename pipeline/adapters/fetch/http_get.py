"""Downloads with limits on size and time, retries of temporary errors, and credentials only for their own host."""

import os
import queue
import ssl
import threading
import zlib
from functools import partial
from urllib.parse import SplitResult, urlsplit

import httpx

from pipeline.adapters.retry import TryAgainError, tried
from pipeline.core.budget import Budget
from pipeline.core.charts.reference import ChartRepository
from pipeline.core.errors import UsageError, WorldError

_TIMEOUT_SECONDS = 60
_ATTEMPTS = 3
_WAIT_SECONDS = 0.5
_MAY_GET_WELL = frozenset({429, 500, 502, 503, 504})
_GZIP = 31
"""zlib's word for a gzip header and the largest window."""


def get(url: str, repository: ChartRepository | None, budget: Budget, *, packed: bool = True) -> bytes:
    """The body at ``url``. ``repository`` lends its credentials where the host is its own.

    ``packed`` takes the body as it is, as Helm does; otherwise it is text that may come compressed, once.

    Raises:
        UsageError: an environment variable that holds a credential is not set.
        WorldError: no answer, or a bad one.
        LimitError: more bytes or time than the budget has left.
    """
    auth = _auth(repository) if repository is not None and _origin(repository.url) == _origin(url) else None
    asked = _Asked(url, repository, auth, budget, packed=packed)
    answer: queue.SimpleQueue[bytes | BaseException] = queue.SimpleQueue()
    # A thread that may be left behind: neither a name server, nor a handshake, nor a header that comes one byte a
    # second can be given a limit for the whole in any other way.
    threading.Thread(target=_answered, args=(asked, answer), daemon=True).start()
    try:
        got = answer.get(timeout=max(budget.seconds_left, 0))
    except queue.Empty:
        budget.time()
        raise AssertionError("BUG: the time is not over") from None
    if isinstance(got, BaseException):
        raise got
    return got


class _Asked:
    """One download. It lives in a thread of its own, and ends itself once the time is over."""

    def __init__(
        self,
        url: str,
        repository: ChartRepository | None,
        auth: httpx.BasicAuth | None,
        budget: Budget,
        *,
        packed: bool,
    ) -> None:
        self.url, self.repository, self.auth, self.budget, self.packed = url, repository, auth, budget, packed

    def attempts(self) -> bytes:
        with _client(self.repository) as client:
            try:
                return tried(partial(self._within_time, client), _ATTEMPTS, _WAIT_SECONDS)
            except TryAgainError as error:
                message = f"{shown_url(self.url)}: {error}"
                raise WorldError(message, hint="try again later, or check the URL") from error

    def _within_time(self, client: httpx.Client) -> bytes:
        try:
            return self._once(client)
        except TryAgainError:
            self.budget.time()
            raise

    def _once(self, client: httpx.Client) -> bytes:
        headers = {"Accept-Encoding": "identity" if self.packed else "gzip"}
        try:
            with client.stream("GET", self.url, auth=self.auth, headers=headers) as response:
                where = shown_url(self.url)
                if response.status_code in _MAY_GET_WELL:
                    raise TryAgainError(f"the server answers {response.status_code}")
                if response.status_code != httpx.codes.OK:
                    raise WorldError(f"{where}: the server answers {response.status_code}", hint=_hint(response))
                return self._body(response)
        except (httpx.UnsupportedProtocol, httpx.InvalidURL, ValueError) as error:
            raise WorldError(f"{shown_url(self.url)}: {error}", hint="http:// or https://") from error
        except httpx.HTTPError as error:
            raise TryAgainError(str(error) or type(error).__name__) from error

    def _body(self, response: httpx.Response) -> bytes:
        """Decoded here, and not by httpx: a few bytes may unpack to gigabytes, and twice compressed to any number."""
        encoding = "" if self.packed else response.headers.get("content-encoding", "").strip().lower()
        if encoding not in ("", "identity", "gzip", "x-gzip"):
            raise WorldError(f"{shown_url(self.url)} is sent as {encoding!r}, and only gzip is read, once")
        decoder = zlib.decompressobj(_GZIP) if encoding.endswith("gzip") else None
        most = self.budget.packed_left
        parts, size = [], 0
        for raw in response.iter_raw():
            self.budget.time()
            try:
                part = decoder.decompress(raw, most + 1 - size) if decoder is not None else raw
            except zlib.error as error:
                raise WorldError(f"{shown_url(self.url)}: what is sent is not gzip: {error}") from error
            size += len(part)
            if size > most:
                self.budget.packed(size)
            parts.append(part)
        return b"".join(parts)


def _answered(asked: _Asked, answer: "queue.SimpleQueue[bytes | BaseException]") -> None:
    try:
        answer.put(asked.attempts())
    except BaseException as error:  # noqa: BLE001 - it is raised where the answer is awaited
        answer.put(error)


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
    parts = _split(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or default


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # it is read late, and may be none
    except ValueError as error:
        raise WorldError(f"{url[:100]!r} is not a URL: {error}", hint="check the index of the repository") from error
    return parts


def shown_url(url: str) -> str:
    """Without what a URL may carry in secret: user, password, query."""
    parts = _split(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"
