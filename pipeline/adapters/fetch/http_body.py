"""Reads the body of an answer within its limits: decoded here, and not by httpx.

A few bytes may unpack to gigabytes, and twice compressed to any number.
"""

import zlib

import httpx

from pipeline.core.budget import Budget
from pipeline.core.charts.chart_urls import shown_url
from pipeline.core.errors import WorldError

_GZIP = 31
"""zlib's word for a gzip header and the largest window."""


def read_body(url: str, response: httpx.Response, budget: Budget, *, packed: bool) -> bytes:
    """``packed`` takes it as it is; otherwise it may be gzipped, once.

    Raises:
        WorldError: it is encoded in another way, or ends before its Content-Length.
        LimitError: more bytes or time than the budget has left.
    """
    encoding = "" if packed else response.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise WorldError(f"{shown_url(url)} is sent as {encoding!r}, and only gzip is read, once")
    decoder = zlib.decompressobj(_GZIP) if encoding.endswith("gzip") else None
    most = budget.packed_left
    parts, size = [], 0
    for raw in response.iter_raw():
        budget.time()
        try:
            part = decoder.decompress(raw, most + 1 - size) if decoder is not None else raw
        except zlib.error as error:
            raise WorldError(f"{shown_url(url)}: the response is not valid gzip: {error}") from error
        size += len(part)
        if size > most:
            budget.packed(size)
        parts.append(part)
    if decoder is not None and not decoder.eof:
        raise WorldError(f"{shown_url(url)}: the response ends before its gzip data does", hint="try again later")
    return b"".join(parts)
