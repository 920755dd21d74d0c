#!/usr/bin/env bash
# An empty securityContext is stored for a container and dropped for a pod: one rolls a Deployment out, the other does not.
#
# Version: kube-apiserver 1.37.2.
# One would guess: "{}" and absent are the same everywhere, or differ everywhere; both fields are optional objects.
# What happens: the pod's securityContext is defaulted to {} where it is absent, so both are one; the container's is a
# pointer without a default, and {} is kept. A chart that starts to write "securityContext: {}" into its containers changes
# the pod template, and every pod is replaced, although no setting differs.
# So whether an empty value is a change must be known field by field.
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
stored() { # of a pod and of a container: what is asked for each
  printf '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"selector":{"matchLabels":{"a":"b"}},
    "template":{"metadata":{"labels":{"a":"b"}},"spec":{%s"containers":[{"name":"c","image":"i"%s}]}}}}' "$1" "$2" |
    ask --request POST --header 'Content-Type: application/json' --data-binary @- \
      "$url/apis/apps/v1/namespaces/default/deployments?dryRun=All" |
    python3 -c 'import json, sys; print(json.dumps(json.load(sys.stdin)["spec"]["template"], sort_keys=True))'
}
plain=$(stored '' '')
pod=$(stored '"securityContext":{},' '')
container=$(stored '' ',"securityContext":{}')
[ "$plain" = "$pod" ] && echo "securityContext: {} of a pod is the same as none"
[ "$plain" != "$container" ] && echo "securityContext: {} of a container is another pod template"
[ "$plain" = "$pod" ] && [ "$plain" != "$container" ] || { echo "the behaviour has changed"; exit 1; }
