"""Charts that must be signed: fetched with their signature, or refused; and what the lock says of it."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from pipeline.cli import run
from tests.adapters.signatures.test_cosign import Signer, bundle, payload
from tests.support.charts import pack
from tests.support.gpg import Gpg, gpg, provenance
from tests.support.oci_registry import registry
from tests.support.platforms import CHART, platform, publish, served, verbs, write

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


@pytest.fixture(scope="module")
def keys() -> Iterator[Gpg]:
    with gpg() as found:
        found.key("own", subkey=True)
        found.key("other")
        yield found


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: Gpg) -> Path:
    root = platform(tmp_path / "platform")
    (root / "keys.kbx").write_bytes((keys.home / "pubring.kbx").read_bytes())
    (root / "own.gpg").write_bytes(keys.run("--export", "own"))
    monkeypatch.chdir(root)
    return root


def use(here: Path, url: str, version: str = "1.0.0", *, repository: str = "", release: str = "") -> None:
    text = (
        f"repositories: {{shop: {{url: '{url}'{repository and f', signedBy: {repository}'}}}}}\n"
        f"releases: [{{name: web, chart: shop/web, namespace: shop, version: '{version}'"
        f"{release and f', signedBy: {release}'}}}]\n"
    )
    write(here, {"pipeline.yaml": text})


def sign(repo: Path, keys: Gpg, name: str = "own", version: str = "1.0.0") -> None:
    archive = repo / f"web-{version}.tgz"
    statement = provenance("web", version, f"sha256:{hashlib.sha256(archive.read_bytes()).hexdigest()}")
    Path(f"{archive}.prov").write_bytes(keys.signed(statement, name))


@pytest.mark.parametrize("where", ["repository", "release"])
def test_a_signed_chart_is_vendored_and_the_lock_says_by_whom(here: Path, keys: Gpg, where: str) -> None:
    repo = here.parent / "repo"
    publish(repo, {"1.0.0": CHART})
    sign(repo, keys)
    with served(repo) as url:
        use(here, url, **{where: "{keyring: own.gpg}"})
        verbs("vendor", "vendor --locked", "vendor")
        assert "    provenance: pgp:" in (here / "pipeline.lock").read_text()


@pytest.mark.parametrize("case", ["unsigned", "by another", "of another version", "no keyring", "folder"])
def test_one_that_is_not_is_refused_and_nothing_is_written(
    here: Path, keys: Gpg, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    repo = here.parent / "repo"
    publish(repo, {"1.0.0": CHART, "1.0.1": CHART})
    words = {
        "unsigned": "web 1.0.0 is not signed: there is no .prov file of it",
        "by another": "its .prov file: the keyring does not hold its key",
        "of another version": "the signature is of web 1.0.1, not of web 1.0.0",
        "no keyring": "signedBy: missing.gpg: no such file or directory",
        "folder": "web 1.0.0 is not packaged, and only packages are signed",
    }[case]
    if case != "unsigned":
        sign(
            repo, keys, "other" if case == "by another" else "own", "1.0.1" if case == "of another version" else "1.0.0"
        )
    if case == "of another version":
        (repo / "web-1.0.1.tgz.prov").rename(repo / "web-1.0.0.tgz.prov")
    with served(repo) as url:
        use(here, url, release="{keyring: missing.gpg}" if case == "no keyring" else "{keyring: own.gpg}")
        if case == "folder":
            text = (here / "pipeline.yaml").read_text().replace("shop/web", "./charts/web")
            write(here, {"pipeline.yaml": text})
        assert run(["vendor"]) in (1, 64)
    assert words in capsys.readouterr().err
    assert not (here / "pipeline.lock").exists()
    assert not (here / "vendor_charts").exists()


def test_a_chart_that_is_no_longer_signed_is_refused(here: Path, keys: Gpg, capsys: pytest.CaptureFixture[str]) -> None:
    repo = here.parent / "repo"
    publish(repo, {"1.0.0": CHART, "1.0.1": CHART})
    sign(repo, keys)
    with served(repo) as url:
        use(here, url, repository="{keyring: keys.kbx}")
        verbs("vendor", "vendor verify")
        proof = repo / "web-1.0.0.tgz.prov"
        signature = proof.read_bytes()
        proof.unlink()
        capsys.readouterr()
        assert run(["vendor", "verify"]) == 4
        assert "vendor_charts/web/1.0.0 was signed (pgp:" in capsys.readouterr().out
        verbs("vendor verify --offline")
        assert run(["vendor", "--update"]) == 1
        assert "web 1.0.0 is not signed" in capsys.readouterr().err
        proof.write_bytes(signature)
        use(here, url)
        for line in ("vendor", "vendor --locked", "vendor verify --offline"):
            assert run(line.split()) == 4
            said = capsys.readouterr()
            assert "web 1.0.0 was signed (pgp:" in said.out + said.err, line
        use(here, url, "1.0.1", repository="{keyring: keys.kbx}")
        assert run(["vendor"]) == 1  # upstream stopped to sign
        assert "web 1.0.1 is not signed" in capsys.readouterr().err
        use(here, url, "1.0.1")
        assert run(["vendor"]) == 4  # we stopped to ask
        assert "web 1.0.0 was signed (pgp:" in capsys.readouterr().err
        verbs("vendor --update")
        assert "web > signature: pgp:" in capsys.readouterr().out
        use(here, url, "1.0.1", repository="{keyring: keys.kbx}")
        assert run(["vendor", "--locked"]) == 4
        assert "release 'web' must be signed, and pipeline.lock names no signature" in capsys.readouterr().err
        sign(repo, keys, version="1.0.1")
        verbs("vendor", "vendor --locked")


def test_archives_signed_by_cosign_by_url_and_from_the_disk(here: Path, tmp_path: Path) -> None:
    repo, signer = here.parent / "repo", Signer(tmp_path / "signer")
    publish(repo, {"1.0.0": CHART})
    write(here, {"cosign.pub": signer.public.decode()})
    data = (repo / "web-1.0.0.tgz").read_bytes()
    (repo / "web-1.0.0.tgz.sig").write_text(signer.sign(data))
    for name in ("web-1.0.0.tgz", "web-1.0.0.tgz.sig"):
        (here / "charts" / name).write_bytes((repo / name).read_bytes())
    with served(repo) as url:
        for chart in (f"{url}/web-1.0.0.tgz", "./charts/web-1.0.0.tgz"):
            release = f"{{name: web, chart: '{chart}', namespace: shop, signedBy: {{cosignKey: cosign.pub}}}}"
            write(here, {"pipeline.yaml": f"releases: [{release}]\n"})
            verbs("vendor", "vendor --locked")
            assert "    provenance: cosign:sha256:" in (here / "pipeline.lock").read_text()
        (repo / "web-1.0.0.tgz.sig").write_text(signer.sign(data + b"!"))
        write(here, {"pipeline.yaml": f"releases: [{release.replace('./charts', url)}]\n"})
        assert run(["vendor", "--update"]) == 1


def test_charts_of_a_registry_are_checked_by_their_layer_and_by_cosign(here: Path, keys: Gpg, tmp_path: Path) -> None:
    signer = Signer(tmp_path / "signer")
    write(here, {"cosign.pub": signer.public.decode()})
    with registry(tmp_path / "registry") as found:
        home = found.home
        (home / "web-1.0.0.tgz").write_bytes(pack({f"web/{path}": text for path, text in CHART.items()}))
        sign(home, keys)  # helm pushes the .prov file that lies beside the archive
        found.helm("push", str(home / "web-1.0.0.tgz"), f"oci://{found.host}/charts", "--plain-http")

        def locked(key: str) -> int:
            repository = f"shop: {{url: 'oci://{found.host}/charts', plainHTTP: true, signedBy: {key}}}"
            release = "{name: web, chart: shop/web, namespace: shop, version: 1.0.0}"
            write(here, {"pipeline.yaml": f"repositories: {{{repository}}}\nreleases: [{release}]\n"})
            return run(["vendor", "--update"])

        assert locked("{keyring: own.gpg}") == 0
        lock = (here / "pipeline.lock").read_text()
        assert "    provenance: pgp:" in lock
        digest = next(line.split(": ")[1] for line in lock.splitlines() if "revision:" in line)
        assert locked("{cosignKey: cosign.pub}") == 1
        sign_image(found.host, digest, payload("sha256:" + 64 * "0"), signer)
        assert locked("{cosignKey: cosign.pub}") == 1
        sign_image(found.host, digest, payload(digest), signer)
        assert locked("{cosignKey: cosign.pub}") == 0
        assert "    provenance: cosign:sha256:" in (here / "pipeline.lock").read_text()
        newer = Signer(tmp_path / "newer")
        write(here, {"newer.pub": newer.public.decode()})
        assert locked("{cosignKey: newer.pub}") == 1
        refer_to(found.host, digest, bundle(newer, "sha256:" + 64 * "0"))
        assert locked("{cosignKey: newer.pub}") == 1
        refer_to(found.host, digest, bundle(newer, digest))
        assert locked("{cosignKey: newer.pub}") == 0
        assert locked("{cosignKey: cosign.pub}") == 0


def sign_image(host: str, digest: str, text: bytes, signer: Signer) -> None:
    """What ``cosign sign --key`` pushes."""
    layer = pushed(host, text) | {"mediaType": "application/vnd.dev.cosign.simplesigning.v1+json"}
    layer["annotations"] = {"dev.cosignproject.cosign/signature": signer.sign(text)}
    config = pushed(host, b"{}") | {"mediaType": "application/vnd.oci.image.config.v1+json"}
    manifest(host, f"{digest.replace(':', '-')}.sig", {"config": config, "layers": [layer]})


def refer_to(host: str, digest: str, data: bytes) -> None:
    """What ``cosign sign --key`` pushes since version 3, into a registry that does not list referrers itself."""
    layer = pushed(host, data) | {"mediaType": BUNDLE}
    config = pushed(host, b"{}") | {"mediaType": "application/vnd.oci.empty.v1+json"}
    annotations = {"dev.sigstore.bundle.predicateType": "https://sigstore.dev/cosign/sign/v1"}
    body: dict[str, object] = {"artifactType": BUNDLE, "config": config, "layers": [layer], "annotations": annotations}
    text = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, **body}).encode()
    name = f"sha256:{hashlib.sha256(text).hexdigest()}"
    manifest(host, name, body)
    row = {"mediaType": MANIFEST, "digest": name, "size": len(text), "artifactType": BUNDLE, "annotations": annotations}
    place = f"http://{host}/v2/charts/web/manifests/{digest.replace(':', '-')}"
    kept = httpx.get(place, headers={"Accept": INDEX})
    rows = [*(kept.json()["manifests"] if kept.is_success else []), row]
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": rows}
    httpx.put(place, content=json.dumps(index), headers={"Content-Type": INDEX}).raise_for_status()


def pushed(host: str, data: bytes) -> dict[str, object]:
    name = f"sha256:{hashlib.sha256(data).hexdigest()}"
    place = httpx.post(f"http://{host}/v2/charts/web/blobs/uploads/").headers["location"]
    httpx.put(place, params={**dict(httpx.URL(place).params), "digest": name}, content=data).raise_for_status()
    return {"digest": name, "size": len(data)}


def manifest(host: str, name: str, body: dict[str, object]) -> None:
    text = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, **body})
    put = f"http://{host}/v2/charts/web/manifests/{name}"
    httpx.put(put, content=text, headers={"Content-Type": MANIFEST}).raise_for_status()
