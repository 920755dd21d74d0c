"""Helm's own record of a release: which Secrets hold it, and which objects the last revision lists. Pure.

Helm stores each revision in a Secret (its default storage driver): its JSON, gzipped, in base64, and in base64 once
more as every Secret is. ``helm uninstall`` deletes what the last deployed revision lists.
"""

import base64
import binascii
import zlib
from collections.abc import Iterable

import orjson

from pipeline.core.kube.resource import Body, ResourceId, mapping
from pipeline.core.render.manifests import ManifestError, parse

TYPE = "helm.sh/release.v1"
_LARGEST = 64 << 20
_GZIP = 16 + zlib.MAX_WBITS


def selector(name: str) -> str:
    """The labels of a release's Secrets."""
    return f"owner=helm,name={name}"


def is_record(secret: Body) -> bool:
    return secret.get("type") == TYPE


def listed(secrets: Iterable[Body], namespace: str) -> tuple[ResourceId, ...]:
    """The objects that the newest revision lists, sorted.

    Raises:
        ValueError: it cannot be read.
    """
    newest = max(secrets, key=_revision)
    try:
        resources = parse(_manifest(newest), namespace=namespace).resources
    except (binascii.Error, zlib.error, orjson.JSONDecodeError, ManifestError) as error:
        raise ValueError(f"it is not as Helm writes it ({type(error).__name__})") from error
    return tuple(sorted(resource.id for resource in resources))


def _revision(secret: Body) -> int:
    text = str(mapping(mapping(secret.get("metadata")).get("labels")).get("version") or "")
    return int(text) if text.isascii() and text.isdigit() else 0


def _manifest(secret: Body) -> str:
    packed = base64.b64decode(base64.b64decode(str(mapping(secret.get("data")).get("release"))), validate=True)
    unpacking = zlib.decompressobj(_GZIP)
    text = unpacking.decompress(packed, _LARGEST)
    if unpacking.unconsumed_tail:
        raise ValueError(f"it is larger than {_LARGEST} bytes")
    return str(mapping(orjson.loads(text)).get("manifest") or "")
