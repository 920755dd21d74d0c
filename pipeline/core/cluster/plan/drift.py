"""Where a cluster differs from what was applied: derived from a plan that would apply the same again."""

from dataclasses import dataclass
from enum import StrEnum

from pipeline.core.cluster.plan.plan import FieldEdit, Operation, Plan, PlannedAction
from pipeline.core.kube.resource import ResourceId


class DriftKind(StrEnum):
    MISSING = "missing"
    CHANGED = "changed"
    TAKEN = "taken"
    """Its values are right, and fields of it are no longer ours."""
    REPLACED = "replaced"
    """Another object of that name is there: it is not the one that was applied."""
    EXTRA = "extra"
    """It bears our label, and is in no inventory of ours."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One object that is not as it was applied. ``by`` names the field managers who own what differs."""

    id: ResourceId
    drift: DriftKind
    release: str = ""
    fields: tuple[FieldEdit, ...] = ()
    by: str = ""


def differences(plan: Plan, extra: tuple[ResourceId, ...] = ()) -> tuple[Difference, ...]:
    """Sorted by object. ``plan`` was made from what was applied, with every conflict taken."""
    rows = [item for action in plan.actions if (item := _difference(action)) is not None]
    rows += [Difference(rid, DriftKind.EXTRA) for rid in extra]
    return tuple(sorted(rows, key=lambda item: item.id))


def _difference(action: PlannedAction) -> Difference | None:
    owners = sorted({name for field in action.fields for name in field.owner.split(", ") if name})
    by = ", ".join(owners)
    if action.op is Operation.CREATE and action.release:
        return Difference(action.id, DriftKind.MISSING, action.release)
    if action.op is Operation.ADOPT:
        return Difference(action.id, DriftKind.REPLACED, action.release)
    if action.op in (Operation.UPDATE, Operation.RECREATE):
        drift = DriftKind.CHANGED if action.fields else DriftKind.TAKEN
        return Difference(action.id, drift, action.release, action.fields, by)
    return None
