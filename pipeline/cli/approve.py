"""``pipeline approve``: shows what a plan does, and records a person's approval or rejection of exactly that plan."""

from pathlib import Path
from typing import Literal

import click

from pipeline.core.errors import OK, RefusedError, UsageError


@click.command(short_help="Approve a plan.")
@click.argument("file", metavar="PLAN", type=click.Path(path_type=Path))
@click.option(
    "--key",
    type=click.Path(path_type=Path),
    metavar="SSH_KEY",
    envvar="PIPELINE_SSH_KEY",
    help="Sign with this key; a .pub file means a key held by ssh-agent.",
)
@click.option("--reject", is_flag=True, help="Reject the plan: it can no longer be applied.")
@click.option("--reason", default="", metavar="TEXT", help="The reason, stored with the decision.")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="File to write.  [default: below approvals/]"
)
@click.option("--github-run", "run", type=click.IntRange(1), metavar="ID", help="Use the reviews of this workflow run.")
@click.option("--github-pr", "pull", type=click.IntRange(1), metavar="N", help="Use the reviews of this pull request.")
def command(
    file: Path, *, key: Path | None, reason: str, out: Path | None, run: int | None, pull: int | None, reject: bool
) -> int:
    """Approve or reject PLAN, identified by the digest of its bytes: a changed file is a different plan.

    Without --key and --github-…, the person at the terminal types the first digits of the digest. The decision is
    written to approvals/<digest>/ next to pipeline.yaml, where apply finds it.
    """
    from pipeline.cli.support.approve_verb import by_hand, by_key, from_github, keep, loaded
    from pipeline.cli.support.log_lines import unheard, unheard_where_needed
    from pipeline.core.words import command as words
    from pipeline.report.plan_brief import brief

    _exclusive({"--key": key, "--github-run": run, "--github-pr": pull})
    if reject and (run or pull):
        raise UsageError(
            "on GitHub the reviewers decide", hint="omit --reject: rejections are taken from the reviews too"
        )
    asked = loaded(file)
    click.echo(unheard(brief(asked.question.plan, asked.question.digest)), nl=False)
    if not reject:
        asked.check_approvable()
    decision: Literal["approve", "reject"] = "reject" if reject else "approve"
    if run or pull:
        decisions = from_github(asked, "github-environment" if run else "github-review", run or pull or 0)
    elif key:
        decisions = [by_key(asked, decision, reason, key)]
    else:
        decisions = [by_hand(asked, decision, reason, _digits(asked.question.digest, decision))]
    for said, path in keep(asked, decisions, out):
        click.echo(unheard_where_needed(f"{said}: {path}\n"), nl=False)
    if any(item.decision == "approve" for item in decisions):
        more = ("--approval", str(out)) if out else ()
        click.echo(f"apply it: {words('pipeline', 'apply', str(file), *more)}")
    return OK


def _exclusive(given: dict[str, object]) -> None:
    named = [name for name, value in given.items() if value]
    if len(named) > 1:
        raise UsageError(f"{' and '.join(named)} cannot be used together")


def _digits(plan_digest: str, decision: str) -> str:
    """What the person at the terminal types; a pipe or a script does not count."""
    import sys

    from pipeline.core.cluster.approval.approval import DIGITS

    if not sys.stdin.isatty():
        hint = "--key SSH_KEY signs without a terminal; --github-run and --github-pr take over reviews"
        raise RefusedError(f"without a key, {decision} needs a person at a terminal", hint=hint)
    told = f"To {decision}, type the first {DIGITS} digits of {plan_digest}"
    return str(click.prompt(told, prompt_suffix=": "))
