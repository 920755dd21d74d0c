"""Checks every precondition of a plan again, all of them before the first write."""

from collections.abc import Iterable, Iterator

from pipeline.core.cluster.api.request import Call
from pipeline.core.cluster.approval.decide import expired
from pipeline.core.cluster.inventory import journal
from pipeline.core.cluster.inventory.inventory import Inventory
from pipeline.core.cluster.inventory.lease import Lease
from pipeline.core.cluster.plan.plan import WRITES, Operation, Plan, PlannedAction
from pipeline.core.errors import RefusedError, StaleError
from pipeline.core.kube.resource import Body, ResourceId
from pipeline.core.words import one_per_line
from pipeline.flows.cluster.client import Client
from pipeline.flows.cluster.reading import in_parallel, live
from pipeline.flows.cluster.unlocking import read_lock
from pipeline.flows.cluster.writing import Objects, Task

_SHOWN = 10
_CHECKED = (WRITES - {Operation.HOOK}) | {Operation.UNCHANGED, Operation.DELETE}


def is_resumed(inventory: Inventory, digest: str) -> bool:
    """Whether the last run was one of this very plan, and did not come to its end."""
    return inventory.run.state == "open" and inventory.run.plan == digest


def not_expired(client: Client, plan: Plan) -> None:
    """By the cluster's clock too: this machine's may be wrong. Raises RefusedError."""
    now = client.send(Call("GET", "/version"))[1].date
    if now and expired(plan, now):
        raise RefusedError(
            f"the plan expired at {plan.expires} (by the cluster's clock)", hint="create a new plan: pipeline plan"
        )


def may_be_resumed(client: Client, plan: Plan, inventory: Inventory, earlier: tuple[str, bytes] | None) -> None:
    """``earlier`` is the journal of the run to resume, its path and bytes; None where another machine has it.

    Raises:
        WorldError: somebody changed it.
    """
    if earlier is not None:
        where, data = earlier
        journal_is_whole(data, where, inventory, read_lock(client, plan.target.environment, plan.policy.namespace))


def journal_is_whole(data: bytes, where: str, inventory: Inventory, lease: Lease | None) -> None:
    """That no one changed the journal of the last run, or cut off its end. ``where`` is its path, for messages.

    Raises:
        WorldError: its chain is broken, or it does not end where the inventory and the Lease know that it did.
    """
    entries_read = journal.read(data, where)
    for text in (inventory.run.journal, lease.journal if lease else ""):
        anchor = journal.anchor_of(text)
        if anchor is not None and anchor.run == inventory.run.id:
            journal.check_end(entries_read, anchor, where)


def cluster_is_the_same(client: Client, plan: Plan) -> None:
    """Raises StaleError where another cluster answers than the one planned on."""
    uid = client.uid()
    if uid != plan.target.cluster_uid:
        message = f"this is the cluster {uid}, and the plan is for {plan.target.cluster_uid}"
        raise StaleError(message, hint="check KUBECONFIG, or create a new plan")


def inventory_is_the_same(inventory: Inventory, plan: Plan) -> None:
    """Raises StaleError where somebody applied since the plan was made."""
    if (inventory.uid, inventory.digest) == (plan.inventory.uid, plan.inventory.digest):
        return
    who = f" (run {inventory.run.id})" if inventory.run.id else ""
    raise StaleError(
        f"this environment changed since the plan was created: another run applied to it{who}",
        hint="create a new plan: pipeline plan",
    )


def found_objects(client: Client, plan: Plan) -> dict[ResourceId, Body]:
    """The live objects that the plan is about, as they are now."""
    serves = client.serves
    wanted = {
        action.id: served
        for action in plan.actions
        if action.op in _CHECKED and (served := serves.any_version(action.id, action.version)) is not None
    }
    return live(client, wanted)


def objects_are_the_same(objects: Objects, tasks: Iterable[Task]) -> None:
    """Raises StaleError, naming each object that is not what the plan was made on."""
    tasks = [task for task in tasks if task.action.op in _CHECKED]
    against = in_parallel(lambda task: _against(objects, task), tasks)
    differing = [f"{task.action.id}: {why}" for task, why in zip(tasks, against, strict=True) if why]
    if differing:
        rows = "".join(f"\n  - {line}" for line in one_per_line(differing, _SHOWN, noun="object"))
        message = f"the cluster has changed since the plan was made; nothing was written:{rows}"
        raise StaleError(message, hint="create a new plan with pipeline plan, and approve that")


def _against(objects: Objects, task: Task) -> str:
    action, body = task.action, task.found
    if action.op is Operation.DELETE and body is None:
        return ""
    why = objects.against(task, body, begun=task.resumed)
    if not why or not task.resumed:
        return why
    if body is None:
        return "" if action.op is Operation.RECREATE else why
    return "" if objects.is_done(task, body) else why


def by_phase(actions: Iterable[PlannedAction]) -> Iterator[tuple[tuple[int, int], list[PlannedAction]]]:
    """Actions in order, cut where the wave or the phase changes."""
    group: list[PlannedAction] = []
    for action in actions:
        if group and (group[0].wave, group[0].phase) != (action.wave, action.phase):
            yield (group[0].wave, group[0].phase), group
            group = []
        group.append(action)
    if group:
        yield (group[0].wave, group[0].phase), group
