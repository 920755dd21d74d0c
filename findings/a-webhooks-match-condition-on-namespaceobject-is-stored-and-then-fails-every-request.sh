#!/usr/bin/env bash
# A webhook's matchCondition may name namespaceObject: it is stored, and then each request ends in "no such key".
#
# Version: kube-apiserver 1.37.2.
# One would guess: either the variable is there, as in a ValidatingAdmissionPolicy, or the expression does not compile; the
# documentation of match conditions names object, oldObject, request and authorizer.
# What happens: it compiles and is stored. For a request in any namespace, the one that was meant included, the variable
# holds nothing: the condition is an error, and with failurePolicy Fail every request that the webhook's rules match is
# forbidden before the webhook is asked.
# So a server's dry run proves nothing about it; the expression has to be read.
set -euo pipefail
. "$(dirname "$0")/lib/server.sh"
said() { python3 -c 'import json, sys; one = json.load(sys.stdin); print(one.get("message") or one["kind"] + " taken")'; }
stored=$(send POST /apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations '{"metadata":{"name":"guard"},"webhooks":[{
  "name":"guard.example.org","admissionReviewVersions":["v1"],"sideEffects":"None","failurePolicy":"Fail","timeoutSeconds":1,
  "clientConfig":{"url":"https://127.0.0.1:1/"},"rules":[{"apiGroups":[""],"apiVersions":["v1"],"operations":["CREATE"],
  "resources":["configmaps"]}],"matchConditions":[{"name":"prod","expression":"namespaceObject.metadata.name == '"'prod'"'"}]}]}' | said)
echo "$stored"
sleep 5
for namespace in prod test; do
  send POST /api/v1/namespaces "{\"metadata\":{\"name\":\"$namespace\"}}" > /dev/null
  answer=$(send POST "/api/v1/namespaces/$namespace/configmaps" '{"metadata":{"name":"settings"}}' | said)
  echo "a ConfigMap in $namespace: $answer"
  [[ "$answer" == *'resulted in error: no such key: metadata' ]] || { echo "the behaviour has changed"; exit 1; }
done
[ "$stored" = "ValidatingWebhookConfiguration taken" ] || { echo "the behaviour has changed"; exit 1; }
