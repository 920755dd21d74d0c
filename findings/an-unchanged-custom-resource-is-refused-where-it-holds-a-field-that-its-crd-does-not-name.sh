#!/usr/bin/env bash
# An unchanged part of a custom resource is refused by a tightened CRD, only because it also holds a field without a name.
#
# Version: kube-apiserver 1.37.2.
# One would guess: ratcheting (on by default since 1.30, stable since 1.33) lets every part of a custom resource pass that
# an update leaves as it was, also where the CRD has a new required field in it.
# What happens: it does so for an object of which the schema names all fields. With x-kubernetes-preserve-unknown-fields and
# one field that the schema does not name, the same object is not known to be unchanged: each update of the resource is
# refused for the new requirement, whatever it changes. Bounds on the named fields inside are still ratcheted.
# So whether a stricter CRD blocks an existing resource depends on fields of it that the CRD says nothing about.
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
for _ in $(seq 240); do [ "$(ask "$url/readyz" || true)" = ok ] && break; sleep 1; done
ask "$url/version" | grep gitVersion
send() { # method, path, body: the answer's message, or "taken"
  ask --request "$1" --header "Content-Type: ${4:-application/json}" --data-binary "$3" "$url$2" |
    python3 -c 'import json, sys; said = json.load(sys.stdin); print(said["message"] if said["kind"] == "Status" else "taken")'
}
crds=/apis/apiextensions.k8s.io/v1/customresourcedefinitions
crd() { # what is required in spec.box
  printf '{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"crates.example.org"},
    "spec":{"group":"example.org","scope":"Cluster","names":{"plural":"crates","kind":"Crate"},"versions":[{"name":"v1",
    "served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object","properties":{
      "note":{"type":"string"},"box":{"type":"object","x-kubernetes-preserve-unknown-fields":true,"required":%s,
        "properties":{"size":{"type":"string"},"owner":{"type":"string"}}}}}}}}}]}}' "$1"
}
send POST "$crds" "$(crd '[]')" > /dev/null
sleep 5
for name in named unnamed; do
  more=$([ "$name" = unnamed ] && echo ',"colour":"red"' || true)
  send POST /apis/example.org/v1/crates "{\"apiVersion\":\"example.org/v1\",\"kind\":\"Crate\",\"metadata\":{\"name\":\"$name\"},
    \"spec\":{\"box\":{\"size\":\"big\"$more}}}" > /dev/null
done
send PATCH "$crds/crates.example.org" "$(crd '["owner"]')" application/merge-patch+json > /dev/null
sleep 5
patch() { send PATCH "/apis/example.org/v1/crates/$1" '{"spec":{"note":"new"}}' application/merge-patch+json; }
named=$(patch named)
unnamed=$(patch unnamed)
echo "box: {size: big}, and spec.note changes:               $named"
echo "box: {size: big, colour: red}, and spec.note changes:  $unnamed"
[ "$named" = taken ] && [[ "$unnamed" == *'spec.box.owner: Required value'* ]] || { echo "the behaviour has changed"; exit 1; }
