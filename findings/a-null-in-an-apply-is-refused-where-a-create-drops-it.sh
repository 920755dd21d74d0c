#!/usr/bin/env bash
# A null in a custom resource is dropped by a create, refused by a server-side apply, and taken by both beside a default.
#
# Version: kube-apiserver 1.37.2.
# One would guess: what a POST of a manifest takes, an apply of the same manifest takes too; a template that renders
# `replicas:` without a value is harmless in both or in neither.
# What happens: of a field that is not nullable, POST prunes the null and answers 201; the apply patch of the same body is
# validated with the null in it and refused with 422. Where the schema has a default for the field, both take it: the null
# gives way to the default.
# So a chart that `helm install` (client-side) has installed for years can be refused when the tool begins to apply server-side.
set -euo pipefail
. "$(dirname "$0")/lib/server.sh"
. "$(dirname "$0")/lib/crates.sh"
send POST "$crds" "$(crd "$(version v1 true true '{"plain":{"type":"integer"},"filled":{"type":"integer","default":3},"note":{"type":"string"}}')")" > /dev/null
sleep 5
create() { send POST /apis/example.org/v1/crates "{\"apiVersion\":\"example.org/v1\",\"kind\":\"Crate\",\"metadata\":{\"generateName\":\"new-\"},\"spec\":$1}" | said; }
created=$(create '{"note":"a","plain":null}')
applied=$(apply us '{"note":"a","plain":null}')
filled=$(apply us '{"note":"a","filled":null}')
echo "POST  {plain: null}:              $created"
echo "apply {plain: null}:              $applied"
echo "apply {filled: null}, default 3:  $filled"
[[ "$created" == *"'note': 'a'"* && "$created" != *plain* && "$applied" == *'must be of type integer: "null"'* && "$filled" == *"'filled': 3"* ]] ||
  { echo "the behaviour has changed"; exit 1; }
