#!/usr/bin/env bash
# After a field of a CRD changes its type, server-side apply fails for a change of a label alone, and for the cure too.
#
# Version: kube-apiserver 1.37.2.
# One would guess: an apply that sets the field to a value of the new type repairs the resource; one of a label is taken, as
# validation ratchets unchanged values.
# What happens: the stored value cannot be read in the new schema, so the merge fails before any validation: 500, "failed to
# create typed live object". A merge patch is not merged by schema and works; after it, apply does as well.
# So a changed type in a CRD needs a patch of every resource before the first apply, and the error says nothing of it.
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
send POST "$crds" "$(crd "$(version v1 true true '{"size":{"type":"string"}}')")" > /dev/null
sleep 5
echo "size is a string; apply \"3\":           $(apply us '{"size":"3"}')"
send PATCH "$crds/crates.example.org" "$(crd "$(version v1 true true '{"size":{"type":"integer"}}')")" application/merge-patch+json > /dev/null
sleep 5
cure=$(apply us '{"size":3}')
echo "size is an integer; apply 3:           $cure"
label=$(send PATCH '/apis/example.org/v1/crates/box?fieldManager=other' '{"apiVersion":"example.org/v1","kind":"Crate","metadata":
  {"name":"box","labels":{"a":"b"}}}' application/apply-patch+yaml | said)
echo "apply a label as another manager:      $label"
send PATCH /apis/example.org/v1/crates/box '{"spec":{"size":3}}' application/merge-patch+json > /dev/null
after=$(apply us '{"size":3}')
echo "after a merge patch, apply 3:          $after"
[[ "$cure" == *'failed to create typed live object'* && "$label" == *'failed to create typed live object'* ]] &&
  [ "$after" = "{'size': 3}" ] || { echo "the behaviour has changed"; exit 1; }
