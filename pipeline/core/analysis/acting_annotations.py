"""Which annotations a controller may act on: all but those that are known to be notes."""

from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.resource import mapping

_NOTES = ("app.kubernetes.io/", "meta.helm.sh/", "helm.sh/chart", "checksum/")
_NOTE_NAMES = frozenset(
    {
        "kubectl.kubernetes.io/last-applied-configuration",
        "argocd.argoproj.io/tracking-id",
        "kubernetes.io/change-cause",
        "description",
    }
)
_ACTED_ON = frozenset({"Ingress", "Service", "Gateway", "HTTPRoute", "Namespace"})
"""Kinds whose behaviour controllers read from annotations: load balancers, routes, meshes."""
_MESH = "istio.io/rev"
INJECTION = (
    "What is injected into new pods, such as the proxy of a mesh, changes.",
    "Check that the pods still get what they need: encryption, policies, secrets.",
)
"""Impact and fix where injection changes."""


def acted_on(kind: str, field: FieldChange, prefix: int) -> bool:
    """Whether a controller may act on what changes below ``prefix`` steps (the map of annotations) of such a kind."""
    return kind in _ACTED_ON and not all(map(_is_note, names(field, prefix)))


def injects(field: FieldChange, prefix: int) -> bool:
    """Whether an annotation or a label decides what is injected into pods, such as a mesh's proxy."""
    return any("inject" in name or name == _MESH for name in names(field, prefix))


def names(field: FieldChange, prefix: int) -> list[str]:
    """The annotations or labels of a change below ``prefix`` steps: one, or all of a map that comes or goes."""
    if len(field.path) > prefix:
        return [str(field.path[prefix])]
    old, new = mapping(field.old), mapping(field.new)
    return sorted(str(name) for name in {*old, *new} if old.get(name) != new.get(name))


def _is_note(name: str) -> bool:
    return name.startswith(_NOTES) or name in _NOTE_NAMES or name.endswith("/description")
