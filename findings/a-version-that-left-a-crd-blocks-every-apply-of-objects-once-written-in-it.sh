#!/usr/bin/env bash
# A version that leaves a CRD blocks every server-side apply of objects that anybody once wrote in it, with an error 500.
#
# Version: kube-apiserver 1.37.2.
# One would guess: managedFields that name a version which is gone are dropped; the stored object is in the new version.
# What happens: the entries stay, of whatever manager, and each server-side apply by any other manager fails with 500
# "request to convert CR to an invalid group/version". Updates and merge patches work. Moving the stored objects to the new
# version and cleaning status.storedVersions, as the documentation asks, does not touch those entries.
# So before a version leaves a CRD, managedFields of all its objects must be looked through.
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
size='{"size":{"type":"string"},"note":{"type":"string"}}'
send POST "$crds" "$(crd "$(version v1beta1 true false "$size"),$(version v1 true true "$size")")" > /dev/null
sleep 5
send PATCH "/apis/example.org/v1beta1/crates/box?fieldManager=somebody" '{"apiVersion":"example.org/v1beta1","kind":"Crate",
  "metadata":{"name":"box"},"spec":{"note":"old"}}' application/apply-patch+yaml > /dev/null
echo "both versions served; apply:       $(apply us '{"size":"big"}')"
send PATCH "$crds/crates.example.org" "$(crd "$(version v1 true true "$size")")" application/merge-patch+json > /dev/null
echo "storedVersions:                    $(ask "$url$crds/crates.example.org" | python3 -c 'import json, sys; print(json.load(sys.stdin)["status"]["storedVersions"])')"
sleep 5
refused=$(apply us '{"size":"big"}')
echo "v1beta1 is gone; the same apply:   $refused"
patched=$(send PATCH /apis/example.org/v1/crates/box '{"spec":{"size":"huge"}}' application/merge-patch+json | said)
echo "a merge patch:                     $patched"
[[ "$refused" == *'invalid group/version'* && "$patched" == *huge* ]] || { echo "the behaviour has changed"; exit 1; }
