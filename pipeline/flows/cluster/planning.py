"""``pipeline plan``: compares what is rendered, recorded and live, and writes down what apply would do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from pipeline.core.cluster.plan.choose_action import DecisionContext
from pipeline.core.cluster.plan.desired import desired
from pipeline.core.cluster.plan.foreign_order import not_followed
from pipeline.core.cluster.plan.plan import InventoryRef, Plan, PlannedAction, PlanProblem, PlanSource, PlanTarget
from pipeline.core.cluster.plan.policy import ApplyPolicy
from pipeline.core.errors import StaleError
from pipeline.core.kube.resource import ManifestSet, Resource, ResourceId, mapping
from pipeline.core.ports import Progress
from pipeline.core.redaction.mask import Mask
from pipeline.flows.cluster.client import Client, with_budget
from pipeline.flows.cluster.gathering import Planner
from pipeline.flows.cluster.hook_plan import hook_actions
from pipeline.flows.cluster.preflight import caller, warnings
from pipeline.flows.cluster.prune_plan import deletions
from pipeline.flows.cluster.retiring import retirements
from pipeline.flows.cluster.stored_inventory import read_inventory
from pipeline.flows.hidden_values import NOTHING_HIDDEN, HiddenValues

_BUDGET_SECONDS = 15.0
"""How long one dry run is tried: a plan with a webhook that is down shall not take an hour."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be planned. ``objects`` are the committed files of the releases asked for, with what they hold."""

    environment: str
    context: str
    expected_uid: str
    source: PlanSource
    author: str
    created: str
    expires: str
    tool: str
    policy: ApplyPolicy
    objects: tuple[tuple[str, Resource], ...] = field(hash=False)
    needs: Mapping[str, tuple[str, ...]] = field(hash=False)
    namespaces: Mapping[str, str] = field(hash=False)
    releases: tuple[str, ...] = ()
    """Those asked for; empty is all, and then what the inventory has of other releases goes."""
    notes: tuple[str, ...] = ()
    hidden: HiddenValues = NOTHING_HIDDEN
    """Values of Secrets that the committed tree does not hold in the open."""
    full: bool = False
    """Ask the server about every object, also about those that are as the last run left them."""


def make_plan(client: Client, question: Question, progress: Progress) -> Plan:
    """Read-only: lists, gets, dry runs and access reviews.

    Raises:
        StaleError: it is another cluster than pipeline.yaml names.
        WorldError: the cluster cannot be asked.
    """
    target = target_of(client, question)
    inventory = read_inventory(client, question.environment, question.policy.namespace)
    wanted, problems = desired(question.objects, question.needs, inventory, question.namespaces)
    mask = Mask()
    mask.hidden(question.hidden.texts)
    mask.manifests(ManifestSet(tuple(item.resource for item in wanted)))
    terms = DecisionContext(inventory, question.policy, mask, question.hidden.places)
    planner = Planner(with_budget(client, _BUDGET_SECONDS), terms, progress, full=question.full)
    actions, more = planner.plan(wanted)
    deleted, others = deletions(client, terms, wanted, question.releases, planner.found)
    retired, unfit = retirements(client, question.policy.retire, wanted, inventory)
    hooks = hook_actions(wanted, (*actions, *deleted), inventory, enabled=question.policy.hooks)
    hooks = [replace(hook, resource=_plural(client, hook)) for hook in hooks]
    told = warnings(client, question.environment, question.policy, (*actions, *hooks, *deleted, *retired))
    ordered = numbered((*actions, *hooks), (*deleted, *retired))
    return Plan(
        tool=question.tool,
        created=question.created,
        expires=question.expires,
        author=question.author,
        source=question.source,
        target=replace(target, user=caller(client)),
        policy=question.policy,
        inventory=InventoryRef(inventory.uid, inventory.digest),
        actions=ordered,
        releases=question.releases,
        problems=tuple(sorted({*problems, *more, *others, *unfit}, key=_problem_order)),
        warnings=(*told, *planner.told, *not_followed(wanted)),
        notes=question.notes,
    )


def target_of(client: Client, question: Question) -> PlanTarget:
    """Which cluster answers.

    Raises:
        StaleError: not the one that pipeline.yaml names.
    """
    uid = client.uid()
    if question.expected_uid and question.expected_uid != uid:
        message = f"context {question.context!r} is the cluster {uid}, and pipeline.yaml says {question.expected_uid}"
        hint = "check KUBECONFIG; if the cluster was rebuilt, change environments.*.cluster.uid"
        raise StaleError(message, hint=hint)
    version = mapping(client.read("/version"))
    return PlanTarget(question.environment, question.context, uid, str(version.get("gitVersion") or ""))


def numbered(actions: Iterable[PlannedAction], deleted: Iterable[PlannedAction]) -> tuple[PlannedAction, ...]:
    """In the order in which apply goes through them."""
    ordered = [*sorted(actions, key=_order), *deleted]
    return tuple(replace(action, number=number) for number, action in enumerate(ordered, 1))


def _plural(client: Client, action: PlannedAction) -> str:
    served = client.serves.any_version(action.id, action.version)
    return served.plural if served else ""


def _order(action: PlannedAction) -> tuple[int, int, int, ResourceId]:
    return action.wave, action.phase, action.weight, action.id


def _problem_order(problem: PlanProblem) -> tuple[str, str, str]:
    return problem.code, problem.what, problem.message
