#!/usr/bin/env bash
# Server-side apply removes a field that leaves the manifest, but a Service without "clusterIP: None" stays headless.
#
# Version: kube-apiserver 1.37.2.
# One would guess: an applier that owns a field and no longer sends it removes it, and the default comes back. So it is for
# sessionAffinity of the same object: ClientIP becomes None again.
# What happens: the apply is accepted (200), spec.clusterIP leaves managedFields, and the server fills the old value in
# again: None. The manifest and what runs differ for good, without an error, and no owner is left who could be asked.
# Only deleting and creating the Service gives it an address.
set -euo pipefail
. "$(dirname "$0")/lib/server.sh"
apply() { # what spec holds besides the port
  ask --request PATCH --header 'Content-Type: application/apply-patch+yaml' \
    --data-binary "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {$1 selector: {a: b}, ports: [{port: 80}]}}" \
    "$url/api/v1/namespaces/default/services/a?fieldManager=gitops"
}
show() { python3 -c 'import json, sys
service = json.load(sys.stdin); owned = json.dumps(service["metadata"]["managedFields"])
print(service["spec"]["clusterIP"], service["spec"]["sessionAffinity"], "owned" if "clusterIP" in owned else "not owned")'; }
before=$(apply 'clusterIP: None, sessionAffinity: ClientIP,' | show)
after=$(apply '' | show)
ask --request DELETE "$url/api/v1/namespaces/default/services/a" > "$scratch/deleted"
again=$(apply '' | show)
printf 'with both fields:    %s\nwithout them:        %s\ncreated without them: %s\n' "$before" "$after" "$again"
[ "$before" = 'None ClientIP owned' ] && [ "$after" = 'None None not owned' ] && [ "${again%% *}" != None ] ||
  { echo "the behaviour has changed"; exit 1; }
