"""Changes that mean nothing for risk: each has a reason, and is counted, never dropped."""

from pipeline.core.diff.change import FieldChange, Op
from pipeline.core.kube.list_order import order_acts_on_nothing
from pipeline.core.kube.path import MISSING, Path, Step
from pipeline.core.kube.resource import Resource

_CHART_LABELS = frozenset({"helm.sh/chart", "app.kubernetes.io/version", "chart", "heritage"})
_SAID_BY_NOBODY = ((MISSING, "default"), ("default", MISSING))
_MARKS = frozenset({"labels", "annotations"})
_GENERATED_BY = frozenset({"controller-gen.kubebuilder.io/version"})


def noise_of(change: FieldChange, resource: Resource) -> str:
    """Why this change is noise; empty if it is not."""
    path = change.path
    if change.op is Op.REORDERED:
        return order_acts_on_nothing(resource.id.group, resource.kind, path)
    last, holder = path[-1] if path else "", path[-2] if len(path) > 1 else ""
    if last == "creationTimestamp" or path == ("status",):
        return "set by the server"
    if last == "serviceAccountName" and (change.old, change.new) in _SAID_BY_NOBODY:
        return "pods that name no service account run as default"
    return _of_mark(path, last) if holder in _MARKS else ""


def _of_mark(path: Path, last: Step) -> str:
    """Labels of an object or a pod template, never a selector: a selector is what others match."""
    if "metadata" in path and last in _CHART_LABELS:
        return "chart version label"
    if path[-2] == "annotations" and isinstance(last, str):
        if last.startswith("checksum/"):
            return "checksum of what is shown elsewhere"
        if last in _GENERATED_BY:
            return "version of a code generator"
    return ""
