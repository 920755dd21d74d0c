"""``pipeline apply``: carries out a plan, phase by phase, under the lock, with a journal; can be resumed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from pipeline.core.cluster.api.request import Clock
from pipeline.core.cluster.api.timestamps import written
from pipeline.core.cluster.inventory.inventory import ApplyRun, Inventory, InventoryEntry, name_of
from pipeline.core.cluster.inventory.journal import Journal
from pipeline.core.cluster.plan.plan import WRITES, Operation, Plan, PlannedAction
from pipeline.core.cluster.run.outcome import Outcome, OutcomeState, RunResult
from pipeline.core.errors import FAILED, OK, PipelineError
from pipeline.core.kube.resource import ManifestSet, Resource, ResourceId
from pipeline.core.ports import Progress
from pipeline.core.redaction.copies import texts_at
from pipeline.core.redaction.mask import Mask
from pipeline.flows.cluster import checking
from pipeline.flows.cluster.approved import ApprovedPlan
from pipeline.flows.cluster.client import Client
from pipeline.flows.cluster.lease_lock import LeaseLock
from pipeline.flows.cluster.ledger import StoppedError, Writer, lost_lock
from pipeline.flows.cluster.preflight import may_apply
from pipeline.flows.cluster.recreating import Backup
from pipeline.flows.cluster.removing import Removal
from pipeline.flows.cluster.steps import ApplySteps, make_namespace, uids
from pipeline.flows.cluster.stock import Stock
from pipeline.flows.cluster.stored_inventory import read_inventory
from pipeline.flows.cluster.tasks import tasks_of
from pipeline.flows.cluster.waiting import Waiting
from pipeline.flows.cluster.writing import Objects
from pipeline.flows.hidden_values import NOTHING_HIDDEN, HiddenValues

_LAST_WORDS_SECONDS = 10.0
"""How long a run that the cluster gave up on tries to note how it ended."""


@dataclass(frozen=True, slots=True)
class Order:
    """An approved plan, and the id of the run that carries it out. ``hidden`` is what no message may show."""

    approved: ApprovedPlan
    run: str
    hidden: HiddenValues = NOTHING_HIDDEN

    @property
    def plan(self) -> Plan:
        return self.approved.plan

    @property
    def digest(self) -> str:
        return self.approved.digest

    @property
    def resources(self) -> Mapping[int, Resource]:
        return self.approved.resources


@dataclass(frozen=True, slots=True)
class ApplyPorts:
    """``stopped`` says whether a signal asks to end; ``tell`` hears how far it is; ``backup`` keeps an object safe.

    ``earlier`` has the journal of another run, by its id: its path and bytes, None where it is not on this machine.
    """

    client: Client
    clock: Clock
    journal: Journal
    stopped: Callable[[], bool]
    tell: Progress
    backup: Backup
    earlier: Callable[[str], tuple[str, bytes] | None]


def apply_plan(order: Order, world: ApplyPorts) -> RunResult:
    """Carry it out. Whatever happens, the lock is given back and the journal is closed.

    Raises:
        StaleError: something is not as planned; nothing was written but the lock.
        RefusedError: the plan has expired by the cluster's clock, or another run holds the lock.
        WorldError: the cluster or the disk failed before the first write, or the journal of an earlier run was changed.
    """
    plan = order.plan
    checking.not_expired(world.client, plan)
    checking.cluster_is_the_same(world.client, plan)
    inventory = read_inventory(world.client, plan.target.environment, plan.policy.namespace)
    if checking.is_resumed(inventory, order.digest):
        checking.may_be_resumed(world.client, plan, inventory, world.earlier(inventory.run.id))
    return replace(_carried_out(order, world, inventory), before=inventory.commit)


def _carried_out(order: Order, world: ApplyPorts, inventory: Inventory) -> RunResult:
    plan = order.plan
    if inventory.run.plan == order.digest and inventory.run.state == "done":
        return RunResult(inventory.run.id, tuple(map(_already, plan.actions)))
    if plan.empty and not plan.of(Operation.FORGET):
        return _nothing_to_do(order, world, inventory)
    world.journal.note({"type": "run", "run": order.run, "plan": order.digest, "time": written(world.clock.now())})
    try:
        return _under_lock(order, world)
    finally:
        _end(world, None)


def _end(world: ApplyPorts, result: RunResult | None) -> None:
    """The journal's last line, where it has none yet: a run without a result failed."""
    world.journal.end({"exit": result.exit_code if result else FAILED, "time": written(world.clock.now())})


def _already(action: PlannedAction) -> Outcome:
    return Outcome(action, OutcomeState.UNCHANGED, "this plan was already applied")


def _nothing_to_do(order: Order, world: ApplyPorts, inventory: Inventory) -> RunResult:
    """A plan without writes is checked all the same, and writes nothing, not even a lock."""
    checking.inventory_is_the_same(inventory, order.plan)
    writer = Writer(world.client, world.clock, world.journal, lambda: None)
    objects = Objects(world.client, writer, order.plan.policy.ignore, Mask())
    tasks = tasks_of(order.plan, order.resources, world.client, resumed=False)
    checking.objects_are_the_same(objects, tasks)
    return RunResult(order.run, tuple(Outcome(task.action, OutcomeState.UNCHANGED) for task in tasks))


