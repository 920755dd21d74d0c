"""One cluster over HTTP: host, TLS and credentials from KUBECONFIG, requests as plain JSON.

The Kubernetes client's calls are not used: they drop ``fieldValidation`` and warnings, have no timeout, and build
objects where JSON is enough.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlencode

import orjson

from pipeline import __version__
from pipeline.adapters.kube.connections import ConnectionLostError, Connections, HttpAnswer, Sender
from pipeline.adapters.kube.plain_access import PlainAccess, plain_access
from pipeline.core.cluster.api.request import Answer, Call
from pipeline.core.errors import UsageError, WorldError
from pipeline.core.json_text import escaped_bytes

if TYPE_CHECKING:
    from pipeline.adapters.kube.kubeconfig import Access

AnyAccess: TypeAlias = "Access | PlainAccess"
_CREDENTIALS_SECONDS = 60.0
"""How long a credential is used before the configuration is asked again: an exec plugin costs a process each time."""
_RELOAD_SECONDS = 5.0
"""Many requests are refused at the same time: the first reads the credentials again, for all."""
_ATTEMPTS = 3
_UNAUTHORIZED = 401


class KubeApi:
    """An Api: thread-safe, and it never raises for what the network or the server does."""

    def __init__(self, context: str, run: str = "") -> None:
        """Raises UsageError where KUBECONFIG has no such context, or cannot be read."""
        self.context = context
        self._load: Callable[[], AnyAccess] = lambda: _access(context)
        self._access = self._load()
        self.host: str = self._access.host
        self._send = _sender(self._access)
        self._agent = f"pipeline/{__version__}" + (f" run/{run}" if run else "")
        self._lock = threading.Lock()
        self._credentials: dict[str, str] = {}
        self._asked = -_CREDENTIALS_SECONDS
        self._loaded_at = -_RELOAD_SECONDS

    def request(self, call: Call) -> Answer:
        answer = self._once(call, fresh=False)
        return self._once(call, fresh=True) if answer.status == _UNAUTHORIZED else answer

    def _once(self, call: Call, *, fresh: bool) -> Answer:
        headers: dict[str, str | Sequence[str]] = {"Accept": call.accept, "User-Agent": self._agent}
        headers |= {**self._authorization(fresh=fresh), **self._access.impersonation}
        body = None
        if call.body is not None:
            headers["Content-Type"] = call.content_type
            body = escaped_bytes(orjson.dumps(call.body))  # an apply reads it as YAML, where U+0085 breaks a line
        try:
            answer = self._send(
                call.method,
                call.path + (f"?{urlencode(call.query)}" if call.query else ""),
                headers,
                body,
                call.timeout_seconds,
            )
        except ConnectionLostError as error:
            return Answer(0, text=str(error), sent=error.sent)
        return _answer(answer)

    def _authorization(self, *, fresh: bool) -> dict[str, str]:
        """Asked again once a minute; after a 401 from the very beginning, with an exec plugin run again."""
        with self._lock:
            if fresh and time.monotonic() - self._loaded_at > _RELOAD_SECONDS:
                with suppress(UsageError, WorldError):
                    self._access = self._load()
                    self._send = _sender(self._access)
                self._loaded_at = time.monotonic()
            if fresh or time.monotonic() - self._asked > _CREDENTIALS_SECONDS:
                with suppress(OSError):  # of a token's file that is gone, the token is still the best that there is
                    value = self._access.bearer()
                    self._credentials = {"Authorization": value} if value else {}
                self._asked = time.monotonic()
            return self._credentials


def _access(context: str) -> "AnyAccess":
    """Raises UsageError where KUBECONFIG has no such context, or cannot be read."""
    plain = plain_access(context)
    if plain is not None:
        return plain
    from pipeline.adapters.kube.kubeconfig import Access  # noqa: PLC0415 - 0.2 s: only what needs the client waits for it

    return Access(context)


def _sender(access: "AnyAccess") -> Sender:
    """Only a proxy needs the way by urllib3."""
    if isinstance(access, PlainAccess):
        return Connections(access.address()).request
    address = access.address()
    if address is not None:
        return Connections(address).request
    from pipeline.adapters.kube.proxy_sender import by_urllib3  # noqa: PLC0415 - it imports urllib3

    return by_urllib3(access)


def reachable(api: KubeApi) -> None:
    """Raises WorldError where the cluster does not answer at all, once for the whole command."""
    for _ in range(_ATTEMPTS):
        answer = api.request(Call("GET", "/version", timeout_seconds=10))
        if answer.status or not answer.sent:
            break
    if answer.status == 0:
        message = f"the cluster of context {api.context!r} does not answer: {answer.text}"
        raise WorldError(message, hint="check network and context with kubectl cluster-info")


def _answer(answer: HttpAnswer) -> Answer:
    text, body = "", None
    try:
        body = orjson.loads(answer.body) if answer.body else None
    except orjson.JSONDecodeError:
        text = answer.body.decode(errors="replace")
    after = answer.first("retry-after")
    return Answer(
        answer.status,
        body,
        text,
        retry_after_seconds=float(after) if after.isdigit() else None,
        warnings=tuple(map(_warning, answer.headers.get("warning", ()))),
        date=_date(answer.first("date")),
    )


def _warning(header: str) -> str:
    """The text of ``299 - "text"`` (RFC 7234, 5.5)."""
    _, quote, text = header.partition('"')
    return text.rsplit('"', 1)[0].replace('\\"', '"') if quote else header


@lru_cache(maxsize=8)  # it changes once a second
def _date(header: str) -> float:
    try:
        return parsedate_to_datetime(header).timestamp()
    except ValueError:
        return 0
