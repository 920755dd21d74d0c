#!/usr/bin/env bash
# In a validation rule (CEL) of a CRD, == ignores the order of a list of type set, and + adds to it without doubles.
#
# Version: kube-apiserver 1.37.2.
# One would guess: CEL's own lists: ["a", "b"] is not ["b", "a"], and ["a"] + ["a"] has two entries, whatever the schema says of
# how server-side apply merges the list.
# What happens: the list type of the schema changes the operators in a rule. self.set == ["b", "a"] holds for ["a", "b"],
# self.set + ["a"] has two entries. What map() makes of it is a plain list again, and the same value in a field without a
# list type is one all the time.
# So `self == oldSelf` lets entries move, and a rule that is tried in a CEL playground says something else than the server.
set -euo pipefail
. "$(dirname "$0")/lib/server.sh"
. "$(dirname "$0")/lib/crates.sh"
rules=(
  "self.set == ['b', 'a']" "self.plain == ['b', 'a']"
  "size(self.set + ['a']) == 2" "size(self.plain + ['a']) == 2"
  "self.set.map(entry, entry) == ['b', 'a']"
)
texts=$(python3 -c 'import json, sys; print(json.dumps([{"rule": rule, "message": rule} for rule in sys.argv[1:]]))' "${rules[@]}")
send POST "$crds" "$(crd "{\"name\":\"v1\",\"served\":true,\"storage\":true,\"schema\":{\"openAPIV3Schema\":{\"type\":\"object\",\"properties\":{\"spec\":{
  \"type\":\"object\",\"x-kubernetes-validations\":$texts,\"properties\":{
  \"set\":{\"type\":\"array\",\"maxItems\":9,\"x-kubernetes-list-type\":\"set\",\"items\":{\"type\":\"string\",\"maxLength\":9}},
  \"plain\":{\"type\":\"array\",\"maxItems\":9,\"items\":{\"type\":\"string\",\"maxLength\":9}}}}}}}}")" > /dev/null
sleep 5
broken=$(send POST /apis/example.org/v1/crates '{"apiVersion":"example.org/v1","kind":"Crate","metadata":{"name":"box"},
  "spec":{"set":["a","b"],"plain":["a","b"]}}' | python3 -c 'import json, sys; print(*sorted(one["message"].removeprefix("Invalid value: ") for one in json.load(sys.stdin)["details"]["causes"]), sep="\n")')
echo "of set: [a, b] and plain: [a, b], these do not hold:"
echo "$broken"
wanted="self.plain == ['b', 'a']
self.set.map(entry, entry) == ['b', 'a']
size(self.plain + ['a']) == 2"
[ "$broken" = "$wanted" ] || { echo "the behaviour has changed"; exit 1; }