def _under_lock(order: Order, world: ApplyPorts) -> RunResult:
    policy = order.plan.policy
    bare = Writer(world.client, world.clock, world.journal, lambda: None)
    make_namespace(bare, policy.namespace)
    name = name_of(order.plan.target.environment)
    lock = LeaseLock(bare, policy.namespace, name, order.run, policy.lock_seconds)
    lock.acquire(lambda what: world.tell(0, 1, what))
    gate = Gate(lock, world.stopped)
    result: RunResult | None = None
    try:
        result = _locked(order, world, replace(bare, may_write=gate.check), gate)
    finally:
        lock.release(lambda: _end(world, result))
    return result


@dataclass
class Gate:
    """What every write passes. Once ``closing``, a signal does not keep the run from noting how it ended."""

    lock: LeaseLock
    stopped: Callable[[], bool]
    closing: bool = False

    def check(self) -> None:
        if self.stopped() and not self.closing:
            raise StoppedError("a signal")
        if not self.lock.held:
            raise lost_lock()


def _locked(order: Order, world: ApplyPorts, writer: Writer, gate: Gate) -> RunResult:
    plan = order.plan
    inventory = read_inventory(world.client, plan.target.environment, plan.policy.namespace)
    resumed = checking.is_resumed(inventory, order.digest)
    if not resumed:
        checking.inventory_is_the_same(inventory, plan)
    mask = Mask()
    mask.hidden(order.hidden.texts)
    mask.manifests(ManifestSet(tuple(order.resources.values())))
    objects = Objects(world.client, writer, plan.policy.ignore, mask)
    tasks = tasks_of(plan, order.resources, world.client, resumed=resumed)
    live = tuple(Resource.of(task.found) for task in tasks if task.found)
    mask.hidden(text for resource in live for text in texts_at(resource, order.hidden.places))
    mask.manifests(ManifestSet(live))
    checking.objects_are_the_same(objects, tasks)
    may_apply(world.client, plan.target.environment, plan.policy, plan.actions)
    stock = Stock(writer, inventory)
    stock.open(_widening(plan), _run(order, world, gate.lock, inventory, resumed=resumed))
    wanted = {task.action.id: task.found for task in tasks if task.found and task.action.op is not Operation.DELETE}
    removal = partial(Removal, objects, world.clock, plan.policy, stock.inventory, uids(wanted))
    waiting = Waiting(world.client, world.clock, plan.policy.health_timeout_seconds, writer.may_write)
    steps = ApplySteps(objects, removal, waiting, stock, plan, world.backup, world.tell, order.resources)
    stopped, interrupted = "", False
    try:
        steps.run(tasks)
    except StoppedError as error:
        stopped, interrupted = str(error), True
    except PipelineError as error:
        stopped = str(error)
        stock.hurry(_LAST_WORDS_SECONDS)
    gate.closing = True
    outcomes = tuple(outcome for _, outcome in sorted(steps.outcomes.items()))
    result = RunResult(order.run, outcomes, stopped, interrupted)
    if result.exit_code == OK:
        for action in plan.of(Operation.FORGET):
            stock.drop(action.id)
    return _closed(order, world, stock, result)


def _closed(order: Order, world: ApplyPorts, stock: Stock, result: RunResult) -> RunResult:
    """The inventory says how it ended. Where even that cannot be written, the run stays open, and can be taken up."""
    plan = order.plan
    whole = result.exit_code == OK
    run = replace(
        stock.inventory.run,
        state="done" if whole else "open",
        finished=written(world.clock.now()),
        exit=result.exit_code,
    )
    releases = plan.releases or tuple({action.release for action in plan.actions if action.release})
    commits = dict.fromkeys(releases, plan.source.commit) if whole else {}
    try:
        stock.close(run, commits, plan.source.commit if whole and not plan.releases else "")
    except PipelineError as error:
        return replace(result, stopped=result.stopped or str(error))
    return result


def _widening(plan: Plan) -> dict[ResourceId, InventoryEntry]:
    return {
        action.id: entry_of(action) for action in plan.of(*WRITES) if action.release and action.op is not Operation.HOOK
    }


def entry_of(action: PlannedAction) -> InventoryEntry:
    """Before the write: a create has no uid yet."""
    uid = action.live.uid if action.live and action.op is not Operation.RECREATE else ""
    return InventoryEntry(uid, action.version, action.release, "", action.op is Operation.ADOPT)


def _run(order: Order, world: ApplyPorts, lock: LeaseLock, inventory: Inventory, *, resumed: bool) -> ApplyRun:
    plan = order.plan
    return ApplyRun(
        id=order.run,
        plan=order.digest,
        commit=plan.source.commit,
        state="open",
        fence=lock.fence,
        started=written(world.clock.now()),
        approvers=order.approved.approvers,
        hooks=inventory.run.hooks if resumed else (),
    )
