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
set -euo pipefail
. "$(dirname "$0")/lib/server.sh"
told() { python3 -c 'import json, sys; said = json.load(sys.stdin); print(said["message"] if said["kind"] == "Status" else "taken")'; }
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
patch() { send PATCH "/apis/example.org/v1/crates/$1" '{"spec":{"note":"new"}}' application/merge-patch+json | told; }
named=$(patch named)
unnamed=$(patch unnamed)
echo "box: {size: big}, and spec.note changes:               $named"
echo "box: {size: big, colour: red}, and spec.note changes:  $unnamed"
[ "$named" = taken ] && [[ "$unnamed" == *'spec.box.owner: Required value'* ]] || { echo "the behaviour has changed"; exit 1; }
