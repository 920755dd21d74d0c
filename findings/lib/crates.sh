# A custom resource `box` of the kind Crate on the server of server.sh: its definition, and how it is applied.
said() { python3 -c 'import json, sys; one = json.load(sys.stdin); print(one["message"] if one["kind"] == "Status" else one.get("spec"))'; }
apply() { # manager, spec: the resource that is stored, or the refusal
  send PATCH "/apis/example.org/v1/crates/box?fieldManager=$1" "{\"apiVersion\":\"example.org/v1\",\"kind\":\"Crate\",
    \"metadata\":{\"name\":\"box\"},\"spec\":$2}" application/apply-patch+yaml | said
}
crds=/apis/apiextensions.k8s.io/v1/customresourcedefinitions
crd() { # versions
  printf '{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"crates.example.org"},
    "spec":{"group":"example.org","scope":"Cluster","names":{"plural":"crates","kind":"Crate"},"versions":[%s]}}' "$1"
}
version() { # name, served, stored, properties of spec
  printf '{"name":"%s","served":%s,"storage":%s,"schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object",
    "properties":%s}}}}}' "$1" "$2" "$3" "$4"
}
