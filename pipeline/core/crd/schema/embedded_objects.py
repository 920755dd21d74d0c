"""What the API server asks of a Kubernetes object inside a custom resource (x-kubernetes-embedded-resource).

At every write, whatever changes: k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta, validation.go.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_KIND = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", re.IGNORECASE)


def embedded_faults(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The field of the embedded object that is at fault, and why."""
    for field in ("apiVersion", "kind"):
        if field not in value:
            yield field, "it must be set in an embedded object"
        elif not isinstance(value[field], str) or not value[field]:
            yield field, "it must be text that is not empty"
    version, kind, metadata = (value.get(field) for field in ("apiVersion", "kind", "metadata"))
    if isinstance(version, str) and version.count("/") > 1:
        yield "apiVersion", f"{version} is not an API version"
    if isinstance(kind, str) and kind and not _KIND.fullmatch(kind):
        yield "kind", f"{kind} is not the name of a kind"
    if metadata is not None and not isinstance(metadata, dict):
        yield "metadata", "it must be a map"
