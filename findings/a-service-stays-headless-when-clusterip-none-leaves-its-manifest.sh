#!/usr/bin/env bash
# Server-side apply removes a field that leaves the manifest, but a Service without "clusterIP: None" stays headless.
#
# Version: kube-apiserver 1.37.2.
# One would guess: an applier that owns a field and no longer sends it removes it, and the default comes back. So it is for
# sessionAffinity of the same object: ClientIP becomes None again.
# What happens: the apply is accepted (200), spec.clusterIP leaves managedFields, and the server fills the old value in
# again: None. The manifest and what runs differ for good, without an error, and no owner is left who could be asked.
# Only deleting and creating the Service gives it an address.
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
apply() { # what spec holds besides the port
  ask --request PATCH --header 'Content-Type: application/apply-patch+yaml' \
    --data-binary "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {$1 selector: {a: b}, ports: [{port: 80}]}}" \
    "$url/api/v1/namespaces/default/services/a?fieldManager=gitops"
}
show() { python3 -c 'import json, sys
service = json.load(sys.stdin); owned = json.dumps(service["metadata"]["managedFields"])
print(service["spec"]["clusterIP"], service["spec"]["sessionAffinity"], "owned" if "clusterIP" in owned else "not owned")'; }
before=$(apply 'clusterIP: None, sessionAffinity: ClientIP,' | show)
after=$(apply '' | show)
ask --request DELETE "$url/api/v1/namespaces/default/services/a" > "$scratch/deleted"
again=$(apply '' | show)
printf 'with both fields:    %s\nwithout them:        %s\ncreated without them: %s\n' "$before" "$after" "$again"
[ "$before" = 'None ClientIP owned' ] && [ "$after" = 'None None not owned' ] && [ "${again%% *}" != None ] ||
  { echo "the behaviour has changed"; exit 1; }
