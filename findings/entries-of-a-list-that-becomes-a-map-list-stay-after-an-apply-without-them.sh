#!/usr/bin/env bash
# After a list becomes a map list in its CRD, entries that an apply leaves out stay, and nobody owns them.
#
# Version: kube-apiserver 1.37.2.
# One would guess: the manager that applied the whole list owns its entries; what its next apply leaves out is removed.
# What happens: the owner of an atomic list owns the list, not its entries. After x-kubernetes-list-type changes from atomic
# to map, its next apply of one entry answers 200, owns that entry, and leaves the other one, with force too. The way back
# (map to atomic) removes it.
# So after such a change of a CRD an apply that succeeds does not mean that the resource is as the manifest says.
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
list() { # type and keys
  version v1 true true '{"parts":{"type":"array","x-kubernetes-list-type":'"$1"',"items":{"type":"object","required":["name"],
    "properties":{"name":{"type":"string"}}}}}'
}
send POST "$crds" "$(crd "$(list '"atomic"')")" > /dev/null
sleep 5
echo "apply parts a and b:                        $(apply us '{"parts":[{"name":"a"},{"name":"b"}]}')"
send PATCH "$crds/crates.example.org" "$(crd "$(list '"map","x-kubernetes-list-map-keys":["name"]')")" \
  application/merge-patch+json > /dev/null
sleep 5
left=$(apply 'us&force=true' '{"parts":[{"name":"a"}]}')
echo "the list is of type map; apply part a:      $left"
owned=$(ask "$url/apis/example.org/v1/crates/box" | python3 -c 'import json, sys
print(sum("k:" in json.dumps(one["fieldsV1"]) and "\\\"b\\\"" in json.dumps(one["fieldsV1"]) for one in json.load(sys.stdin)["metadata"]["managedFields"]))')
echo "managers that own part b:                   $owned"
[ "$left" = "{'parts': [{'name': 'a'}, {'name': 'b'}]}" ] && [ "$owned" = 0 ] || { echo "the behaviour has changed"; exit 1; }
