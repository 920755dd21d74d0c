#!/usr/bin/env bash
# An expression of an admission policy may use cel-go's lists, sets, strings and two-variable loops, and not cel.bind or math.
#
# Version: kube-apiserver 1.37.2.
# One would guess: the server takes the whole set of cel-go's extensions, or the base language alone; nearly all of the set is there,
# and CEL's own documentation lists cel.bind among the macros that make policies readable.
# What happens: cel.bind, math.greatest, base64.encode, strings' reverse and regex.replace do not compile; quote, range, flatten,
# sort, distinct and transformMap do.
# So an expression that cel-go's own evaluator (or a playground) accepts can be refused by the server.
set -euo pipefail
. "$(dirname "$0")/lib/server.sh"
verdict() { # expression
  send POST '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies?dryRun=All' "{\"metadata\":{\"name\":\"policy\"},\"spec\":{
    \"matchConstraints\":{\"resourceRules\":[{\"apiGroups\":[\"apps\"],\"apiVersions\":[\"v1\"],\"operations\":[\"CREATE\"],
    \"resources\":[\"deployments\"]}]},\"validations\":[{\"expression\":\"$1\"}]}}" |
    python3 -c 'import json, re, sys; said = json.load(sys.stdin).get("message", ""); found = re.search("(undeclared reference|no matching overload)[^(]*", said); print(found[0].strip() if found else said or "taken")'
}
for expression in "strings.quote('a') == 'a'" 'lists.range(3).size() == 3' '[[1],[2]].flatten() == [1,2]' '[2,1].sort() == [1,2]' \
  '[1,1].distinct() == [1]' "{'a':1}.transformMap(k, v, v) == {'a':1}"; do
  answer=$(verdict "$expression")
  printf '%-42s %s\n' "$expression" "$answer"
  [ "$answer" = taken ] || { echo "the behaviour has changed"; exit 1; }
done
for expression in 'cel.bind(n, object.spec.replicas, n > 1)' 'math.greatest(1, 2) == 2' "base64.encode(b'a') == 'YQ=='" \
  "'abc'.reverse() == 'cba'" "regex.replace('a', 'a', 'b') == 'b'"; do
  answer=$(verdict "$expression")
  printf '%-42s %s\n' "$expression" "$answer"
  [[ "$answer" == undeclared* || "$answer" == 'no matching'* ]] || { echo "the behaviour has changed"; exit 1; }
done
