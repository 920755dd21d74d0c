"""The body of ``pipeline apply``, once its options are read: check the plan and its approvals, then run it."""

import os
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click
import orjson

from pipeline.adapters.git import trees
from pipeline.adapters.kube.journal_file import JournalFile
from pipeline.adapters.kube.run_folder import RunFolder
from pipeline.cli.support.approval_evidence import evidence_of, protected_policy
from pipeline.cli.support.cluster_environment import ClusterEnvironment, place
from pipeline.cli.support.log_lines import unheard, unheard_json
from pipeline.cli.support.progress import progress
from pipeline.cli.support.settings import interactive, settings
from pipeline.core.cluster.api.canonical import digest
from pipeline.core.cluster.approval.approval import DIGITS
from pipeline.core.cluster.approval.decide import TooFewError, methods
from pipeline.core.cluster.plan.plan import Plan, from_bytes
from pipeline.core.cluster.run.outcome import RunResult
from pipeline.core.json_text import escaped
from pipeline.flows.cluster.applying import ApplyPorts, Order, apply_plan
from pipeline.flows.cluster.approved import ApprovedPlan, FittingPlan, RepositoryState, approved, fitting_plan
from pipeline.flows.committed import ReleaseSelection, committed
from pipeline.flows.hidden_values import HiddenValues, hidden_values
from pipeline.report import plan_text, run_text
from pipeline.report.look import Look
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
        UsageError: the file is not a plan, or its environment is unknown.
        StaleError: anything is not as the plan says.
        RefusedError: it is not approved, or another run holds the lock.
        UnsafeError: the plan has problems.
    """
    data = given.path.read_bytes()  # once: what is checked is what is done
    plan, plan_digest = from_bytes(data, str(given.path)), digest(data)
    at = place(repository(), plan.target.environment)
    ready = _approved(at, given, fitting_plan(plan, plan_digest, repository_state(at, plan)))
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    client = at.client(run_id)
    folder = _run_folder(plan, run_id)
    journal = JournalFile(folder)
    with _signals(at) as stopped, progress("apply") as tell:
        ports = ApplyPorts(client, at.clock, journal, stopped, tell, folder.keep, partial(_journal_of, plan))
        result = apply_plan(Order(ready, run_id, _hidden(at, plan)), ports)
    journal.close()
    _show(result, given)
    return result.exit_code


def _run_folder(plan: Plan, run_id: str) -> RunFolder:
    return RunFolder.of_user(plan.target.cluster_uid, plan.target.environment, run_id)


def _journal_of(plan: Plan, run_id: str) -> tuple[str, bytes] | None:
    """Of another run: its path and bytes; None where that was on another machine."""
    path = JournalFile(_run_folder(plan, run_id)).path
    return (str(path), path.read_bytes()) if path.exists() else None


def repository_state(at: ClusterEnvironment, plan: Plan) -> RepositoryState:
    """What the repository says of the plan's environment, at the plan's commit."""
    commit = trees.resolve(at.top, plan.source.commit)
    wanted = ReleaseSelection(frozenset({plan.target.environment}), frozenset(plan.releases))
    tree = trees.GitTree(at.top, commit, at.folder)
    return RepositoryState(
        at.path(),
        at.tree_id(commit),
        at.policy,
        protected_policy(at.here, at.environment.name),
        lambda: committed(tree, wanted, at.here.unseal()),
    )


def _hidden(at: ClusterEnvironment, plan: Plan) -> HiddenValues:
    tree = trees.GitTree(at.top, trees.resolve(at.top, plan.source.commit), at.folder)
    return hidden_values(tree, ReleaseSelection(frozenset({plan.target.environment}), frozenset(plan.releases)))


def _approved(at: ClusterEnvironment, given: Given, ready: FittingPlan) -> ApprovedPlan:
    """A person at the terminal is asked where that counts, and no one has approved it yet."""
    plan, now = ready.plan, time.time()
    if plan.empty:
        return approved(ready, (), now)
    look_up = partial(evidence_of, at.here, plan, ready.digest, given.approvals, now)
    try:
        return approved(ready, look_up(dispatch_digest=given.plan_digest), now)
    except TooFewError:
        watched = sys.stdin.isatty() and interactive(sys.stderr, os.environ)
        if not watched or given.plan_digest or "interactive" not in methods(plan.policy.approvals):
            raise
    shown = plan_text.terminal(plan, ready.digest, Look(settings().colored(sys.stdout)))
    click.echo(unheard(shown), nl=False, color=True)
    typed = click.prompt(f"To approve and apply it, type the first {DIGITS} digits of its digest", err=True)
    return approved(ready, look_up(typed=typed), now)


@contextmanager
def _signals(at: ClusterEnvironment) -> Iterator[Callable[[], bool]]:
    """The first SIGINT or SIGTERM ends the run in a clean way; the second at once, as ever."""
    stop = at.clock.stop

    def heard(number: int, _frame: object) -> None:
        stop.set()
        signal.signal(number, signal.default_int_handler)
        click.echo("\nstopping cleanly; interrupt again to stop immediately", err=True)

    old = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop.is_set
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


def _show(result: RunResult, given: Given) -> None:
    if given.output == "json":
        options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        click.echo(unheard_json(escaped(orjson.dumps(run_text.data(result), option=options).decode())), nl=False)
        return
    look = Look(settings().colored(sys.stdout))
    shown = run_text.terminal(result, look, plan=str(given.path), before=result.before)
    click.echo(unheard(shown), nl=False, color=True)
