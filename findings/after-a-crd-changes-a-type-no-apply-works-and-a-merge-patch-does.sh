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
. "$(dirname "$0")/lib/server.sh"
. "$(dirname "$0")/lib/crates.sh"
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
