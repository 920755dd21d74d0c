"""Where a cluster differs from what was applied: read off a plan that would apply the very same once more."""

from dataclasses import dataclass
from enum import StrEnum

from pipeline.core.cluster.plan.plan import Action, FieldEdit, Op, Plan
from pipeline.core.kube.resource import ResourceId


class Drift(StrEnum):
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
    drift: Drift
    release: str = ""
    fields: tuple[FieldEdit, ...] = ()
    by: str = ""


def differences(plan: Plan, extra: tuple[ResourceId, ...] = ()) -> tuple[Difference, ...]:
    """Sorted by object. ``plan`` was made of what was applied, with every conflict taken."""
    found = [item for action in plan.actions if (item := _difference(action)) is not None]
    found += [Difference(rid, Drift.EXTRA) for rid in extra]
    return tuple(sorted(found, key=lambda item: item.id))


def _difference(action: Action) -> Difference | None:
    owners = sorted({name for field in action.fields for name in field.owner.split(", ") if name})
    by = ", ".join(owners)
    if action.op is Op.CREATE and action.release:
        return Difference(action.id, Drift.MISSING, action.release)
    if action.op is Op.ADOPT:
        return Difference(action.id, Drift.REPLACED, action.release)
    if action.op in (Op.UPDATE, Op.RECREATE):
        drift = Drift.CHANGED if action.fields else Drift.TAKEN
        return Difference(action.id, drift, action.release, action.fields, by)
    return None
