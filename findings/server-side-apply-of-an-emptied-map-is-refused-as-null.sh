#!/usr/bin/env bash
# Server-side apply of an empty map, where the map had entries, is refused: the map "must be of type object: null".
#
# Version: kube-apiserver 1.37.2.
# One would guess: applying {counts: {}} after {counts: {a: 1}} removes the manager's entry and leaves an empty map.
# What happens: the entry goes, and the map is left as null, which the CRD's own validation then refuses with 422. The
# manifest is valid, and a first apply of it is taken. A merge patch that removes the key comes first; then the same apply works.
# So a chart that empties a map of a custom resource needs two steps, and a dry run must ask the server to know.
set -euo pipefail
. "$(dirname "$0")/lib/server.sh"
. "$(dirname "$0")/lib/crates.sh"
send POST "$crds" "$(crd "$(version v1 true true '{"counts":{"type":"object","additionalProperties":{"type":"integer"}}}')")" > /dev/null
sleep 5
echo "apply {counts: {a: 1}}:       $(apply us '{"counts":{"a":1}}')"
refused=$(apply us '{"counts":{}}')
echo "apply {counts: {}}:           $refused"
send PATCH /apis/example.org/v1/crates/box '{"spec":{"counts":{"a":null}}}' application/merge-patch+json > /dev/null
taken=$(apply us '{"counts":{}}')
echo "again, after a merge patch:   $taken"
[[ "$refused" == *'must be of type object: "null"'* && "$taken" == "{'counts': {}}" ]] || { echo "the behaviour has changed"; exit 1; }
