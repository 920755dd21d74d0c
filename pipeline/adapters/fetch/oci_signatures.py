"""What a registry holds beside a chart to prove who made it: Helm's layer with the ``.prov`` file, cosign's tag.

``helm push`` puts the file into a layer of the chart's own manifest. ``cosign sign`` pushes a manifest under a tag made
of the digest that it signs (``sha256-….sig``), whose layers are payloads with their signatures as annotations.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from pipeline.adapters.fetch.registry_api import Registry
from pipeline.adapters.fetch.unpacking import sha256
from pipeline.core.budget import MEBIBYTE, Budget
from pipeline.core.charts.signing import HINT, SignatureError
from pipeline.core.kube.resource import mapping, sequence

_PROVENANCE = "application/vnd.cncf.helm.chart.provenance.v1.prov"
_PAYLOAD = "application/vnd.dev.cosign.simplesigning.v1+json"
_SIGNATURE = "dev.cosignproject.cosign/signature"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_MOST = 100
"""Signatures of one chart that are looked at."""


def provenance_layer(registry: Registry, path: str, manifest: Mapping[str, Any], budget: Budget) -> bytes | None:
    """The ``.prov`` file that lies in a layer of the chart's manifest; None where there is none.

    Raises:
        SignatureError: it is not what its digest says.
    """
    rows = [mapping(one) for one in sequence(manifest.get("layers"))]
    found = next((one for one in rows if one.get("mediaType") == _PROVENANCE), None)
    return None if found is None else _blob(registry, path, found, budget)


def cosign_signatures(registry: Registry, path: str, digest: str, budget: Budget) -> Iterator[tuple[bytes, str]]:
    """The payloads and signatures of the manifest with that digest; none where its tag is not there.

    Raises:
        SignatureError: a payload is not what its digest says.
    """
    answer = registry.get(path, f"manifests/{digest.replace(':', '-')}.sig", budget, accept=_MANIFEST)
    if answer is None:
        return
    try:
        manifest = mapping(orjson.loads(answer.body))
    except orjson.JSONDecodeError:
        return
    for layer in [mapping(one) for one in sequence(manifest.get("layers"))][:_MOST]:
        signature = mapping(layer.get("annotations")).get(_SIGNATURE)
        if layer.get("mediaType") == _PAYLOAD and isinstance(signature, str):
            yield _blob(registry, path, layer, budget), signature


def _blob(registry: Registry, path: str, layer: Mapping[str, Any], budget: Budget) -> bytes:
    digest, size = str(layer.get("digest")), layer.get("size")
    if not isinstance(size, int) or size > MEBIBYTE or not digest.startswith("sha256:"):
        raise SignatureError(f"{path}: a signature is larger than 1 MiB, or has no digest", hint=HINT)
    answer = registry.get(path, f"blobs/{digest}", budget)
    if answer is None or sha256(answer.body) != digest:
        raise SignatureError(f"{path}: a signature is not what its digest {digest[:80]} says", hint=HINT)
    return answer.body
