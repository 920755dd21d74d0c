#!/usr/bin/env bash
# Server-side apply of an empty list, where a list of type map or set had entries, leaves the field absent.
#
# Version: kube-apiserver 1.37.2.
# One would guess: applying {ports: []} after {ports: [{name: a}]} leaves an empty list, as it does in the manifest; or it is
# refused, as an emptied map is.
# What happens: 200, and the field is gone. Where the schema has a default, the default comes back in its place. A list of
# type atomic is left as []. After a merge patch that writes [], the same apply leaves [].
# So `allow: []` (nobody) in a chart can turn into the CRD's default (everybody), by the list's type alone.
set -euo pipefail
. "$(dirname "$0")/lib/server.sh"
. "$(dirname "$0")/lib/crates.sh"
list() { printf '{"type":"array","items":{"type":"object","required":["name"],"properties":{"name":{"type":"string"}}},"x-kubernetes-list-type":%s}' "$1"; }
keyed='"map","x-kubernetes-list-map-keys":["name"]'
send POST "$crds" "$(crd "$(version v1 true true "{\"keyed\":$(list "$keyed"),\"whole\":$(list '"atomic"'),
  \"filled\":$(list "$keyed,\"default\":[{\"name\":\"all\"}]")}")")" > /dev/null
sleep 5
echo "apply one entry in each:  $(apply us '{"keyed":[{"name":"a"}],"whole":[{"name":"a"}],"filled":[{"name":"a"}]}')"
emptied=$(apply us '{"keyed":[],"whole":[],"filled":[]}')
echo "apply [] in each:         $emptied"
send PATCH /apis/example.org/v1/crates/box '{"spec":{"keyed":[],"filled":[]}}' application/merge-patch+json > /dev/null
again=$(apply us '{"keyed":[],"whole":[],"filled":[]}')
echo "after a merge patch:      $again"
[[ "$emptied" == "{'filled': [{'name': 'all'}], 'whole': []}" && "$again" == "{'filled': [], 'keyed': [], 'whole': []}" ]] ||
  { echo "the behaviour has changed"; exit 1; }
