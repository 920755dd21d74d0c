"""The action for one desired object when the cluster is unknown: a create, not checked with the API server."""

from pipeline.core.cluster.plan.desired import DesiredObject
from pipeline.core.cluster.plan.plan import Operation, PlannedAction


def base_action(wanted: DesiredObject) -> PlannedAction:
    """Its number is still 0."""
    return PlannedAction(
        number=0,
        op=Operation.CREATE,
        wave=wanted.wave,
        phase=wanted.phase,
        group=wanted.id.group,
        version=wanted.resource.version,
        kind=wanted.id.kind,
        namespace=wanted.id.namespace,
        name=wanted.id.name,
        release=wanted.release,
        file=wanted.file,
        manifest=wanted.manifest,
        predicted="offline",
    )
