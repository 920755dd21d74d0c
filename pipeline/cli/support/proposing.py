"""``upgrade --branch --pr``: a pull request for each release or group that moves."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import click

from pipeline.adapters.git.remote import Remote, current_branch, has_unpushed, object_id
from pipeline.adapters.git.scratch import restore
from pipeline.adapters.github_api import GitHub
from pipeline.cli.support.committing import committed, to_commit
from pipeline.cli.support.judging import next_steps
from pipeline.cli.support.log_lines import unheard_where_needed
from pipeline.cli.support.recovery_notice import say
from pipeline.cli.support.trace import redact
from pipeline.cli.support.upgrade_runs import UpgradeWish, tell
from pipeline.cli.support.upgrading import Upgraded, in_scratch, upgraded
from pipeline.cli.support.version_bench import judged_report
from pipeline.core.errors import FAILED, OK, PipelineError, UsageError
from pipeline.core.review.upgrade_pull import Proposal
from pipeline.core.upgrade.version_moves import VersionMove, batches, proposal_branch
from pipeline.flows.propose import propose
from pipeline.report.safe_text import safe
from pipeline.report.structured import document
from pipeline.report.upgrade_pull_text import body
from pipeline.wiring import Repository


@dataclass(frozen=True, slots=True)
class ProposalPlace:
    """Where pull requests are made: for the branch ``base``, whose last commit is ``start``."""

    github: GitHub
    remote: Remote
    base: str
    start: str


def place_of(here: Repository, repo: str | None) -> ProposalPlace:
    """From the options, the environment (GITHUB_REPOSITORY, GITHUB_TOKEN, GITHUB_API_URL) and the branch of HEAD.

    Raises:
        UsageError: one of them is missing, or HEAD was not pushed.
        WorldError: ``origin`` does not answer.
    """
    name = repo or os.environ.get("GITHUB_REPOSITORY", "")
    token = os.environ.get("GITHUB_TOKEN") or os.environ.get("GH_TOKEN") or ""
    if "/" not in name:
        raise UsageError("in which repository?", hint="--repo OWNER/NAME, or run it in GitHub Actions")
    if not token:
        raise UsageError("no token is set", hint="export GITHUB_TOKEN; it needs contents and pull-requests: write")
    base = current_branch(here.root)
    if not base:
        raise UsageError("HEAD is on no branch", hint="git switch to the branch that the pull requests are for")
    api = os.environ.get("GITHUB_API_URL", "https://api.github.com").rstrip("/")
    remote = Remote(here.root, os.environ.get("GITHUB_SERVER_URL", "https://github.com").rstrip("/"), token)
    there = remote.commit(base)
    if not there:
        raise UsageError(f"origin has no branch {base}", hint="push it first; pull requests are made for it")
    if has_unpushed(here.root, there):
        raise UsageError(f"{base} has commits that origin has not", hint="push them first, or switch to another branch")
    return ProposalPlace(GitHub(api, token, name), remote, base, object_id(here.root, "HEAD"))


def with_pull_requests(
    here: Repository, moves: Sequence[VersionMove], place: ProposalPlace, wish: UpgradeWish, cooldown: timedelta
) -> int:
    """One for each batch. What fails is named, and the others are proposed all the same."""
    worst = OK
    for batch in batches(moves):
        try:
            click.echo(safe(_proposed(here, batch, place, wish, cooldown)))
        except PipelineError as error:
            say(f"{', '.join(map(str, batch))} failed: {redact(str(error))}")
            worst = FAILED
    return worst


def _proposed(
    here: Repository, batch: Sequence[VersionMove], place: ProposalPlace, wish: UpgradeWish, cooldown: timedelta
) -> str:
    with in_scratch(here, uncommitted=False) as there:
        done = _as_far_as_it_goes(here, there, batch, wish, cooldown)
        tell(done)
        with there.disk.alone("commit", say) as disk:
            files = to_commit(there)
            assert files is not None, "BUG: an upgrade that changes no file"
            assert disk.turn is not None, "BUG: nobody's turn"
            commit = committed(there, files, disk.turn, None)
        tree = object_id(there.root, f"{commit}^{{tree}}")
    branch = proposal_branch(batch)
    report = replace(done.comparison.report, old=place.base, new=branch)
    farther = [move for move in batch if move not in done.moves]
    wanted = Proposal(
        branch=branch,
        base=place.base,
        start=place.start,
        commit=commit,
        tree=tree,
        title=files.subject,
        body=unheard_where_needed(body(done.moves, farther, document(report), done.moved_values)),
        verdict=str(report.verdict),
        versions={move.pin: move.after for move in done.moves},
    )
    made = propose(place.github, place.remote, wanted)
    number = f"{place.github.repository}#{made.number}" if made.number else branch
    return f"{number} {made.outcome}: {files.subject} ({report.verdict})"


def _as_far_as_it_goes(
    here: Repository, there: Repository, batch: Sequence[VersionMove], wish: UpgradeWish, cooldown: timedelta
) -> Upgraded:
    """The whole upgrade; where it is blocked or does not render, the next step of the way there, if there is one."""
    failed: PipelineError | None = None
    try:
        done = upgraded(there, batch, wish.fail_on, fix_values=wish.fix_values)
        if judged_report("", done.comparison.report).is_step:
            return done
    except PipelineError as error:
        failed = error
    steps = next_steps(here, batch, cooldown)
    if steps == [*batch]:
        if failed is not None:
            raise failed
        return done
    restore(there.root)
    return upgraded(there, steps, wish.fail_on, fix_values=wish.fix_values)
