#!/usr/bin/env bash
# A printer column of a CRD whose path cannot be read is accepted, and hides itself and every column behind it.
#
# Version: kube-apiserver 1.37.2.
# One would guess: the API server refuses a path that it cannot parse, as it refuses one that does not begin with a dot;
# or it leaves this one column empty.
# What happens: the CRD is created and established without a warning. The table that kubectl get asks for has the columns
# before the bad one, and none from there on: here a key in double quotes, which other tools for JSON paths take.
# So a typing error in the first column leaves nothing but names, and one in the last is hardly seen.
set -euo pipefail
. "$(dirname "$0")/lib/server.sh"
. "$(dirname "$0")/lib/crates.sh"
column() { printf '{"name":"%s","type":"string","jsonPath":%s}' "$1" "$2"; }
columns="[$(column First '".spec.a"'),$(column Quoted '".spec[\"b\"]"'),$(column Last '".spec.c"')]"
whole=$(version v1 true true '{"a":{"type":"string"},"b":{"type":"string"},"c":{"type":"string"}}')
created=$(send POST "$crds" "$(crd "${whole%\}},\"additionalPrinterColumns\":$columns}")" |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["kind"])')
for _ in $(seq 60); do
  [ "$(ask --output /dev/null --write-out '%{http_code}' "$url/apis/example.org/v1/crates")" = 200 ] && break
  sleep 1
done
shown=$(ask --header 'Accept: application/json;as=Table;v=v1;g=meta.k8s.io' "$url/apis/example.org/v1/crates" |
  python3 -c 'import json, sys; print([one["name"] for one in json.load(sys.stdin)["columnDefinitions"]])')
dotless=$(send POST "$crds?dryRun=All" "$(crd "${whole%\}},\"additionalPrinterColumns\":[$(column First '"spec.a"')]}" |
  sed 's/crates/boxes/g; s/Crate/Box/g')" | said)
echo "created: $created"
echo "columns: $shown"
echo "a path without a dot: $dotless"
[[ "$created" == CustomResourceDefinition && "$shown" == "['Name', 'First']" && "$dotless" == *'must be a simple json path'* ]] ||
  { echo "the behaviour has changed"; exit 1; }
