#!/usr/bin/env bash
# The time of a Lease that RFC 3339 allows is a bad request to a create, and an internal error to a server-side apply.
#
# Version: kube-apiserver 1.37.2.
# One would guess: every time field of the API takes RFC 3339, as metadata does; and what is wrong with a manifest is told
# as 4xx, since 5xx asks a client to try again.
# What happens: spec.renewTime takes exactly six digits behind the second. Three digits, or none, are 400 for POST and 500
# for the apply patch of the same body. A comma in place of the dot is taken, and so is an hour of one digit.
# So a client that retries server errors retries a manifest that can never be taken.
set -euo pipefail
. "$(dirname "$0")/lib/server.sh"
leases=/apis/coordination.k8s.io/v1/namespaces/default/leases
code() { # method, path, time, content type
  ask --output /dev/null --write-out '%{http_code}' --request "$1" --header "Content-Type: $4" --data-binary \
    "{\"apiVersion\":\"coordination.k8s.io/v1\",\"kind\":\"Lease\",\"metadata\":{\"name\":\"a\"},\"spec\":{\"renewTime\":\"$3\"}}" \
    "$url$2"
}
both() { # time: what POST and what apply answer
  echo "$(code POST "$leases?dryRun=All" "$1" application/json) $(code PATCH "$leases/a?dryRun=All&fieldManager=us" "$1" application/apply-patch+yaml)"
}
for _ in $(seq 60); do [ "$(ask --output /dev/null --write-out '%{http_code}' "$url/api/v1/namespaces/default")" = 200 ] && break; sleep 1; done
found=""
for time in 2026-01-02T03:04:05.000000Z 2026-01-02T3:04:05,000000Z 2026-01-02T03:04:05.000Z 2026-01-02T03:04:05Z; do
  answers=$(both "$time")
  echo "$time: POST, apply $answers"
  found="$found$answers; "
done
[ "$found" = "201 201; 201 201; 400 500; 400 500; " ] || { echo "the behaviour has changed"; exit 1; }
