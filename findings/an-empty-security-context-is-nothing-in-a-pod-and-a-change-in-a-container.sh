#!/usr/bin/env bash
# An empty securityContext is stored for a container and dropped for a pod: one rolls a Deployment out, the other does not.
#
# Version: kube-apiserver 1.37.2.
# One would guess: "{}" and absent are the same everywhere, or differ everywhere; both fields are optional objects.
# What happens: the pod's securityContext is defaulted to {} where it is absent, so both are one; the container's is a
# pointer without a default, and {} is kept. A chart that starts to write "securityContext: {}" into its containers changes
# the pod template, and every pod is replaced, although no setting differs.
# So whether an empty value is a change must be known field by field.
set -euo pipefail
. "$(dirname "$0")/lib/server.sh"
stored() { # of a pod and of a container: what is asked for each
  printf '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"selector":{"matchLabels":{"a":"b"}},
    "template":{"metadata":{"labels":{"a":"b"}},"spec":{%s"containers":[{"name":"c","image":"i"%s}]}}}}' "$1" "$2" |
    ask --request POST --header 'Content-Type: application/json' --data-binary @- \
      "$url/apis/apps/v1/namespaces/default/deployments?dryRun=All" |
    python3 -c 'import json, sys; print(json.dumps(json.load(sys.stdin)["spec"]["template"], sort_keys=True))'
}
plain=$(stored '' '')
pod=$(stored '"securityContext":{},' '')
container=$(stored '' ',"securityContext":{}')
[ "$plain" = "$pod" ] && echo "securityContext: {} of a pod is the same as none"
[ "$plain" != "$container" ] && echo "securityContext: {} of a container is another pod template"
[ "$plain" = "$pod" ] && [ "$plain" != "$container" ] || { echo "the behaviour has changed"; exit 1; }
