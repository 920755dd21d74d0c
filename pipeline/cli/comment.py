"""``pipeline comment``: puts the report on its pull request, as one comment that is kept up to date."""

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.core.errors import OK, UsageError

if TYPE_CHECKING:
    from pipeline.adapters.github_api import GitHub
    from pipeline.core.judge.report_document import ReportDocument
    from pipeline.core.review.pr_comment import CommentOutcome
    from pipeline.flows.comment import CommentTarget
    from pipeline.report.comment import Setting

_SMALLER = 30_000
_MOST_BYTES_OF_A_FORK = 5_000_000
_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/?%=&+-]{1,500}")


@click.command(short_help="Write a report to its pull request.")
@click.argument("report", type=click.Path(path_type=Path))
@click.option("--repo", metavar="OWNER/NAME", help="The repository.  [default: that of the Actions run]")
@click.option("--pr", type=click.IntRange(1), help="The pull request.  [default: that of the Actions run]")
@click.option(
    "--key", default="pipeline.yaml", show_default=True, help="Distinguishes several comments on one pull request."
)
@click.option(
    "--page", default="", metavar="URL", help="URL of the HTML report: each finding links to its place there."
)
@click.option(
    "--fork", is_flag=True, help="In a workflow_run job: find the fork's pull request that the report belongs to."
)
@click.option("--dry-run", is_flag=True, help="Print the comment instead of writing it.")
def command(report: Path, repo: str | None, pr: int | None, key: str, page: str, *, fork: bool, dry_run: bool) -> int:
    """Write REPORT (a report.json) to its pull request, as one comment that is created once and then updated.

    The token is read from GITHUB_TOKEN (or GH_TOKEN), the API's address from GITHUB_API_URL. If the token may not
    comment, as for a fork's pull request, the comment is written to the job's summary instead, and the run continues.
    """
    from pipeline.cli.report import MOST_BYTES, read
    from pipeline.cli.support.log_lines import unheard
    from pipeline.report.comment import Setting, render

    if page and not _ADDRESS.fullmatch(page):
        raise UsageError(f"--page {page!r} is not a page URL", hint="https://…, without a fragment")
    data = read(report, _MOST_BYTES_OF_A_FORK if fork else MOST_BYTES)
    setting = Setting(page, fork, _run())
    if dry_run:
        click.echo(unheard(render(data, setting=setting)), nl=False)
        return OK
    repo = repo or os.environ.get("GITHUB_REPOSITORY", "")
    if "/" not in repo or not (fork or pr or _pull_request()):
        raise UsageError("which pull request?", hint="--repo OWNER/NAME --pr NUMBER, or run it in GitHub Actions")
    from pipeline.adapters.github_api import NotAllowedError
    from pipeline.flows.comment import CommentTarget

    github = _github(repo)
    number, order = _of_fork(github) if fork else (pr or _pull_request(), _order())
    if number is None:
        click.echo("no open pull request has the head commit of that run: nothing to comment on")
        return OK
    try:
        outcome = _write(github, CommentTarget(number, key, order), data, setting)
    except NotAllowedError as error:
        return _into_summary(data, str(error))
    click.echo(f"comment on {repo}#{number}: {outcome}")
    return OK


def _github(repo: str) -> "GitHub":
    from pipeline.adapters.github_api import GitHub

    token = os.environ.get("GITHUB_TOKEN") or os.environ.get("GH_TOKEN")
    if not token:
        raise UsageError("no token is set", hint="export GITHUB_TOKEN, with permission to write to pull requests")
    return GitHub(os.environ.get("GITHUB_API_URL", "https://api.github.com").rstrip("/"), token, repo)


def _write(github: "GitHub", target: "CommentTarget", data: "ReportDocument", setting: "Setting") -> "CommentOutcome":
    from pipeline.adapters.github_api import TooLongError
    from pipeline.core.review.finding_history import remembered, since
    from pipeline.core.review.pr_comment import marked
    from pipeline.flows.comment import upsert
    from pipeline.report.comment import COMMENT_UNITS, render
    from pipeline.report.shapes import units

    marker = units(marked("", target.key, target.order))

    known = [finding.fingerprint for finding in data.findings if not finding.waived]

    def made(budget: int, earlier: str) -> str:
        then = since(earlier, known)
        hidden = remembered(known, then)
        text = render(data, budget - marker - units(hidden), replace(setting, since=str(then)))
        return f"{text}{hidden}"

    return upsert(github, target, made, (COMMENT_UNITS, _SMALLER), TooLongError)


def _order() -> tuple[int, int]:
    """The run and its attempt; outside of Actions every run is the latest."""
    number, attempt = os.environ.get("GITHUB_RUN_NUMBER", ""), os.environ.get("GITHUB_RUN_ATTEMPT", "1")
    return (int(number), int(attempt)) if number.isdigit() and attempt.isdigit() else (2**31, 1)


def _run() -> str:
    """The address of the Actions run; empty outside of one, and for a fork's, whose report another run made."""
    server, repository, run = (os.environ.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    address = f"{server}/{repository}/actions/runs/{run}"
    return address if run.isdigit() and repository and _ADDRESS.fullmatch(address) else ""


def _event() -> dict[str, Any]:
    """What started the Actions run; empty outside of one."""
    import json

    path = os.environ.get("GITHUB_EVENT_PATH")
    if not path or not Path(path).is_file():
        return {}
    event = json.loads(Path(path).read_text(encoding="utf-8"))
    return event if isinstance(event, dict) else {}


def _pull_request() -> int | None:
    event = _event()
    number = (event.get("pull_request") or {}).get("number") or event.get("number")
    return number if isinstance(number, int) else None


def _of_fork(github: "GitHub") -> tuple[int | None, tuple[int, int]]:
    """The pull request whose head the finished run had, and that run's order. Nothing of its artifacts is asked.

    A fork's ``workflow_run.pull_requests`` is empty, and a number in an artifact would be whatever its author likes.
    """
    run = _event().get("workflow_run")
    if not isinstance(run, dict):
        raise UsageError("--fork only works in a job started by workflow_run", hint="see pipeline-fork-comment.yml")
    head = run["head_repository"]
    order = (int(run.get("run_number", 0)), int(run.get("run_attempt", 1)))
    for pull in github.pull_requests(head["owner"]["login"], run["head_branch"]):
        name = (pull["head"].get("repo") or {}).get("full_name")
        if (pull["head"]["sha"], name) == (run["head_sha"], head["full_name"]):
            return int(pull["number"]), order
    return None, order


def _into_summary(data: "ReportDocument", reason: str) -> int:
    from pipeline.report.comment import summary

    target = os.environ.get("GITHUB_STEP_SUMMARY")
    if target:
        with Path(target).open("a", encoding="utf-8") as file:
            file.write(summary(data))
    where = "the job's summary" if target else "nowhere, because there is no job summary"
    click.echo(f"the token may not comment ({reason}): the report was written to {where}", err=True)
    return OK
