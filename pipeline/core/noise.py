"""Changes that say nothing about risk: each has its reason, and is counted, never dropped."""

from pipeline.core.change import MISSING, FieldChange
from pipeline.core.path import Path
from pipeline.core.resource import Resource

_CHART_LABELS = frozenset({"helm.sh/chart", "app.kubernetes.io/version", "chart", "heritage"})
_GENERATED_BY = frozenset({"controller-gen.kubebuilder.io/version"})


def noise_of(change: FieldChange, _resource: Resource) -> str:
    """Why this change is no news; empty where it is."""
    path = change.path
    if _is_label(path) and path[-1] in _CHART_LABELS:
        return "chart version label"
    if len(path) > 1 and path[-2] == "annotations" and isinstance(path[-1], str):
        if path[-1].startswith("checksum/"):
            return "checksum of what is shown elsewhere"
        if path[-1] in _GENERATED_BY:
            return "version of a code generator"
    if path[-1:] == ("serviceAccountName",) and {change.old, change.new} == {MISSING, "default"}:
        return "pods that name no service account run as default"
    if path[-1:] == ("creationTimestamp",) or path == ("status",):
        return "set by the server"
    return ""


def _is_label(path: Path) -> bool:
    """Labels of an object or a pod template, never a selector: a selector is what others match."""
    return len(path) > 1 and path[-2] in ("labels", "annotations") and "metadata" in path
