"""One cluster over HTTP: host, TLS and credentials from KUBECONFIG by the Kubernetes client, requests as plain JSON.

The client's own calls are not used: they drop ``fieldValidation`` and warnings, have no timeout, and build objects
where JSON is enough. Its pool of connections is.
"""

import os
import threading
import time
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import orjson
import urllib3
from kubernetes import config as kube_config
from kubernetes.client import ApiClient, Configuration
from kubernetes.config.config_exception import ConfigException
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from pipeline import __version__
from pipeline.core.cluster.answer import Answer, Call
from pipeline.core.errors import UsageError, WorldError

_CONNECT_SECONDS = 5.0
_CREDENTIALS_SECONDS = 60.0
"""How long a credential is used before the configuration is asked again: an exec plugin costs a process each time."""
_RELOAD_SECONDS = 5.0
"""Many requests are refused at the same time: the first reads the credentials anew, for all."""
_ATTEMPTS = 3
_POOL = 24
_UNAUTHORIZED = 401


class KubeApi:
    """An Api: thread-safe, and it never raises for what the network or the server does."""

    def __init__(self, context: str, run: str = "") -> None:
        """Raises UsageError where KUBECONFIG has no such context, or cannot be read."""
        self.context = context
        self._settings = _loaded(context)
        self.host: str = self._settings.host.rstrip("/")
        self._pool: urllib3.PoolManager = ApiClient(self._settings).rest_client.pool_manager
        self._agent = f"pipeline/{__version__}" + (f" run/{run}" if run else "")
        self._lock = threading.Lock()
        self._credentials: dict[str, str] = {}
        self._asked = -_CREDENTIALS_SECONDS
        self._loaded_at = -_RELOAD_SECONDS

    def request(self, call: Call) -> Answer:
        answer = self._once(call, fresh=False)
        return self._once(call, fresh=True) if answer.status == _UNAUTHORIZED else answer

    def _once(self, call: Call, *, fresh: bool) -> Answer:
        headers = {"Accept": call.accept, "User-Agent": self._agent, **self._authorization(fresh=fresh)}
        body = None
        if call.body is not None:
            headers["Content-Type"] = call.content_type
            body = orjson.dumps(call.body)
        try:
            got = self._pool.request(
                call.method,
                f"{self.host}{call.path}" + (f"?{urlencode(call.query)}" if call.query else ""),
                body=body,
                headers=headers,
                timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=call.timeout_seconds),
                retries=False,
                redirect=False,
            )
        except (HTTPError, OSError) as error:
            return Answer(0, text=_first_line(error), sent=not _before_sending(error))
        return _answer(got)

    def _authorization(self, *, fresh: bool) -> dict[str, str]:
        """Asked anew once a minute; after a 401 from the very beginning, with an exec plugin run again."""
        with self._lock:
            if fresh and time.monotonic() - self._loaded_at > _RELOAD_SECONDS:
                with suppress(UsageError):
                    self._settings = _loaded(self.context)
                    self._pool = ApiClient(self._settings).rest_client.pool_manager
                self._loaded_at = time.monotonic()
            if fresh or time.monotonic() - self._asked > _CREDENTIALS_SECONDS:
                found = self._settings.auth_settings().get("BearerToken", {}).get("value")
                basic = self._settings.get_basic_auth_token() if self._settings.username else None
                value = found or basic
                self._credentials = {"Authorization": value} if value else {}
                self._asked = time.monotonic()
            return self._credentials


def _loaded(context: str) -> Configuration:
    settings = Configuration()
    settings.connection_pool_maxsize = _POOL
    try:
        # Named, because the client reads KUBECONFIG only once, when it is imported.
        files = os.environ.get("KUBECONFIG") or kube_config.KUBE_CONFIG_DEFAULT_LOCATION
        kube_config.load_kube_config(files, context, settings)  # type: ignore[no-untyped-call]
    except (ConfigException, OSError, ValueError, TypeError, KeyError) as error:
        hint = "KUBECONFIG names the files to look in; pipeline.yaml names the context (environments.*.cluster)"
        raise UsageError(f"context {context!r}: {_first_line(error)}", hint=hint) from None
    return settings


def reachable(api: KubeApi) -> None:
    """Raises WorldError where the cluster does not answer at all, once for the whole command."""
    for _ in range(_ATTEMPTS):
        answer = api.request(Call("GET", "/version", timeout_seconds=10))
        if answer.status or not answer.sent:
            break
    if answer.status == 0:
        message = f"the cluster of context {api.context!r} does not answer: {answer.text}"
        raise WorldError(message, hint="kubectl cluster-info tells whether it is the network or the context")


def _answer(got: urllib3.BaseHTTPResponse) -> Answer:
    text, body = "", None
    try:
        body = orjson.loads(got.data) if got.data else None
    except orjson.JSONDecodeError:
        text = got.data.decode(errors="replace")
    after = got.headers.get("Retry-After", "")
    return Answer(
        got.status,
        body,
        text,
        retry_after_seconds=float(after) if after.isdigit() else None,
        warnings=tuple(map(_warning, got.headers.getlist("Warning"))),
        date=_date(got.headers.get("Date", "")),
    )


def _warning(header: str) -> str:
    """The text of ``299 - "text"`` (RFC 7234, 5.5)."""
    _, quote, text = header.partition('"')
    return text.rsplit('"', 1)[0].replace('\\"', '"') if quote else header


def _date(header: str) -> float:
    try:
        return parsedate_to_datetime(header).timestamp()
    except ValueError:
        return 0


def _before_sending(error: Exception) -> bool:
    reason: Any = getattr(error, "reason", error)
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def _first_line(error: BaseException) -> str:
    text = str(error).splitlines()
    return text[0][:300] if text else type(error).__name__
