"""Which changes of a workload are about its pods."""

from collections.abc import Iterator

from pipeline.core.diff.change import Action, FieldChange, ResourceChange
from pipeline.core.kube.path import Path
from pipeline.core.kube.pods import template_path


def pod_fields(change: ResourceChange) -> Iterator[tuple[FieldChange, Path]]:
    """The changed paths of an edited workload that are about its pods' spec, with the path below that spec."""
    path = template_path(change.resource)
    if path is None or change.action in (Action.ADDED, Action.REMOVED):
        return
    prefix = (*path, "spec")
    for field in change.under(*map(str, prefix)):
        yield field, field.path[len(prefix) :]
