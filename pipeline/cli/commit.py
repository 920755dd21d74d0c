"""``pipeline commit``: commits what vendor and render wrote, with a message that says what changed."""

from typing import TYPE_CHECKING

import click

from pipeline.core.errors import OK

if TYPE_CHECKING:
    from pipeline.adapters.write_ahead.turn import Turn
    from pipeline.core.judge.report import Report
    from pipeline.wiring import Repository


@click.command(short_help="Commit what vendor and render wrote, and nothing else.")
@click.option("--dry-run", is_flag=True, help="Print the message and the files without committing.")
@click.option("-b", "--branch", help="Commit on a new branch with this name.")
def command(*, dry_run: bool, branch: str | None) -> int:
    """Commit the files that vendor and render wrote: in rendered/, vendor_charts/, and pipeline.lock.

    Anything else that is staged or changed stays untouched. Git's hooks and signing work as usual.
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
    from pipeline.cli.support.hand_edit_notices import refuse_edits
    from pipeline.cli.support.log_lines import unheard_where_needed
    from pipeline.core.review.commit_message import message
    from pipeline.flows.commit import changed
    from pipeline.flows.secret_check import check_secrets
    from pipeline.report.plain import safe

    head = here.head()
    changes = changed(head, here.worktree)
    refuse_edits(here, head)
    if not changes:
        click.echo("nothing to commit: rendered files and vendored charts are unchanged")
        return OK
    check_secrets(here.config, changes, here.worktree)
    text = message(_report(committed=head is not None), len(changes))
    if turn is None:
        click.echo(unheard_where_needed(safe(f"{text}\n")), nl=False)
        paths = "".join(f"{safe(path)}\n" for path in changes)
        click.echo(unheard_where_needed(paths), nl=False)
        return OK
    from pipeline.adapters.git.commit import RepositoryWriter

    commit = RepositoryWriter(here.root, turn).commit(changes, text, branch)
    click.echo(unheard_where_needed(safe(f"committed {commit[:10]}: {text.splitlines()[0]}")))
    return OK


def _report(*, committed: bool) -> "Report":
    """What the commit changes; all that there is where the last commit cannot be read: an index in it is damaged."""
    from pipeline.cli.support.diffing import DiffRequest
    from pipeline.cli.support.diffing import repository as compared
    from pipeline.core.config.diff_source import parse_source
    from pipeline.core.errors import StaleError

    nothing, new = parse_source("empty"), parse_source("worktree")
    if committed:
        try:
            return compared(parse_source("ref:HEAD"), new, DiffRequest()).report
        except StaleError:
            pass  # the work tree was read already
    return compared(nothing, new, DiffRequest()).report
