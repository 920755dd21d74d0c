"""The phases of a run: all objects of a phase at once, then its waits; nothing follows a phase that failed."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from pipeline.core.cluster.api.error_text import explain
from pipeline.core.cluster.api.request import Call
from pipeline.core.cluster.api.response_table import Fate
from pipeline.core.cluster.inventory.inventory import InventoryEntry
from pipeline.core.cluster.plan.choose_action import record_of
from pipeline.core.cluster.plan.live_digest import reference
from pipeline.core.cluster.plan.phases import Phase
from pipeline.core.cluster.plan.plan import STEPS, Operation, Plan, PlannedAction
from pipeline.core.cluster.plan.webhook_backends import backing_workloads
from pipeline.core.cluster.run.health import HealthState
from pipeline.core.cluster.run.outcome import Outcome, OutcomeState
from pipeline.core.crd.definition import Definition, definition
from pipeline.core.errors import PipelineError, WorldError
from pipeline.core.kube.resource import CRD_KIND, Body, Resource, ResourceId, mapping
from pipeline.core.ports import Progress, no_progress
from pipeline.flows.cluster.checking import by_phase
from pipeline.flows.cluster.definitions import definition_of
from pipeline.flows.cluster.hooking import run_hook
from pipeline.flows.cluster.ledger import StoppedError, Writer
from pipeline.flows.cluster.migrating import migrate
from pipeline.flows.cluster.reading import in_parallel
from pipeline.flows.cluster.recreating import Backup, recreate
from pipeline.flows.cluster.removing import Removal
from pipeline.flows.cluster.retiring import retire
from pipeline.flows.cluster.stock import Stock
from pipeline.flows.cluster.waiting import Waiting
from pipeline.flows.cluster.writing import Objects, Task

_WRITTEN = frozenset({OutcomeState.CREATED, OutcomeState.UPDATED, OutcomeState.ADOPTED, OutcomeState.RECREATED})
_WAITED_FOR = frozenset(
    {
        Phase.NAMESPACES,
        Phase.DEFINITIONS,
        Phase.SERVICES,
        Phase.WORKLOADS,
        Phase.API_SERVICES,
        Phase.CUSTOM,
        Phase.ADMITTED,
    }
)
_AT_ONCE = frozenset({Phase.NAMESPACES, Phase.DEFINITIONS, Phase.API_SERVICES})
"""Nothing after these works before they do."""
_NEEDS_ALL_HEALTHY = frozenset({Phase.POST_HOOKS, Phase.MIGRATIONS, Phase.PRUNE})
_NEEDS_BACKING = frozenset({Phase.API_SERVICES, Phase.CUSTOM, Phase.ADMISSION, Phase.ADMITTED})
NOT_KEPT = STEPS | {Operation.HOOK}
"""What such actions write is not in the inventory."""
_TRIES = 3
_TOLD = 20
_FAILED = frozenset({OutcomeState.FAILED, OutcomeState.STALE, OutcomeState.UNHEALTHY})


@dataclass
class Count:
    """How far one phase is, told when it begins, at its end, and not too often between."""

    what: str
    total: int
    tell: Progress
    done: int = 0

    def __post_init__(self) -> None:
        if self.total:
            self.tell(0, self.total, self.what)

    def one_more(self) -> None:
        self.done += 1
        if self.done == self.total or self.done % max(1, self.total // _TOLD) == 0:
            self.tell(self.done, self.total, self.what)


@dataclass
class ApplySteps:
    """One run's way through its plan. Not frozen: ``outcomes`` grow as it goes, by the action's number."""

    objects: Objects
    removal: Callable[[], Removal]
    waiting: Waiting
    stock: Stock
    plan: Plan
    backup: Backup
    tell: Progress
    resources: Mapping[int, Resource] = field(default_factory=dict)
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    _pending: dict[ResourceId, Task] = field(default_factory=dict)
    _count: "Count" = field(default_factory=lambda: Count("", 0, no_progress))
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def run(self, tasks: list[Task]) -> None:
        """Phase by phase; what was not begun is SKIPPED.

        Raises:
            StoppedError: a signal.
            PipelineError: the lock is lost, or the disk or the cluster gave up.
        """
        by_number = {task.action.number: task for task in tasks}
        backing = backing_workloads(self.resources.values())
        wave = 0
        try:
            for (now, phase), actions in by_phase([task.action for task in tasks]):
                if now != wave or phase in _NEEDS_ALL_HEALTHY:
                    self._settle(lambda _: True)
                elif phase in _NEEDS_BACKING:
                    self._settle(lambda rid: rid in backing)
                wave = now
                if self._failed():
                    break
                self._phase(Phase(phase), [by_number[action.number] for action in actions])
            self._settle(lambda _: True)
        finally:
            self._skip_the_rest(tasks)

    def _phase(self, phase: Phase, tasks: list[Task]) -> None:
        self._count = Count(phase.title, len(tasks), self.tell)
        if phase is Phase.REPAIRS:  # what is stored anew first: it may bring the version that others are to name
            for task in tasks:
                if task.action.op is Operation.MIGRATE:
                    self._one(task)
            tasks = [task for task in tasks if task.action.op is not Operation.MIGRATE and not self._failed()]
        if phase in (Phase.PRE_HOOKS, Phase.POST_HOOKS, Phase.PRUNE):
            for task in tasks:
                self._one(task)
                if self._failed() and phase is not Phase.PRUNE:
                    return
        else:
            errors = [error for error in in_parallel(self._guarded, tasks) if error is not None]
            if errors:
                raise errors[0]
        if phase in _AT_ONCE:
            written = {task.action.id for task in tasks}
            self._settle(lambda rid: rid in written)
        if phase is Phase.DEFINITIONS:
            self.objects.client.ask_again()

    def _guarded(self, task: Task) -> Exception | None:
        """What ends the run is raised once all of the phase have been waited for."""
        try:
            self._one(task)
        except (StoppedError, PipelineError) as error:
            return error
        return None

    def _one(self, task: Task) -> None:
        outcome = self._carry_out(task)
        with self._guard:
            self.outcomes[task.action.number] = outcome
            self._count.one_more()
            if outcome.state in _WRITTEN and Phase(task.action.phase) in _WAITED_FOR:
                self._pending[task.action.id] = task
        self._remember(task, outcome)

    def _carry_out(self, task: Task) -> Outcome:
        action = task.action
        if action.op is Operation.DELETE:
            return self.removal().delete(task)
        if action.op is Operation.RETIRE:
            return retire(task, self.removal())
        if action.op is Operation.MIGRATE:
            return migrate(task, self.objects)
        if action.op is Operation.REPAIR:
            return self.objects.repair(task, self._definition(action))
        if action.op is Operation.HOOK:
            return run_hook(task, self.objects, self.removal(), self.waiting, self.stock)
        if action.op is Operation.RECREATE:
            return recreate(task, self.objects, self.removal(), self.backup)
        return self.objects.apply(task)

    def _definition(self, action: PlannedAction) -> Definition:
        """The plan's definition of the action's kind; the cluster's where the plan has none."""
        definitions = (definition(resource) for resource in self.resources.values() if resource.kind == CRD_KIND)
        ours = next((one for one in definitions if (one.group, one.kind) == (action.group, action.kind)), None)
        return ours or definition_of(self.objects.client, action.group, action.resource)

    def _remember(self, task: Task, outcome: Outcome) -> None:
        """Confirm in the inventory what is confirmed by the server."""
        action = task.action
        if action.op is Operation.DELETE and outcome.state is OutcomeState.DELETED:
            self.stock.drop(action.id)
        elif action.op not in NOT_KEPT and action.release and outcome.good and outcome.body is not None:
            self.stock.confirm(action.id, self._entry(action, outcome.body))

    def _entry(self, action: PlannedAction, body: Body) -> InventoryEntry:
        now = reference(body, action.id, self.plan.policy.ignore)
        known = self.stock.entry(action.id)
        adopted = action.op is Operation.ADOPT or bool(known and known.adopted)
        return InventoryEntry(
            now.uid, action.version, action.release, record_of(action.manifest, now.digest, self.plan.policy), adopted
        )

    def _settle(self, concerns: Callable[[ResourceId], bool]) -> None:
        """Wait for what was written; what does not come up is UNHEALTHY."""
        wanted = {rid: task for rid, task in self._pending.items() if concerns(rid)}
        if not wanted:
            return
        served = {rid: task.served for rid, task in wanted.items()}
        outcomes = {rid: self.outcomes[task.action.number] for rid, task in wanted.items()}
        made = {rid: outcome.body for rid, outcome in outcomes.items() if outcome.body is not None}
        for rid, health in self.waiting.until_healthy(served, self.tell, made).items():
            task = wanted[rid]
            self._pending.pop(rid)
            if health.state not in (HealthState.CURRENT, HealthState.SUSPENDED):
                outcome = self.outcomes[task.action.number]
                self.outcomes[task.action.number] = replace(
                    outcome, state=OutcomeState.UNHEALTHY, message=health.reason
                )

    def _failed(self) -> bool:
        return any(outcome.state in _FAILED for outcome in self.outcomes.values())

    def _skip_the_rest(self, tasks: list[Task]) -> None:
        for task in tasks:
            skipped = Outcome(task.action, OutcomeState.SKIPPED, "the run ended before it")
            self.outcomes.setdefault(task.action.number, skipped)


def make_namespace(writer: Writer, name: str) -> None:
    """Our own namespace, where it is not there yet.

    Raises:
        WorldError: the cluster refuses it.
    """
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    for _ in range(_TRIES):
        if writer.client.read(f"/api/v1/namespaces/{name}") is not None:
            return
        fate, answer = writer.write(Call("POST", "/api/v1/namespaces", body=body), "make our own namespace")
        if fate is Fate.DONE or answer.reason == "AlreadyExists":
            return
        if fate is Fate.AMBIGUOUS:
            continue
        hint = "create it, or let pipeline do it: pipeline rbac prints the required role"
        raise WorldError(f"the cluster rejects the namespace {name}: {explain(answer)}", hint=hint)


def uids(bodies: Mapping[ResourceId, Body]) -> frozenset[str]:
    return frozenset(str(mapping(body.get("metadata")).get("uid")) for body in bodies.values())
