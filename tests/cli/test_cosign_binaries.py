"""Charts that cosign's own binaries signed, by keys of every kind: scripts/derive_cosign.py wrote them down.

A real registry gets them back byte for byte. So it is known that the signatures of the other tests are like cosign's.
"""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipeline.adapters.signatures.cosign import check_archive
from pipeline.cli import run
from pipeline.core.charts.signing import SignatureError
from tests.adapters.signatures.test_cosign import Signer
from tests.support.oci_registry import RunningRegistry, registry
from tests.support.platforms import platform, write

FOUND: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data/cosign.json").read_text())
PLACES = sorted(FOUND["places"])
KEYS = sorted(FOUND["keys"])


@pytest.fixture(scope="module")
def oci(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    with registry(tmp_path_factory.mktemp("registry")) as found:
        for place in PLACES:
            put_back(found.host, place)
        yield found


def put_back(host: str, place: str, there: str = "") -> None:
    """All that the place holds; with ``there`` into another place."""
    with httpx.Client(base_url=f"http://{host}/v2/{there or place}") as client:
        manifests: dict[str, str] = FOUND["places"][place]
        for digest, data in FOUND["blobs"].items():
            if any(digest in text for text in manifests.values()):
                where = httpx.URL(client.post("/blobs/uploads/").headers["location"])
                done = client.put(where.copy_merge_params({"digest": digest}), content=base64.b64decode(data))
                done.raise_for_status()
        by_digest_first = sorted(manifests.items(), key=lambda one: not one[0].startswith("sha256:"))
        for name, text in by_digest_first:
            headers = {"Content-Type": media_type(text)}
            client.put(f"/manifests/{name}", content=text, headers=headers).raise_for_status()


def media_type(manifest: str) -> str:
    """helm leaves it out."""
    return str(json.loads(manifest).get("mediaType", "application/vnd.oci.image.manifest.v1+json"))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = platform(tmp_path / "platform")
    monkeypatch.chdir(root)
    return root


def vendored(here: Path, host: str, place: str, key: str) -> int:
    write(here, {"cosign.pub": key})
    repository = f"shop: {{url: 'oci://{host}/{place}', plainHTTP: true, signedBy: {{cosignKey: cosign.pub}}}}"
    release = "{name: web, chart: shop/web, namespace: shop, version: 1.0.0}"
    write(here, {"pipeline.yaml": f"repositories: {{{repository}}}\nreleases: [{release}]\n"})
    return run(["vendor", "--update"])


@pytest.mark.parametrize("place", PLACES)
def test_every_way_to_sign_a_chart_in_a_registry_is_read(
    here: Path, oci: RunningRegistry, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = place.removesuffix("/web")
    refused = [kind for kind in KEYS if vendored(here, oci.host, folder, FOUND["keys"][kind])]
    assert refused == ["ed25519"], capsys.readouterr().err
    assert "cosign signs images by Ed25519ph, which cannot be checked here" in capsys.readouterr().err
    assert "    provenance: cosign:sha256:" in (here / "pipeline.lock").read_text()
    capsys.readouterr()
    assert vendored(here, oci.host, folder, Signer(here.parent / "other").public.decode()) == 1
    assert "no valid signature of cosign: none is by this key" in capsys.readouterr().err


@pytest.mark.parametrize("place", PLACES)
def test_a_signature_put_beside_another_chart_is_refused(
    here: Path, oci: RunningRegistry, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """All that is signed there is copied, and given the place that belongs to another chart's signatures."""
    other = f"copied/{place}"
    oci.push("1.0.0", path=other.removesuffix("/web"))
    with httpx.Client(base_url=f"http://{oci.host}/v2/{other}") as client:
        accept = "application/vnd.oci.image.manifest.v1+json"
        theirs = client.get("/manifests/1.0.0", headers={"Accept": accept}).headers["docker-content-digest"]
        chart = client.get("/manifests/1.0.0", headers={"Accept": accept}).content
        own = FOUND["places"][place]
        put_back(oci.host, place, other)
        for name in [name for name in own if name.startswith("sha256-")]:
            headers = {"Content-Type": media_type(own[name])}
            moved = f"{theirs.replace(':', '-')}{name[len('sha256-') + 64 :]}"
            client.put(f"/manifests/{moved}", content=own[name], headers=headers).raise_for_status()
        client.put("/manifests/1.0.0", content=chart, headers={"Content-Type": accept}).raise_for_status()
    assert vendored(here, oci.host, other.removesuffix("/web"), FOUND["keys"]["ecdsa-p256"]) == 1
    assert f"not of {theirs}" in capsys.readouterr().err


@pytest.mark.parametrize("major", sorted(FOUND["files"]))
def test_what_signs_a_file_is_read_in_every_form(major: str) -> None:
    data = base64.b64decode(FOUND["archive"])
    forms = [(kind, ending, text) for kind, own in FOUND["files"][major].items() for ending, text in own.items()]
    assert len(forms) > len(KEYS)
    for kind, ending, text in forms:
        key = FOUND["keys"][kind].encode()
        assert check_archive(data, text.encode(), key, f"{kind}{ending}").startswith("cosign:sha256:")
        with pytest.raises(SignatureError):
            check_archive(data + b"\0", text.encode(), key, "web")
