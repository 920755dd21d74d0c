"""HTTP with limits on size and time, retries of temporary errors, and credentials for their own server alone.

Redirects are followed here and not by httpx: each is a new request, without the Authorization header and without our
certificate where the server is another one, and never from https to http.
"""

import queue
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import partial
from urllib.parse import urljoin
from weakref import finalize

import httpx

from pipeline.adapters.fetch.http_body import read_body
from pipeline.adapters.fetch.refused_certificate import refused_certificate
from pipeline.adapters.fetch.server_identity import NOBODY, Certificates, ServerIdentity, tls_context
from pipeline.adapters.retry import TryAgainError, tried
from pipeline.core.budget import Budget
from pipeline.core.charts.chart_urls import origin, parsed, shown_url
from pipeline.core.errors import WorldError

_TIMEOUT = httpx.Timeout(60, connect=20)
_ATTEMPTS = 4
_WAIT_SECONDS = 0.5
_MAY_GET_WELL = frozenset({408, 425, 429, 500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 10
_NO_TLS = re.compile(r"WRONG_VERSION_NUMBER|record layer failure", re.IGNORECASE)
"""What OpenSSL says, before 3.2 and since, of an answer that is no TLS record."""


class NoTlsError(WorldError):
    """The server answers in another protocol than TLS, such as plain http."""


@dataclass(frozen=True, slots=True)
class Download:
    """One request. ``packed`` takes the body as it is, as Helm does; otherwise it is text that may come gzipped, once.

    ``fine`` are the statuses that are an answer; ``form`` makes it a POST.
    """

    url: str
    identity: ServerIdentity = NOBODY
    packed: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    fine: frozenset[int] = frozenset({200})
    form: Mapping[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Downloaded:
    """``headers`` by their names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Downloads:
    """The connections of one run, which are used again. Any number of threads may ask at once."""

    def __init__(self) -> None:
        self._clients: dict[Certificates, httpx.Client] = {}
        self._lock = threading.Lock()
        finalize(self, _close, self._clients)

    def get(self, download: Download, budget: Budget) -> Downloaded:
        """What the server answers.

        Raises:
            UsageError: a certificate cannot be read.
            WorldError: no answer, or a bad one; the URL is named without its credentials.
            LimitError: more bytes or time than the budget has left.
        """
        waiting: queue.SimpleQueue[Downloaded | BaseException] = queue.SimpleQueue()
        # A thread that may be left behind: neither a name server, nor a handshake, nor a header that comes one byte a
        # second can be given a limit for the whole in any other way.
        asked = _Asked(self, download, budget)
        threading.Thread(target=_answered, args=(asked, waiting), daemon=True).start()
        try:
            answer = waiting.get(timeout=max(budget.seconds_left, 0))
        except queue.Empty:
            budget.time()
            raise AssertionError("BUG: the time is not over") from None
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def client(self, certificates: Certificates, title: str) -> httpx.Client:
        with self._lock:
            if certificates not in self._clients:
                self._clients[certificates] = httpx.Client(
                    timeout=_TIMEOUT,
                    follow_redirects=False,
                    verify=tls_context(certificates, title),
                    headers={"User-Agent": "pipeline"},
                    limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
                )
            return self._clients[certificates]


def _close(clients: dict[Certificates, httpx.Client]) -> None:
    for client in clients.values():
        client.close()


@dataclass(frozen=True, slots=True)
class _Asked:
    """One download in a thread of its own, which ends itself once the time is over."""

    downloads: Downloads
    download: Download
    budget: Budget

    def attempts(self) -> Downloaded:
        try:
            return tried(self._within_time, _ATTEMPTS, _WAIT_SECONDS)
        except TryAgainError as error:
            message = f"{shown_url(self.download.url)}: {error}"
            raise WorldError(message, hint="try again later, or check the URL") from error

    def _within_time(self) -> Downloaded:
        try:
            return self._redirected()
        except TryAgainError as error:
            self.budget.time()
            if error.wait_seconds is not None and error.wait_seconds >= self.budget.seconds_left:
                message = f"{shown_url(self.download.url)}: {error}, and asks to wait {error.wait_seconds:.0f} s"
                raise WorldError(message, hint="try again later: that is more time than is left for it") from error
            raise

    def _redirected(self) -> Downloaded:
        url = self.download.url
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._once(url)
            if answer.status not in _REDIRECTS:
                return answer
            url = _next(url, answer)
        raise WorldError(f"{shown_url(self.download.url)}: it redirects more than {_MOST_REDIRECTS} times")

    def _once(self, url: str) -> Downloaded:
        download, identity = self.download, self.download.identity
        headers = {**download.headers, "Accept-Encoding": "identity" if download.packed else "gzip"}
        authorization = identity.authorization_for(url)
        if authorization:
            headers["Authorization"] = authorization
        elif origin(url) != origin(download.url):
            headers.pop("Authorization", None)
        # What a form holds is for the server that was asked, and for no other.
        form = download.form if origin(url) == origin(download.url) else None
        client = self.downloads.client(identity.certificates_for(url), identity.title)
        send = partial(client.stream, "GET") if form is None else partial(client.stream, "POST", data=dict(form))
        try:
            with send(url, headers=headers) as response:
                return self._read(url, response)
        except (httpx.UnsupportedProtocol, httpx.InvalidURL, ValueError) as error:
            raise WorldError(f"{shown_url(url)}: {error}", hint="http:// or https://") from error
        except httpx.HTTPError as error:
            if url.startswith("https:") and _NO_TLS.search(str(error)):
                message = f"{shown_url(url)}: the server does not answer in TLS; it seems to speak plain http only"
                raise NoTlsError(message, hint="http:// in the URL, if you trust the network between") from error
            refused = refused_certificate(str(error))
            if refused:
                raise WorldError(f"{shown_url(url)}: {refused[0]}", hint=refused[1]) from error
            raise TryAgainError(str(error) or type(error).__name__) from error

    def _read(self, url: str, response: httpx.Response) -> Downloaded:
        status, headers = response.status_code, {name.lower(): text for name, text in response.headers.items()}
        if status in self.download.fine:
            return Downloaded(status, headers, read_body(url, response, self.budget, packed=self.download.packed))
        if status in _REDIRECTS and "location" in headers:
            return Downloaded(status, headers, b"")
        if status in _MAY_GET_WELL:
            raise TryAgainError(f"the server answers {status}", _asked_to_wait(headers.get("retry-after", "")))
        raise WorldError(f"{shown_url(url)}: the server answers {status}", hint=self._hint(url, status))

    def _hint(self, url: str, status: int) -> str:
        identity = self.download.identity
        if status not in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            return "check the URL in pipeline.yaml"
        if identity.home is not None and origin(url) != identity.home:
            return f"credentials are sent to their own server alone, {identity.home[1]}, and this is another one"
        if identity.authorization:
            return "the server does not take the credentials of the repository in pipeline.yaml; renew them"
        return "usernameEnv and passwordEnv, or tokenEnv, of the repository in pipeline.yaml"


def _next(url: str, answer: Downloaded) -> str:
    """Where a redirect leads. Raises WorldError where nobody should follow."""
    try:
        there = urljoin(url, answer.headers["location"])
    except ValueError as error:
        raise WorldError(f"{shown_url(url)}: it redirects to something that is not a URL: {error}") from error
    scheme = parsed(there).scheme
    if scheme not in ("http", "https"):
        raise WorldError(f"{shown_url(url)}: it redirects to {scheme!r}", hint="http:// or https://")
    if scheme == "http" and url.startswith("https:"):
        raise WorldError(f"{shown_url(url)}: it redirects to plain http ({shown_url(there)}), which is not followed")
    return there


def _asked_to_wait(text: str) -> float | None:
    """Of a Retry-After header (RFC 9110, 10.2.3): seconds, or a date. None where it says neither."""
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _answered(asked: _Asked, waiting: "queue.SimpleQueue[Downloaded | BaseException]") -> None:
    try:
        waiting.put(asked.attempts())
    except BaseException as error:  # noqa: BLE001 - it is raised where the answer is awaited
        waiting.put(error)


def beside(downloads: Downloads, url: str, identity: ServerIdentity, budget: Budget) -> Callable[[str], bytes | None]:
    """What lies beside the file at ``url`` under its name with an ending (``.prov``); None where there is nothing.

    Raises:
        WorldError: as for any download. A server that does not let us in has no answer, and that is none.
    """
    path, mark, query = url.partition("?")

    def get(ending: str) -> bytes | None:
        wanted = Download(f"{path}{ending}{mark}{query}", identity, packed=False, fine=frozenset({200, *_NOT_THERE}))
        answer = downloads.get(wanted, budget)
        return None if answer.status in _NOT_THERE else answer.body

    return get


_NOT_THERE = (404, 410)
