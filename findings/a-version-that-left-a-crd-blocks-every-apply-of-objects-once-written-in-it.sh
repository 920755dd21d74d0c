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
. "$(dirname "$0")/lib/server.sh"
. "$(dirname "$0")/lib/crates.sh"
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
