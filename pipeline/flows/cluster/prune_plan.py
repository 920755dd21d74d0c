"""What a plan deletes: objects of the inventory that are no longer rendered, as far as deletion is allowed."""

from collections.abc import Iterable, Mapping

from pipeline.core.cluster.api.discovery import Discovery, Served
from pipeline.core.cluster.inventory.inventory import InventoryEntry
from pipeline.core.cluster.plan import live_digest as living
from pipeline.core.cluster.plan.choose_action import DecisionContext
from pipeline.core.cluster.plan.desired import DesiredObject
from pipeline.core.cluster.plan.phases import Phase, phase_of
from pipeline.core.cluster.plan.plan import Operation, PlannedAction, PlanProblem
from pipeline.core.cluster.plan.prune import Candidate, breakers, fate_of, unknown
from pipeline.core.errors import WorldError
from pipeline.core.kube.apis import built_in_group
from pipeline.core.kube.resource import CRD_KIND, Body, ResourceId, mapping, sequence
from pipeline.flows.cluster.client import Client
from pipeline.flows.cluster.reading import in_parallel, live

_LISTED = frozenset({"list", "get"})


def deletions(
    client: Client,
    terms: DecisionContext,
    wanted: Iterable[DesiredObject],
    releases: tuple[str, ...],
    known: Mapping[ResourceId, Body],
) -> tuple[list[PlannedAction], list[PlanProblem]]:
    """Deletions in the order in which they are carried out, and their plan problems. ``known``: objects read before."""
    wanted = list(wanted)
    inventory = terms.inventory
    wanted_ids = {item.id for item in wanted if item.hook is None}
    no_longer_rendered = {
        rid: entry
        for rid, entry in inventory.entries.items()
        if rid not in wanted_ids and (not releases or entry.release in releases)
    }
    serves = client.serves
    problems = list(unknown(inventory, serves.stale)) if no_longer_rendered else []
    if problems:
        return [], problems
    served = {
        rid: kind for rid, entry in no_longer_rendered.items() if (kind := serves.any_version(rid, entry.version))
    }
    problems += [_unserved(rid) for rid in no_longer_rendered if rid not in served and serves.knows_group(rid.group)]
    bodies = live(client, served)
    taken = frozenset(str(mapping(body.get("metadata")).get("uid")) for rid, body in known.items() if rid in wanted_ids)
    counted = _insides(
        client, serves, {rid: body for rid, body in bodies.items() if rid.kind in terms.policy.prune_kinds}, terms
    )
    volumes = _volumes(client, serves, bodies)
    candidates = (
        Candidate(rid, entry, bodies.get(rid), counted.get(rid, 0), volumes.get(rid, ""))
        for rid, entry in no_longer_rendered.items()
    )
    actions = [_action(candidate, terms, taken, served.get(candidate.id)) for candidate in candidates]
    number = sum(action.op is Operation.DELETE for action in actions)
    problems += breakers(number, inventory, len(wanted_ids), terms.policy)
    return sorted(actions, key=order), problems


def order(action: PlannedAction) -> tuple[bool, int, int, ResourceId]:
    """Webhooks first, for they would look at every other deletion; then backwards through the phases."""
    phase = phase_of(action.id)
    return phase is not Phase.ADMISSION, -action.wave, -phase, action.id


def _action(
    candidate: Candidate, terms: DecisionContext, taken: frozenset[str], served: Served | None
) -> PlannedAction:
    rid, entry = candidate.id, candidate.entry
    op, reason = fate_of(candidate, terms.inventory, terms.policy, taken)
    body = candidate.found
    return PlannedAction(
        number=0,
        op=op,
        wave=0,
        phase=Phase.PRUNE,
        group=rid.group,
        version=served.version if served else entry.version,
        kind=rid.kind,
        namespace=rid.namespace,
        name=rid.name,
        release=entry.release,
        resource=served.plural if served else "",
        live=living.reference(body, rid, terms.policy.ignore) if body is not None else None,
        reason=reason,
    )


_WITH_DATA = (("", "PersistentVolumeClaim"), ("apps", "StatefulSet"))


def _volumes(client: Client, serves: Discovery, bodies: Mapping[ResourceId, Body]) -> dict[ResourceId, str]:
    """The first claim or StatefulSet that each custom resource owns (``ownerReferences``), by namespace."""
    owners = {
        str(mapping(body.get("metadata")).get("uid")): rid
        for rid, body in bodies.items()
        if rid.namespace and rid.group and not built_in_group(rid.group)
    }
    held: dict[ResourceId, str] = {}
    try:
        _own(client, serves, owners, held)
    except WorldError:  # fail closed: a plan without this permission deletes no custom resource
        return dict.fromkeys(owners.values(), "perhaps a PersistentVolumeClaim (they cannot be listed)")
    return held


def _own(client: Client, serves: Discovery, owners: Mapping[str, ResourceId], held: dict[ResourceId, str]) -> None:
    for namespace in sorted({rid.namespace for rid in owners.values()}):
        for group, kind in _WITH_DATA:
            served = serves.any_version(ResourceId(group, kind, "", ""))
            for body in client.every(served, namespace) if served else ():
                for owner in map(mapping, sequence(mapping(body.get("metadata")).get("ownerReferences"))):
                    rid = owners.get(str(owner.get("uid")))
                    if rid is not None:
                        held.setdefault(rid, f"{kind} {mapping(body.get('metadata')).get('name')}")


def _insides(
    client: Client, serves: Discovery, bodies: Mapping[ResourceId, Body], terms: DecisionContext
) -> dict[ResourceId, int]:
    """What would go with namespaces and definitions that may be pruned."""
    counts = {}
    for rid, body in bodies.items():
        if rid.kind == "Namespace":
            counts[rid] = _strangers(client, serves, rid.name, terms)
        elif rid.kind == CRD_KIND:
            names = mapping(mapping(body.get("spec")).get("names"))
            group = str(mapping(body.get("spec")).get("group"))
            kind = serves.any_version(ResourceId(group, str(names.get("kind")), "", ""))
            counts[rid] = len(client.every(kind)) if kind else 0
    return counts


def _strangers(client: Client, serves: Discovery, namespace: str, terms: DecisionContext) -> int:
    """Objects in a namespace that are not in the inventory and that no controller and no namespace brings by itself."""
    kinds = {
        (kind.group, kind.kind): kind for kind in serves.kinds.values() if kind.namespaced and kind.verbs >= _LISTED
    }
    owned: dict[str, InventoryEntry] = {entry.uid: entry for entry in terms.inventory.entries.values()}

    def count(kind: Served) -> int:
        bodies = client.every(kind, namespace)
        return sum(_is_stranger(kind, mapping(body.get("metadata")), owned) for body in bodies)

    return sum(in_parallel(count, kinds.values()))


_BROUGHT_ALONG = frozenset({("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")})


def _is_stranger(kind: Served, metadata: Mapping[str, object], owned: Mapping[str, InventoryEntry]) -> bool:
    if kind.kind in ("Event", "EndpointSlice", "Endpoints", "Lease") or metadata.get("ownerReferences"):
        return False
    return metadata.get("uid") not in owned and (kind.kind, metadata.get("name")) not in _BROUGHT_ALONG


def _unserved(rid: ResourceId) -> PlanProblem:
    text = "we applied it, but its kind is no longer served: it is unknown whether it still exists"
    return PlanProblem("unknown", str(rid), text, "restore its CRD, or remove it from the inventory by hand")
