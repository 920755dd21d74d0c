#!/usr/bin/env bash
# A ValidatingAdmissionPolicy with an unknown paramKind refuses every request, for a binding that only audits one namespace.
#
# Version: kube-apiserver 1.37.2.
# One would guess: a policy acts by its bindings: what the binding's namespaceSelector leaves out passes, and with
# validationActions [Audit] nothing is ever refused.
# What happens: without a binding nothing happens. Once a binding names the policy, each request that the policy itself
# matches is refused ("failed to find resource referenced by paramKind"), in namespaces that the binding leaves out too.
# So a chart whose policy comes before its CRD of parameters can stop all writes of a kind, by a binding that was to observe.
set -euo pipefail
. "$(dirname "$0")/lib/server.sh"
said() { python3 -c 'import json, sys; one = json.load(sys.stdin); print(one.get("message") or one["kind"] + " taken")'; }
api=/apis/admissionregistration.k8s.io/v1
policy=$(send POST $api/validatingadmissionpolicies '{"metadata":{"name":"limits"},"spec":{"failurePolicy":"Fail",
  "paramKind":{"apiVersion":"example.org/v1","kind":"Limit"},"matchConstraints":{"resourceRules":[{"apiGroups":[""],
  "apiVersions":["v1"],"operations":["CREATE"],"resources":["configmaps"]}]},"validations":[{"expression":"true"}]}}' | said)
create() { send POST /api/v1/namespaces/default/configmaps '{"metadata":{"generateName":"settings-"}}' | said; }
sleep 5
before=$(create)
echo "the policy: $policy; a ConfigMap without a binding: $before"
send POST $api/validatingadmissionpolicybindings '{"metadata":{"name":"observe"},"spec":{"policyName":"limits",
  "validationActions":["Audit"],"matchResources":{"namespaceSelector":{"matchLabels":{"observe":"yes"}}},
  "paramRef":{"name":"all","namespace":"default","parameterNotFoundAction":"Allow"}}}' | said
for _ in $(seq 30); do after=$(create); [[ "$after" == *paramKind* ]] && break; sleep 1; done
echo "a ConfigMap in a namespace that the binding leaves out: $after"
[[ "$before" == 'ConfigMap taken' && "$after" == *'failed to find resource referenced by paramKind'* ]] ||
  { echo "the behaviour has changed"; exit 1; }
