"""What a return to an earlier commit does not restore: listed in the plan of a rollback, before it is approved."""

from collections.abc import Iterable, Iterator, Mapping

from pipeline.core.cluster.plan.plan import Operation, Plan, PlannedAction
from pipeline.core.kube.quantity import quantity
from pipeline.core.kube.resource import CRD_KIND, Body, Resource, ResourceId, mapping, sequence

_HOLDS_DATA = frozenset({"PersistentVolumeClaim", "PersistentVolume", "Secret"})


def notes(plan: Plan, resources: Mapping[ResourceId, Resource], existing: Mapping[ResourceId, Body]) -> tuple[str, ...]:
    """``resources`` are what the earlier commit has, ``existing`` the live objects."""
    return tuple(dict.fromkeys(note for action in plan.actions for note in _of(action, resources, existing)))


def _of(
    action: PlannedAction, resources: Mapping[ResourceId, Resource], existing: Mapping[ResourceId, Body]
) -> Iterator[str]:
    rid, live, wanted = action.id, existing.get(action.id), resources.get(action.id)
    if action.op is Operation.HOOK:
        yield f"{rid}: the hook runs again; what it did before is not undone"
    elif action.op is Operation.RECREATE:
        yield f"{rid}: it is recreated; data in its memory or on its own disk is lost"
    elif action.op is Operation.CREATE and rid.kind in _HOLDS_DATA:
        yield f"{rid}: it is created again; the data of the deleted one is not restored"
    elif rid.kind == CRD_KIND and live is not None:
        yield from _definition(rid, live, wanted)
    elif rid.kind == "PersistentVolumeClaim" and live is not None and wanted is not None:
        yield from _claim(rid, live, wanted.body)


def _definition(rid: ResourceId, live: Body, wanted: Resource | None) -> Iterable[str]:
    """A version in which objects are stored cannot be taken away (apiextensions, status.storedVersions)."""
    if wanted is None:
        return []
    stored = {str(version) for version in sequence(mapping(live.get("status")).get("storedVersions"))}
    served = {str(mapping(v).get("name")) for v in sequence(mapping(wanted.body.get("spec")).get("versions"))}
    unserved = sorted(stored - served)
    said = f"{rid}: objects are stored as {', '.join(unserved)}, which the earlier CRD does not have: it is rejected"
    return [f"{said} until they are migrated"] if unserved and served else []


def _claim(rid: ResourceId, live: Body, wanted: Body) -> Iterable[str]:
    now, then = (quantity(_storage(body)) for body in (live, wanted))
    grown = now is not None and then is not None and now > then
    return [f"{rid}: a volume that has grown does not shrink"] if grown else []


def _storage(body: Body) -> object:
    return mapping(mapping(mapping(body.get("spec")).get("resources")).get("requests")).get("storage")
