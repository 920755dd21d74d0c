"""Derives tests/data/cosign.json: a chart that helm pushed, and what cosign's own binaries signed it with.

usage: python -m scripts.derive_cosign COSIGN...
  each COSIGN is a binary: go install github.com/sigstore/cosign/v2/cmd/cosign@latest, and the same of v3

A registry is started on loopback, helm pushes one chart to as many places as there are ways to sign (``WAYS``), and
each place is signed with a key of each kind. No log is written to and no network asked. What the registry then holds is
written down byte for byte. The private keys are thrown away.
"""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from tests.support.oci_registry import RunningRegistry, registry
from tests.support.tools import tool

TARGET = Path(__file__).parent.parent / "tests/data/cosign.json"
ACCEPT = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"
OFFLINE = {"2": ("--tlog-upload=false",), "3": ("--tlog-upload=false", "--use-signing-config=false")}
WAYS = {
    "tag": ("--new-bundle-format=false",),
    "referrer": ("--new-bundle-format=false", "--registry-referrers-mode=oci-1-1"),
    "bundle": ("--new-bundle-format=true",),
}
BLOBS = {
    ".sig": ("--new-bundle-format=false", "--output-signature"),
    ".bundle": ("--new-bundle-format=false", "--bundle"),
    ".sigstore.json": ("--new-bundle-format=true", "--bundle"),
}
KEYS = {
    "ecdsa-p256": ("EC", "ec_paramgen_curve:P-256"),
    "ecdsa-p384": ("EC", "ec_paramgen_curve:P-384"),
    "ecdsa-p521": ("EC", "ec_paramgen_curve:P-521"),
    "rsa-2048": ("RSA", "rsa_keygen_bits:2048"),
    "ed25519": ("ED25519", ""),
}


def main(binaries: list[str]) -> None:
    found: dict[str, Any] = {"versions": {}, "keys": {}, "places": {}, "blobs": {}, "files": {}, "refused": []}
    with tempfile.TemporaryDirectory(prefix="derive-cosign-") as name, registry(Path(name) / "registry") as oci:
        os.environ |= {"HOME": name, "COSIGN_PASSWORD": "", "COSIGN_EXPERIMENTAL": "1"}
        os.chdir(name)
        for kind in KEYS:
            found["keys"][kind] = _key(binaries[0], kind)
        oci.push("1.0.0")
        archive = (oci.home / "web-1.0.0.tgz").rename(oci.home / "archive.tgz")
        for binary in binaries:
            version = re.search(r"GitVersion:\s+v(\S+)", _run(binary, "version"))
            assert version is not None, "BUG: cosign does not say its version"
            major = version[1].partition(".")[0]
            found["versions"][major] = version[1]
            for way, flags in WAYS.items():
                place = f"v{major}/{way}"
                oci.push("1.0.0", path=place)
                found["refused"] += _signed(oci, binary, (*OFFLINE[major], *flags), place)
                found["places"][f"{place}/web"] = dict(_manifests(oci.host, f"{place}/web", found["blobs"]))
            found["files"][major] = _files(binary, OFFLINE[major], archive, found["refused"])
        found["archive"] = base64.b64encode(archive.read_bytes()).decode()
    TARGET.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
    print(
        f"{found['versions']}: {len(found['blobs'])} blobs, {TARGET.stat().st_size} bytes; refused: {found['refused']}"
    )


def _key(binary: str, kind: str) -> str:
    """The public key of a new pair, for cosign in KIND.key."""
    algorithm, option = KEYS[kind]
    options = ("-pkeyopt", option) if option else ()
    _run(tool("openssl"), "genpkey", "-algorithm", algorithm, *options, "-out", f"{kind}.pem")
    _run(binary, "import-key-pair", "--key", f"{kind}.pem", "--output-key-prefix", kind)
    return Path(f"{kind}.pub").read_text()


def _signed(oci: RunningRegistry, binary: str, flags: tuple[str, ...], place: str) -> Iterator[str]:
    """Sign the chart there with every key; those that cosign itself refuses."""
    text = httpx.get(f"http://{oci.host}/v2/{place}/web/manifests/1.0.0", headers={"Accept": ACCEPT}).content
    image = f"{oci.host}/{place}/web@sha256:{hashlib.sha256(text).hexdigest()}"
    for kind in KEYS:
        try:
            _run(binary, "sign", "--yes", "--allow-http-registry", "--key", f"{kind}.key", *flags, image)
        except subprocess.CalledProcessError as error:
            print(place, kind, error.stderr.partition("\n\n")[0][-300:])
            yield f"{place} {kind}"


def _files(binary: str, offline: tuple[str, ...], archive: Path, refused: list[str]) -> dict[str, dict[str, str]]:
    """What ``cosign sign-blob`` writes beside an archive, by the kind of the key and the ending."""
    found: dict[str, dict[str, str]] = {kind: {} for kind in KEYS}
    for kind in KEYS:
        for ending, flags in BLOBS.items():
            try:
                _run(binary, "sign-blob", "--yes", "--key", f"{kind}.key", *offline, *flags, "out", str(archive))
                found[kind][ending] = Path("out").read_text()
            except (subprocess.CalledProcessError, FileNotFoundError) as error:
                print(ending, kind, getattr(error, "stderr", str(error)).partition("\n\n")[0][-300:])
                refused.append(f"sign-blob {ending} {kind}")
            Path("out").unlink(missing_ok=True)
    return found


def _manifests(host: str, path: str, blobs: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Every manifest there by its tag or digest, those that others name first; what they hold goes to ``blobs``."""
    with httpx.Client(base_url=f"http://{host}/v2/{path}", headers={"Accept": ACCEPT}) as client:
        for tag in sorted(client.get("/tags/list").json()["tags"]):
            text = client.get(f"/manifests/{tag}").text
            for row in json.loads(text).get("manifests", ()):
                inner = client.get(f"/manifests/{row['digest']}").text
                _keep(client, json.loads(inner), blobs)
                yield row["digest"], inner
            _keep(client, json.loads(text), blobs)
            yield tag, text


def _keep(client: httpx.Client, manifest: Mapping[str, Any], blobs: dict[str, str]) -> None:
    for part in [*manifest.get("layers", ()), *([manifest["config"]] if "config" in manifest else ())]:
        if part["digest"] not in blobs:
            blobs[part["digest"]] = base64.b64encode(client.get(f"/blobs/{part['digest']}").content).decode()


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    if not sys.argv[1:]:
        sys.exit(__doc__)
    main([str(Path(one).resolve()) for one in sys.argv[1:]])
