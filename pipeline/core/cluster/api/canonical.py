"""Canonical bytes and digests: equal exactly when the data are equal."""

import hashlib
from typing import Any

import msgspec
import orjson

from pipeline.core.json_text import escaped_bytes


def encode(data: msgspec.Struct) -> bytes:
    """Canonical JSON of a record: UTF-8, keys sorted, no space; one line. Controls are escaped."""
    return escaped_bytes(msgspec.json.encode(data, order="sorted")) + b"\n"


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def digest_of(value: Any) -> str:
    """Of any JSON value. ``1``, ``1.0``, ``true`` and ``"1"`` differ; the order of keys does not matter."""
    return digest(orjson.dumps(value, option=orjson.OPT_SORT_KEYS))
