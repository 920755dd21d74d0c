#!/usr/bin/env bash
# Server-side apply of an empty map, where the map had entries, is refused: the map "must be of type object: null".
#
# Version: kube-apiserver 1.37.2.
# One would guess: applying {counts: {}} after {counts: {a: 1}} removes the manager's entry and leaves an empty map.
# What happens: the entry goes, and the map is left as null, which the CRD's own validation then refuses with 422. The
# manifest is valid, and a first apply of it is taken. A merge patch that removes the key comes first; then the same apply works.
# So a chart that empties a map of a custom resource needs two steps, and a dry run must ask the server to know.
set -euo pipefail
# The server is built from the pinned Go module in tests/controlplane (5 to 8 minutes, once); KUBEBUILDER_ASSETS may name
# a folder that has kube-apiserver 1.37.2 and etcd.
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
send() { # method, path, body, content type: the answer
  ask --request "$1" --header "Content-Type: ${4:-application/json}" --data-binary "$3" "$url$2"
}
said() { python3 -c 'import json, sys; one = json.load(sys.stdin); print(one["message"] if one["kind"] == "Status" else one.get("spec"))'; }
apply() { # manager, spec: the resource that is stored, or the refusal
  send PATCH "/apis/example.org/v1/crates/box?fieldManager=$1" "{\"apiVersion\":\"example.org/v1\",\"kind\":\"Crate\",
    \"metadata\":{\"name\":\"box\"},\"spec\":$2}" application/apply-patch+yaml | said
}
crds=/apis/apiextensions.k8s.io/v1/customresourcedefinitions
crd() { # versions
  printf '{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"crates.example.org"},
    "spec":{"group":"example.org","scope":"Cluster","names":{"plural":"crates","kind":"Crate"},"versions":[%s]}}' "$1"
}
version() { # name, served, stored, properties of spec
  printf '{"name":"%s","served":%s,"storage":%s,"schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object",
    "properties":%s}}}}}' "$1" "$2" "$3" "$4"
}
send POST "$crds" "$(crd "$(version v1 true true '{"counts":{"type":"object","additionalProperties":{"type":"integer"}}}')")" > /dev/null
sleep 5
echo "apply {counts: {a: 1}}:       $(apply us '{"counts":{"a":1}}')"
refused=$(apply us '{"counts":{}}')
echo "apply {counts: {}}:           $refused"
send PATCH /apis/example.org/v1/crates/box '{"spec":{"counts":{"a":null}}}' application/merge-patch+json > /dev/null
taken=$(apply us '{"counts":{}}')
echo "again, after a merge patch:   $taken"
[[ "$refused" == *'must be of type object: "null"'* && "$taken" == "{'counts': {}}" ]] || { echo "the behaviour has changed"; exit 1; }
