"""Requests to a cluster that only a proxy reaches, or whose certificate must have a certain name: through urllib3."""

import time
from typing import TYPE_CHECKING, Any

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from pipeline.adapters.kube.connections import (
    CONNECT_SECONDS,
    ConnectionLostError,
    Headers,
    HttpAnswer,
    Sender,
    header_pairs,
)
from pipeline.adapters.kube.error_lines import first_line

if TYPE_CHECKING:
    from pipeline.adapters.kube.kubeconfig import Access

_PIECE = 1 << 18


def by_urllib3(access: "Access") -> Sender:
    """A proxy must be told whole addresses."""
    pool = access.pool

    def send(method: str, path: str, headers: Headers, body: bytes | None, seconds: float) -> HttpAnswer:
        try:
            answer = pool.request(
                method,
                f"{access.host}{path}",
                body=body,
                headers=urllib3.HTTPHeaderDict(list(header_pairs(headers))),
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=seconds),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            data = _whole(answer, time.monotonic() + seconds)
        except (HTTPError, OSError) as error:
            raise ConnectionLostError(first_line(error), sent=not _before_sending(error)) from error
        return HttpAnswer(answer.status, {name.lower(): answer.headers.getlist(name) for name in answer.headers}, data)

    return send


def _whole(answer: urllib3.BaseHTTPResponse, end: float) -> bytes:
    """The answer's body. The pool's timeout is for each read: an answer that drips in would take for ever."""
    pieces = []
    try:
        while piece := answer.read1(_PIECE):
            pieces.append(piece)
            if time.monotonic() > end:
                answer.close()
                raise HTTPError("the answer took too long")
    finally:
        answer.release_conn()
    return b"".join(pieces)


def _before_sending(error: Exception) -> bool:
    reason: Any = getattr(error, "reason", error)
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)
