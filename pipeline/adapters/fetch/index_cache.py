"""Keeps the indexes of chart repositories between runs, so that one that has not changed is not sent again.

The server is asked every time (ETag, Last-Modified): an index is never taken from here alone. An index whose own
URL has a query, or that names URLs with one or with a password, is not kept: there the credential may be. Which
credentials an index was fetched with is part of its key, as a digest.
"""

import hashlib
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import orjson

from pipeline.adapters.cache.cache import Cache
from pipeline.adapters.user_folders import cache_folder

_VERSION = "1"
_MOST = 50
_SETTLED_SECONDS = 60
_MAY_HOLD_A_SECRET = re.compile(rb"https?:[^\s\"',]*[?@]")


class IndexCache:
    def __init__(self) -> None:
        self._cache = Cache(cache_folder("indexes"), _VERSION, _MOST)

    def get(self, url: str, authorization: str) -> tuple[Mapping[str, str], bytes]:
        """The headers that ask whether it has changed, and the index; both empty where nothing is kept."""
        entry = self._cache.get(_key(url, authorization)) if "?" not in url else None
        if entry is None:
            return {}, b""
        head, _, body = entry.partition(b"\n")
        return orjson.loads(head), body

    def put(self, url: str, authorization: str, headers: Mapping[str, str], body: bytes) -> None:
        """Keep an answer with these ``headers``, where it can be asked about again and may be kept."""
        asked = {}
        if "etag" in headers:
            asked["If-None-Match"] = headers["etag"]
        elif _is_settled(headers):
            asked["If-Modified-Since"] = headers["last-modified"]
        private = "?" in url or "no-store" in headers.get("cache-control", "") or _MAY_HOLD_A_SECRET.search(body)
        if asked and not private:
            self._cache.put(_key(url, authorization), orjson.dumps(asked) + b"\n" + body)


def _is_settled(headers: Mapping[str, str]) -> bool:
    """Whether no later change can have the same Last-Modified, which counts seconds (RFC 9110, 8.8.2.2)."""
    try:
        sent, changed = (parsedate_to_datetime(headers.get(name, "")) for name in ("date", "last-modified"))
        return sent.timestamp() - changed.timestamp() >= _SETTLED_SECONDS
    except (ValueError, OverflowError):
        return False


def _key(url: str, authorization: str) -> str:
    return hashlib.sha256(f"{url}\n{authorization}".encode()).hexdigest()
