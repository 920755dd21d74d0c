"""What ``pipeline apply`` does once its options are read: check the plan and its approvals, then run it."""

import os
import secrets
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
import orjson

from pipeline.adapters.git import trees
from pipeline.adapters.kube.journal_file import JournalFile
from pipeline.adapters.kube.run_folder import RunFolder
from pipeline.cli.support.approved import checked_approvals
from pipeline.cli.support.approving import OFFLINE
from pipeline.cli.support.log_lines import unheard, unheard_json
from pipeline.cli.support.planning import ClusterEnvironment, place
from pipeline.cli.support.progress import progress
from pipeline.cli.support.settings import interactive, settings
from pipeline.core.cluster.api.canonical import digest
from pipeline.core.cluster.api.request import Call
from pipeline.core.cluster.approval.approval import DIGITS, Approval
from pipeline.core.cluster.approval.decide import TooFewError, expired, methods
from pipeline.core.cluster.inventory.inventory import Inventory
from pipeline.core.cluster.plan.desired import manifest_digest, sent
from pipeline.core.cluster.plan.plan import WRITES, Operation, Plan, from_bytes
from pipeline.core.cluster.run.outcome import RunResult
from pipeline.core.errors import RefusedError, StaleError, UnsafeError
from pipeline.core.json_text import escaped
from pipeline.core.kube.resource import Resource, ResourceId
from pipeline.flows.cluster.applying import ApplyPorts, Order, apply_plan
from pipeline.flows.cluster.checking import is_resumed, journal_is_whole
from pipeline.flows.cluster.client import Client
from pipeline.flows.cluster.planning import read_inventory
from pipeline.flows.cluster.unlocking import read_lock
from pipeline.flows.committed import ReleaseSelection, committed
from pipeline.flows.hidden_values import HiddenValues, hidden_values
from pipeline.report import plan_text, run_text
from pipeline.report.terminal import Look
from pipeline.wiring import repository


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line says."""

    path: Path
    approvals: tuple[Path, ...]
    plan_digest: str | None
    output: str


def run(given: Given) -> int:
    """The exit code of the run.

    Raises:
        UsageError: the file is no plan, or its environment is unknown.
        StaleError: anything is not as the plan says.
        RefusedError: it is not approved, or another run holds the lock.
        UnsafeError: something stands against the plan.
    """
    data = given.path.read_bytes()  # once: what is checked is what is done
    plan, plan_digest = from_bytes(data, str(given.path)), digest(data)
    at = place(repository(), plan.target.environment)
    resources = resources_of(at, plan)
    if plan.problems:
        first = plan.problems[0]
        hint = first.cure or "pipeline plan shows everything"
        raise UnsafeError(
            f"{len(plan.problems)} things stand against the plan: {first.what}: {first.message}", hint=hint
        )
    if plan.offline:
        raise UnsafeError(OFFLINE, hint="pipeline plan without --offline asks the cluster")
    approved = () if plan.empty else _approved(at, given, plan, plan_digest)
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    client = at.client(run_id)
    _not_expired(client, plan)
    known = read_inventory(client, plan.target.environment, plan.policy.namespace)
    if is_resumed(known, plan_digest):
        _journal_is_whole(client, plan, known)
    folder = RunFolder.of_user(plan.target.cluster_uid, plan.target.environment, run_id)
    journal = JournalFile(folder.path)
    approvers = tuple(approval.approver for approval in approved)
    approvers = tuple(approval.approver for approval in approved)
    order = Order(plan, plan_digest, run_id, approvers, resources, _hidden(at, plan))
    with _signals(at) as stopped, progress("apply") as tell:
        result = apply_plan(order, ApplyPorts(client, at.clock, journal, stopped, tell, folder.keep))
    journal.close()
    _show(result, given, known.commit)
    return result.exit_code


def _not_expired(client: Client, plan: Plan) -> None:
    """By the cluster's clock too: this machine's may be wrong. Raises RefusedError."""
    now = client.send(Call("GET", "/version"))[1].date
    if now and expired(plan, now):
        raise RefusedError(f"the plan expired at {plan.expires} (by the cluster's clock)", hint="pipeline plan")


def _journal_is_whole(client: Client, plan: Plan, known: Inventory) -> None:
    """Of the run that is resumed, where that was on this machine. Raises WorldError."""
    before = RunFolder.of_user(plan.target.cluster_uid, plan.target.environment, known.run.id)
    path = JournalFile(before.path).path
    if path.exists():
        lease = read_lock(client, plan.target.environment, plan.policy.namespace)
        journal_is_whole(path.read_bytes(), str(path), known, lease)


def resources_of(at: ClusterEnvironment, plan: Plan) -> dict[int, Resource]:
    """What is sent, by the action's number, from the plan's commit and held against the plan's digests.

    Raises:
        StaleError: the manifests or the policy are not those of the plan.
    """
    commit = trees.resolve(at.top, plan.source.commit)
    if trees.tree_id(at.top, commit, plan.source.path) != plan.source.tree or plan.source.path != at.path():
        raise StaleError(f"{plan.source.path} at {commit[:10]} is not what the plan was made of", hint="plan anew")
    if at.policy != plan.policy:
        raise StaleError("the apply: section of pipeline.yaml is not what the plan was made with", hint="plan anew")
    tree = trees.GitTree(at.top, commit, at.folder)
    inventory = Inventory(plan.target.environment, plan.policy.namespace)
    found: dict[tuple[str, ResourceId], Resource] = {}
    wanted = ReleaseSelection(frozenset({plan.target.environment}), frozenset(plan.releases))
    for file, one in committed(tree, wanted, at.here.unseal()):
        found[file, one.id] = one
    resources = {}
    for action in plan.of(*WRITES, Operation.UNCHANGED):
        resource = found.get((action.file, action.id)) if action.file else _bare_namespace(action.id)
        if resource is None:
            raise StaleError(f"{action.file} does not hold {action.id}", hint="plan anew")
        ours = sent(resource, None if action.op is Operation.HOOK or not action.file else inventory)
        if manifest_digest(ours) != action.manifest:
            raise StaleError(f"{action.file or action.id} is not what the plan was made of", hint="plan anew")
        resources[action.number] = ours
    return resources


def _hidden(at: ClusterEnvironment, plan: Plan) -> HiddenValues:
    tree = trees.GitTree(at.top, trees.resolve(at.top, plan.source.commit), at.folder)
    return hidden_values(tree, ReleaseSelection(frozenset({plan.target.environment}), frozenset(plan.releases)))


def _bare_namespace(rid: ResourceId) -> Resource:
    return Resource.of({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": rid.name}})


def _approved(at: ClusterEnvironment, given: Given, plan: Plan, plan_digest: str) -> tuple[Approval, ...]:
    """The approvals that count; a person at the terminal is asked where that counts and nobody has approved yet."""
    try:
        return checked_approvals(at.here, plan, plan_digest, given.approvals, dispatch_digest=given.plan_digest)
    except TooFewError:
        watched = sys.stdin.isatty() and interactive(sys.stderr, os.environ)
        if not watched or given.plan_digest or "interactive" not in methods(plan.policy.approvals):
            raise
    shown = plan_text.terminal(plan, plan_digest, Look(settings().colored(sys.stdout)))
    click.echo(unheard(shown), nl=False, color=True)
    typed = click.prompt(f"To approve and apply it, type the first {DIGITS} digits of its digest", err=True)
    return checked_approvals(at.here, plan, plan_digest, given.approvals, typed=typed)


@contextmanager
def _signals(at: ClusterEnvironment) -> Iterator[Callable[[], bool]]:
    """The first SIGINT or SIGTERM ends the run in good order; the second at once, as ever."""
    stop = at.clock.stop

    def heard(number: int, _frame: object) -> None:
        stop.set()
        signal.signal(number, signal.default_int_handler)
        click.echo("\nending the run in good order; once more ends it at once", err=True)

    old = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop.is_set
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


def _show(result: RunResult, given: Given, before: str) -> None:
    if given.output == "json":
        options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        click.echo(unheard_json(escaped(orjson.dumps(run_text.data(result), option=options).decode())), nl=False)
        return
    look = Look(settings().colored(sys.stdout))
    shown = run_text.terminal(result, look, plan=str(given.path), before=before)
    click.echo(unheard(shown), nl=False, color=True)
