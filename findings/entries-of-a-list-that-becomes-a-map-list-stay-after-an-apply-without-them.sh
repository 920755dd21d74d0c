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
. "$(dirname "$0")/lib/server.sh"
. "$(dirname "$0")/lib/crates.sh"
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
