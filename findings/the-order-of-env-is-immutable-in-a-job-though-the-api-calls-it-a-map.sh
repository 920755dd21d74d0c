#!/usr/bin/env bash
# The order of env is immutable in a Job, although the API declares env to be a map with the key "name".
#
# Version: kube-apiserver 1.37.2.
# One would guess: x-kubernetes-list-type=map with list-map-keys [name] means that the order of env says nothing, so that
# server-side apply with two variables swapped changes nothing, or at most the stored order.
# What happens: 422 "spec.template: Invalid value … field is immutable". The merge follows the order that was applied, and
# the validation of a Job compares lists as lists. In a Deployment the same swap replaces every pod.
# So a comparison that sorts list-maps by their keys calls a rejected upgrade "no changes".
# The server is built from the pinned Go module in tests/controlplane (5 to 8 minutes, once); KUBEBUILDER_ASSETS may name
# a folder that has kube-apiserver 1.37.2 and etcd.
set -euo pipefail
cd "$(dirname "$0")/.."
assets=$(bash scripts/control_plane.sh)
scratch=$(mktemp -d)
trap 'kill -9 $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$scratch"' EXIT
"$assets/etcd" --config-file <(printf '%s\n' "data-dir: $scratch/etcd" 'listen-client-urls: http://127.0.0.1:23790' \
  'advertise-client-urls: http://127.0.0.1:23790' 'listen-peer-urls: http://127.0.0.1:23800' \
  'initial-advertise-peer-urls: http://127.0.0.1:23800' 'initial-cluster: default=http://127.0.0.1:23800' \
  'log-level: error') > "$scratch/etcd.log" 2>&1 &
openssl genrsa -out "$scratch/sa.key" 2048 2> /dev/null
openssl rsa -in "$scratch/sa.key" -pubout -out "$scratch/sa.pub" 2> /dev/null
printf 'token,admin,1,system:masters\n' > "$scratch/tokens"
"$assets/kube-apiserver" --etcd-servers=http://127.0.0.1:23790 --bind-address=127.0.0.1 --advertise-address=127.0.0.1 \
  --secure-port=26443 --cert-dir="$scratch/certs" --service-account-key-file="$scratch/sa.pub" \
  --service-account-signing-key-file="$scratch/sa.key" --service-account-issuer=https://kubernetes.default.svc \
  --service-cluster-ip-range=10.0.0.0/24 --authorization-mode=RBAC --token-auth-file="$scratch/tokens" \
  --endpoint-reconciler-type=none --disable-admission-plugins=ServiceAccount > "$scratch/server.log" 2>&1 &
ask() { curl --silent --insecure --header 'Authorization: Bearer token' "$@"; }
url=https://127.0.0.1:26443
for _ in $(seq 120); do [ "$(ask "$url/readyz" || true)" = ok ] && break; sleep 1; done
ask "$url/version" | grep gitVersion
job() {
  printf '{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"j"},"spec":{"template":{"spec":{"restartPolicy":"Never",'
  printf '"containers":[{"name":"c","image":"i","env":[%s]}]}}}}' "$1"
}
apply() {
  job "$1" | ask --request PATCH --header 'Content-Type: application/apply-patch+yaml' --data-binary @- \
    --output "$scratch/answer" --write-out '%{http_code}' \
    "$url/apis/batch/v1/namespaces/default/jobs/j?fieldManager=a&force=true"
}
first=$(apply '{"name":"A","value":"1"},{"name":"B","value":"2"}')
second=$(apply '{"name":"B","value":"2"},{"name":"A","value":"1"}')
echo "applied: $first; with env in the other order: $second"
grep -o 'field is immutable' "$scratch/answer" | head -n 1
[ "$first" = 201 ] && [ "$second" = 422 ] || { echo "the behaviour has changed"; exit 1; }
