"""Whether a plan may be applied, according to the repository and its approvals. The cluster is checked later.

``fitting_plan`` checks the plan against the repository, ``approved`` against its approvals. Nothing else creates an
``ApprovedPlan``, and ``apply_plan`` takes nothing else: a plan that skipped a check cannot be applied.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import InitVar, dataclass, field

from pipeline.core.cluster.approval.decide import Checked, decide, expired
from pipeline.core.cluster.inventory.inventory import Inventory
from pipeline.core.cluster.plan.desired import manifest_digest, sent
from pipeline.core.cluster.plan.plan import WRITES, Operation, Plan, PlannedAction
from pipeline.core.cluster.plan.policy import ApplyPolicy
from pipeline.core.config.loosened import policy_loosenings
from pipeline.core.errors import RefusedError, StaleError, UnsafeError
from pipeline.core.kube.resource import Resource, ResourceId
from pipeline.core.words import counted

_HERE = object()
_WITH_BODY = (Operation.UNCHANGED, Operation.FINISH, Operation.MIGRATE)
_AGAIN = "create a new plan with pipeline plan, and approve that"
_OFFLINE = "the plan was made offline: it is for reading, not for applying"
_ASK = "pipeline plan without --offline asks the cluster"


@dataclass(frozen=True, slots=True)
class ProtectedPolicy:
    """The ``apply:`` section of the environment on the protected branch; ``source`` names that branch."""

    policy: ApplyPolicy
    source: str


@dataclass(frozen=True, slots=True)
class RepositoryState:
    """What the repository says now of the plan's environment, at the plan's commit.

    ``tree`` is Git's id of the folder ``path``, ``objects`` reads the committed files with what they hold.
    ``protected`` is None where there is no protected branch to hold the policy against.
    """

    path: str
    tree: str
    policy: ApplyPolicy
    protected: ProtectedPolicy | None
    objects: Callable[[], Iterable[tuple[str, Resource]]]


@dataclass(frozen=True, slots=True)
class FittingPlan:
    """A plan that fits the repository. ``resources`` are what is sent, by the action's number."""

    plan: Plan
    digest: str
    resources: Mapping[int, Resource] = field(hash=False)
    maker: InitVar[object]

    def __post_init__(self, maker: object) -> None:
        _made_here(self, maker)


@dataclass(frozen=True, slots=True)
class ApprovedPlan:
    """A fitting plan that is approved. ``approvers`` is empty for a plan without writes, which needs no one."""

    plan: Plan
    digest: str
    approvers: tuple[str, ...]
    resources: Mapping[int, Resource] = field(hash=False)
    maker: InitVar[object]

    def __post_init__(self, maker: object) -> None:
        _made_here(self, maker)


def _made_here(what: object, maker: object) -> None:
    if maker is not _HERE:
        raise TypeError(f"BUG: only flows/cluster/approved.py makes a {type(what).__name__}")


def fitting_plan(plan: Plan, digest: str, state: RepositoryState) -> FittingPlan:
    """``digest`` is that of the bytes from which ``plan`` was read.

    Raises:
        StaleError: the manifests or the policy are not those of the plan.
        UnsafeError: the plan has problems, or was made offline.
        RefusedError: its policy is looser than that of the protected branch.
    """
    commit = plan.source.commit[:10]
    if state.path != plan.source.path or state.tree != plan.source.tree:
        raise StaleError(f"{plan.source.path} at {commit} differs from what was planned", hint=_AGAIN)
    if state.policy != plan.policy:
        raise StaleError("the apply: section of pipeline.yaml changed since the plan was created", hint=_AGAIN)
    resources = _resources(plan, state.objects())
    if plan.problems:
        first = plan.problems[0]
        hint = first.fix or "pipeline plan shows everything"
        message = f"the plan has {counted(len(plan.problems), 'problem')}, first: {first.what}: {first.message}"
        raise UnsafeError(message, hint=hint)
    if plan.offline:
        raise UnsafeError(_OFFLINE, hint=_ASK)
    as_strict(plan, state.protected)
    return FittingPlan(plan, digest, resources, _HERE)


def approved(fitting: FittingPlan, evidence: Sequence[Checked], now: float) -> ApprovedPlan:
    """``evidence`` are all approvals and rejections that were found, each held against its proof.

    Raises:
        TooFewError: not enough people said yes, and that is all.
        RefusedError: it was rejected, or has expired. Every reason is named.
    """
    plan, digest = fitting.plan, fitting.digest
    counting = () if plan.empty else decide(plan, digest, evidence, now)
    return ApprovedPlan(plan, digest, tuple(item.approver for item in counting), fitting.resources, _HERE)


def approvable(plan: Plan, now: float, protected: ProtectedPolicy | None) -> None:
    """Raises RefusedError where no one can approve this plan."""
    if plan.problems:
        hint = "solve them and create a new plan; pipeline approve --reject keeps a no"
        raise RefusedError("a plan with problems cannot be approved, only rejected", hint=hint)
    if plan.offline:
        raise RefusedError(_OFFLINE, hint=_ASK)
    if expired(plan, now):
        raise RefusedError(f"the plan expired at {plan.expires}", hint="create a new plan: pipeline plan")
    as_strict(plan, protected)


def as_strict(plan: Plan, protected: ProtectedPolicy | None) -> None:
    """Raises RefusedError where the plan's policy lets more through than that of the protected branch."""
    looser = list(policy_loosenings(protected.policy, plan.policy)) if protected is not None else []
    if protected is not None and looser:
        rows = "".join(f"\n  - {loosening}" for loosening in looser)
        message = f"the plan's policy is looser than that of {protected.source}, which decides:{rows}"
        raise RefusedError(message, hint=f"merge the change of pipeline.yaml into {protected.source} first, then plan")


def _resources(plan: Plan, objects: Iterable[tuple[str, Resource]]) -> dict[int, Resource]:
    """What is sent, held against the plan's digests."""
    inventory = Inventory(plan.target.environment, plan.policy.namespace)
    wanted = {(file, resource.id): resource for file, resource in objects}
    return {action.number: _resource(action, wanted, inventory) for action in plan.of(*WRITES, *_WITH_BODY)}


def _resource(
    action: PlannedAction, wanted: Mapping[tuple[str, ResourceId], Resource], inventory: Inventory
) -> Resource:
    resource = wanted.get((action.file, action.id)) if action.file else _bare_namespace(action.id)
    if resource is None:
        raise StaleError(f"{action.file} does not contain {action.id}", hint=_AGAIN)
    body = sent(resource, None if action.op is Operation.HOOK or not action.file else inventory)
    if manifest_digest(body) != action.manifest:
        raise StaleError(f"{action.file or action.id} differs from what was planned", hint=_AGAIN)
    return body


def _bare_namespace(rid: ResourceId) -> Resource:
    return Resource.of({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": rid.name}})
