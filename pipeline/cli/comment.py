"""``pipeline comment``: the report on its pull request, as one comment that is kept up to date."""

import os
from pathlib import Path
from typing import Any

import click

from pipeline.core.errors import OK, UsageError

_SMALLER = 30_000


@click.command(short_help="Write a report to its pull request.")
@click.argument("report", type=click.Path(path_type=Path))
@click.option("--repo", metavar="OWNER/NAME", help="The repository.  [default: that of the Actions run]")
@click.option("--pr", type=click.IntRange(1), help="The pull request.  [default: that of the Actions run]")
@click.option("--key", default="pipeline.yaml", show_default=True, help="Tells several comments of ours apart.")
@click.option("--dry-run", is_flag=True, help="Print the comment and write nothing.")
def command(report: Path, repo: str | None, pr: int | None, key: str, *, dry_run: bool) -> int:
    """Write REPORT (a report.json) to its pull request: one comment, created once and updated from then on.

    The token is taken from GITHUB_TOKEN (or GH_TOKEN), the API's address from GITHUB_API_URL. Where the token may not
    comment, as on a fork's pull request, the comment goes into the job's summary instead and the run goes on.
    """
    from pipeline.cli.report import read
    from pipeline.report.comment import COMMENT_UNITS, render

    data = read(report)
    if dry_run:
        click.echo(render(data), nl=False)
        return OK
    repo, pr = repo or os.environ.get("GITHUB_REPOSITORY"), pr or _pull_request()
    token = os.environ.get("GITHUB_TOKEN") or os.environ.get("GH_TOKEN")
    if not repo or "/" not in repo or not pr:
        raise UsageError("which pull request?", hint="--repo OWNER/NAME --pr NUMBER, or run it in GitHub Actions")
    if not token:
        raise UsageError("there is no token", hint="export GITHUB_TOKEN, which may write to pull requests")
    from pipeline.adapters.github import GitHub, NotAllowedError, TooLongError
    from pipeline.flows.comment import Target, upsert

    api = os.environ.get("GITHUB_API_URL", "https://api.github.com").rstrip("/")
    try:
        outcome = upsert(
            GitHub(api, token, repo),
            Target(pr, key, _order()),
            lambda budget: render(data, budget),
            (COMMENT_UNITS, _SMALLER),
            TooLongError,
        )
    except NotAllowedError as error:
        return _into_summary(data, str(error))
    click.echo(f"comment on {repo}#{pr}: {outcome}")
    return OK


def _order() -> tuple[int, int]:
    """The run and its attempt; outside of Actions every run is the latest."""
    number, attempt = os.environ.get("GITHUB_RUN_NUMBER", ""), os.environ.get("GITHUB_RUN_ATTEMPT", "1")
    return (int(number), int(attempt)) if number.isdigit() and attempt.isdigit() else (2**31, 1)


def _pull_request() -> int | None:
    """From the event that started the Actions run."""
    import json

    path = os.environ.get("GITHUB_EVENT_PATH")
    if not path or not Path(path).is_file():
        return None
    event = json.loads(Path(path).read_text(encoding="utf-8"))
    number = (event.get("pull_request") or {}).get("number") or event.get("number")
    return number if isinstance(number, int) else None


def _into_summary(data: dict[str, Any], reason: str) -> int:
    from pipeline.report.comment import summary

    target = os.environ.get("GITHUB_STEP_SUMMARY")
    if target:
        with Path(target).open("a", encoding="utf-8") as file:
            file.write(summary(data))
    where = "the job's summary" if target else "nowhere, for there is no job summary"
    click.echo(f"the token may not comment ({reason}): the report went into {where}", err=True)
    return OK
