#!/usr/bin/env bash
# The order of env is immutable in a Job, although the API declares env to be a map with the key "name".
#
# Version: kube-apiserver 1.37.2.
# One would guess: x-kubernetes-list-type=map with list-map-keys [name] means that the order of env says nothing, so that
# server-side apply with two variables swapped changes nothing, or at most the stored order.
# What happens: 422 "spec.template: Invalid value … field is immutable". The merge follows the order that was applied, and
# the validation of a Job compares lists as lists. In a Deployment the same swap replaces every pod.
# So a comparison that sorts list-maps by their keys calls a rejected upgrade "no changes".
set -euo pipefail
. "$(dirname "$0")/lib/server.sh"
job() {
  printf '{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"j"},"spec":{"template":{"spec":{"restartPolicy":"Never",'
  printf '"containers":[{"name":"c","image":"i","env":[%s]}]}}}}' "$1"
}
apply() {
  job "$1" | ask --request PATCH --header 'Content-Type: application/apply-patch+yaml' --data-binary @- \
    --output "$scratch/answer" --write-out '%{http_code}' \
    "$url/apis/batch/v1/namespaces/default/jobs/j?fieldManager=a&force=true"
}
first=$(apply '{"name":"A","value":"1"},{"name":"B","value":"2"}')
second=$(apply '{"name":"B","value":"2"},{"name":"A","value":"1"}')
echo "applied: $first; with env in the other order: $second"
grep -o 'field is immutable' "$scratch/answer" | head -n 1
[ "$first" = 201 ] && [ "$second" = 422 ] || { echo "the behaviour has changed"; exit 1; }
