"""Sigstore's bundles of a registry that lists itself what refers to a manifest."""

import hashlib
import json
from typing import Any, cast

import pytest

from pipeline.adapters.fetch.http_get import Downloaded
from pipeline.adapters.fetch.oci_signatures import cosign_signatures
from pipeline.adapters.fetch.registry_api import Registry
from pipeline.core.budget import Budget
from pipeline.core.charts.signing import SignatureError

DIGEST = "sha256:" + 64 * "a"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
SIGN = "https://sigstore.dev/cosign/sign/v1"


def name(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


class Listing:
    """Answers as a registry that has these places, and remembers which were asked for."""

    def __init__(self, places: dict[str, bytes]) -> None:
        self.places, self.asked = places, list[str]()

    def get(self, _path: str, place: str, _budget: Budget, *, accept: str = "") -> Downloaded | None:
        self.asked.append(place)
        return Downloaded(200, {"accept": accept}, self.places[place]) if place in self.places else None

    def bundles(self) -> list[bytes]:
        found = cosign_signatures(cast("Registry", self), "charts/web", DIGEST, Budget("web"))
        return [data for data, _ in found]


def listing(rows: list[tuple[str, str]]) -> Listing:
    """``rows`` are the artifact type and the statement of each manifest that refers to DIGEST."""
    places, index = dict[str, bytes](), list[Any]()
    for number, (kind, predicate) in enumerate(rows):
        data = f"bundle {number}".encode()
        layer = {"mediaType": BUNDLE, "digest": name(data), "size": len(data)}
        manifest = json.dumps({"layers": [{"mediaType": "text/plain"}, layer]}).encode()
        places |= {f"blobs/{name(data)}": data, f"manifests/{name(manifest)}": manifest}
        annotations = {"dev.sigstore.bundle.predicateType": predicate} if predicate else {}
        index.append({"digest": name(manifest), "artifactType": kind, "annotations": annotations})
    places[f"referrers/{DIGEST}"] = json.dumps({"manifests": index}).encode()
    return Listing(places)


def test_the_bundles_that_sign_are_read_and_no_other() -> None:
    found = listing([(BUNDLE, SIGN), ("text/plain", ""), (BUNDLE, "https://slsa.dev/provenance/v1"), (BUNDLE, "")])
    assert found.bundles() == [b"bundle 0", b"bundle 3"]
    assert len(found.asked) == 6


def test_a_registry_without_any_has_none() -> None:
    assert Listing({}).bundles() == []
    assert Listing({f"referrers/{DIGEST}": b"[]"}).bundles() == []
    assert Listing({f"referrers/{DIGEST}": b"no json"}).bundles() == []
    tagged = listing([(BUNDLE, SIGN)])
    tagged.places[f"manifests/{DIGEST.replace(':', '-')}"] = tagged.places.pop(f"referrers/{DIGEST}")
    assert tagged.bundles() == [b"bundle 0"]


@pytest.mark.parametrize("kind", ["manifests", "blobs"])
def test_one_that_is_not_what_its_digest_says_is_refused(kind: str) -> None:
    found = listing([(BUNDLE, SIGN)])
    place = next(place for place in found.places if place.startswith(kind))
    found.places[place] += b" "
    with pytest.raises(SignatureError, match="is not what its digest"):
        found.bundles()
