"""``pipeline commit``: commits what vendor and render wrote, with a message that says what changed."""

from typing import TYPE_CHECKING

import click

from pipeline.core.errors import OK

if TYPE_CHECKING:
    from pipeline.adapters.write_ahead.turn import Turn
    from pipeline.cli.support.committing import ToCommit
    from pipeline.wiring import Repository


@click.command(short_help="Commit what vendor and render wrote, with its inputs.")
@click.option("--dry-run", is_flag=True, help="Print the message and the files without committing.")
@click.option("-b", "--branch", help="Commit on a new branch with this name.")
def command(*, dry_run: bool, branch: str | None) -> int:
    """Commit what vendor and render wrote, and what they made it of: pipeline.yaml, and the values and overlays used.

    Anything else that is staged or changed stays untouched, and is named. Git's hooks and signing work as usual.
    """
    from pipeline.cli.support.recovery_notice import say
    from pipeline.wiring import repository

    here = repository()
    here.check_whole()
    if dry_run:
        return _commit(here, None, branch)
    with here.disk.alone("commit", say) as disk:
        return _commit(here, disk.turn, branch)


def _commit(here: "Repository", turn: "Turn | None", branch: str | None) -> int:
    """Without a turn, only say what would be committed."""
    from pipeline.cli.support.committing import committed, to_commit
    from pipeline.cli.support.log_lines import unheard_where_needed
    from pipeline.cli.support.outdated_notice import refuse_outdated
    from pipeline.report.safe_text import safe

    refuse_outdated(here)
    content = to_commit(here)
    if content is None:
        click.echo("nothing to commit: rendered files and vendored charts are unchanged")
        return OK
    if turn is None:
        paths = "".join(f"{safe(path)}\n" for path in content.changes)
        click.echo(unheard_where_needed(safe(f"{content.message}\n") + paths), nl=False)
        _say_left_out(content)
        return OK
    commit = committed(here, content, turn, branch)
    click.echo(unheard_where_needed(safe(f"committed {commit[:10]}: {content.subject}")))
    _say_left_out(content)
    return OK


def _say_left_out(content: "ToCommit") -> None:
    """Inputs of the render that the commit lacks, each with the reason; then all other changes."""
    from pipeline.cli.support.recovery_notice import say
    from pipeline.core.words import listed

    for path, why in content.withheld.items():
        say(f"{path} is not committed: {why}")
    if content.left_out:
        say(f"left out, as neither vendor nor render knows them: {listed(content.left_out, 5, noun='file')}")
