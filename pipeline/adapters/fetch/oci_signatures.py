"""What a registry holds beside a chart to prove who made it: a layer with Helm's ``.prov`` file, cosign's signatures.

``helm push`` puts the file into a layer of the chart's own manifest. ``cosign sign`` pushes a manifest under a tag made
of the digest that it signs (``sha256-….sig``), whose layers are payloads with their signatures as annotations; with
``--registry-referrers-mode oci-1-1``, the same as a manifest that refers to the one that it signs; and since version 3,
such a manifest whose layer is Sigstore's bundle.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from pipeline.adapters.fetch.registry_api import Registry
from pipeline.adapters.fetch.unpacking import sha256
from pipeline.adapters.signatures.cosign import SIGN
from pipeline.core.budget import MEBIBYTE, Budget
from pipeline.core.charts.signing import HINT, SignatureError
from pipeline.core.kube.resource import mapping, sequence

_PROVENANCE = "application/vnd.cncf.helm.chart.provenance.v1.prov"
_PAYLOAD = "application/vnd.dev.cosign.simplesigning.v1+json"
_SIGNATURE = "dev.cosignproject.cosign/signature"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_INDEX = "application/vnd.oci.image.index.v1+json"
_BUNDLE = "application/vnd.dev.sigstore.bundle"
_EMPTY = "application/vnd.oci.empty.v1+json"
_KINDS = (_BUNDLE, _EMPTY, "application/vnd.dev.cosign.artifact.sig.v1+json")
_PREDICATE = "dev.sigstore.bundle.predicateType"
_MOST = 100
"""Signatures of one chart that are looked at."""


def provenance_layer(registry: Registry, path: str, manifest: Mapping[str, Any], budget: Budget) -> bytes | None:
    """The ``.prov`` file that lies in a layer of the chart's manifest; None where there is none.

    Raises:
        SignatureError: it is not what its digest says.
    """
    rows = [mapping(layer) for layer in sequence(manifest.get("layers"))]
    layer = next((row for row in rows if row.get("mediaType") == _PROVENANCE), None)
    return None if layer is None else _blob(registry, path, layer, budget)


def cosign_signatures(registry: Registry, path: str, digest: str, budget: Budget) -> Iterator[tuple[bytes, str]]:
    """The signatures of the manifest with that digest, wherever cosign puts them, as ``check_manifest`` takes them.

    Raises:
        SignatureError: one is not what its digest says.
    """
    answer = registry.get(path, f"manifests/{digest.replace(':', '-')}.sig", budget, accept=_MANIFEST)
    if answer is not None:
        yield from _signatures(registry, path, answer.body, budget)
    for row in _referring(registry, path, digest, budget):
        manifest = registry.get(path, f"manifests/{row.get('digest')}", budget, accept=_MANIFEST)
        if manifest is None or sha256(manifest.body) != row.get("digest"):
            raise SignatureError(f"{path}: a signature is not what its digest says", hint=HINT)
        yield from _signatures(registry, path, manifest.body, budget)


def _referring(registry: Registry, path: str, digest: str, budget: Budget) -> list[Mapping[str, Any]]:
    """What may be a signature, of all that refers to the manifest with that digest.

    A registry lists what refers to a manifest, or has a tag made of its digest that does (distribution specification
    1.1, "Listing Referrers", "Referrers Tag Schema"). cosign writes such a tag itself, and calls a bundle there by the
    type of its config, which is empty.
    """
    answer = registry.get(path, f"referrers/{digest}", budget, accept=_INDEX)
    if answer is None:
        answer = registry.get(path, f"manifests/{digest.replace(':', '-')}", budget, accept=_INDEX)
    rows = [] if answer is None else [mapping(layer) for layer in sequence(_json(answer.body).get("manifests"))]
    return [row for row in rows if str(row.get("artifactType") or _EMPTY).startswith(_KINDS) and _signs(row)][:_MOST]


def _signs(described: Mapping[str, Any]) -> bool:
    """Whether a manifest, or the row of an index that names it, does not say that its bundle is another statement."""
    return bool(mapping(described.get("annotations")).get(_PREDICATE, SIGN) == SIGN)


def _signatures(registry: Registry, path: str, data: bytes, budget: Budget) -> Iterator[tuple[bytes, str]]:
    """Those in the layers of a manifest."""
    manifest = _json(data)
    for layer in [mapping(layer) for layer in sequence(manifest.get("layers"))][:_MOST]:
        kind, signature = str(layer.get("mediaType")), mapping(layer.get("annotations")).get(_SIGNATURE)
        if kind == _PAYLOAD and isinstance(signature, str) and signature:
            yield _blob(registry, path, layer, budget), signature
        elif kind.startswith(_BUNDLE) and _signs(manifest):
            yield _blob(registry, path, layer, budget), ""


def _json(data: bytes) -> Mapping[str, Any]:
    try:
        return mapping(orjson.loads(data))
    except orjson.JSONDecodeError:
        return {}


def _blob(registry: Registry, path: str, layer: Mapping[str, Any], budget: Budget) -> bytes:
    digest, size = str(layer.get("digest")), layer.get("size")
    if not isinstance(size, int) or size > MEBIBYTE or not digest.startswith("sha256:"):
        raise SignatureError(f"{path}: a signature is larger than 1 MiB, or has no digest", hint=HINT)
    answer = registry.get(path, f"blobs/{digest}", budget)
    if answer is None or sha256(answer.body) != digest:
        raise SignatureError(f"{path}: a signature is not what its digest {digest[:80]} says", hint=HINT)
    return answer.body
