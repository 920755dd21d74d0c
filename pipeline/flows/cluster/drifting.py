"""``pipeline drift``: asks the cluster what applying the same again would change. Read-only."""

from msgspec.structs import replace as with_changes

from pipeline.core.cluster.inventory.inventory import Inventory
from pipeline.core.cluster.inventory.ownership import PART_OF
from pipeline.core.cluster.plan.drift import Difference, differences
from pipeline.core.cluster.plan.policy import ApplyPolicy, ConflictRule, Selector
from pipeline.core.kube.resource import ResourceId, mapping
from pipeline.core.ports import Progress
from pipeline.flows.cluster.client import Client
from pipeline.flows.cluster.planning import Question, make_plan
from pipeline.flows.cluster.reading import in_parallel


def drift(client: Client, question: Question, inventory: Inventory, tell: Progress) -> tuple[Difference, ...]:
    """``question`` holds the objects as they were applied.

    Raises:
        StaleError: it is another cluster than pipeline.yaml names.
        WorldError: the cluster cannot be asked.
    """
    plan = make_plan(client, question, tell)
    return differences(plan, tuple(_extra(client, inventory)))


def looking(policy: ApplyPolicy) -> ApplyPolicy:
    """The policy of a drift run: conflicting field owners are shown, and do not stop it."""
    take = ConflictRule(manager=".*", action="take")
    return with_changes(policy, conflicts=(*policy.conflicts, take), adopt=(Selector(),), hooks=False)


def _extra(client: Client, inventory: Inventory) -> list[ResourceId]:
    """Objects that bear the label of our members and that we do not know, in the places where we have some."""
    places = {(rid.namespace, served) for rid in inventory.entries if (served := client.serves.any_version(rid))}
    label = (("labelSelector", f"{PART_OF}={inventory.applyset}"),)
    ordered = sorted(places, key=lambda place: (place[0], place[1].group, place[1].kind))
    listed = in_parallel(lambda place: client.every(place[1], place[0], label), ordered)
    names = {
        ResourceId(served.group, served.kind, str(meta.get("namespace") or ""), str(meta.get("name")))
        for (_, served), bodies in zip(ordered, listed, strict=True)
        for meta in (mapping(body.get("metadata")) for body in bodies)
    }
    return sorted(names - inventory.entries.keys())
