"""The body of ``commit``: what would be committed, with which message, and the commit itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.core.review.commit_message import message
from pipeline.flows.commit import changed
from pipeline.flows.secret_check import check_secrets

if TYPE_CHECKING:
    from pipeline.adapters.write_ahead.turn import Turn
    from pipeline.core.judge.report import Report
    from pipeline.wiring import Repository


@dataclass(frozen=True, slots=True)
class ToCommit:
    """``changes`` maps each path to the id of its content, empty where it is removed."""

    changes: Mapping[str, str]
    message: str

    @property
    def subject(self) -> str:
        return self.message.splitlines()[0]


def to_commit(here: "Repository") -> ToCommit | None:
    """What vendor and render wrote since the last commit; None where that is nothing.

    Raises:
        StaleError: a file was edited by hand.
        RefusedError: a Secret, or a copy of its value, would be committed.
    """
    from pipeline.cli.support.hand_edit_notices import refuse_edits

    head = here.head()
    changes = changed(head, here.worktree)
    refuse_edits(here, head)
    if not changes:
        return None
    check_secrets(here.config, changes, here.worktree)
    return ToCommit(changes, message(_report(committed=head is not None), len(changes)))


def committed(here: "Repository", found: ToCommit, turn: "Turn", branch: str | None) -> str:
    """Commit it, on a new branch where one is named; the commit's hash.

    Raises:
        UsageError: the branch exists, or is not a name for one.
        WorldError: Git refused.
    """
    from pipeline.adapters.git.commit import RepositoryWriter

    return RepositoryWriter(here.root, turn).commit(found.changes, found.message, branch)


def _report(*, committed: bool) -> "Report":
    """What the commit changes; all that there is where the last commit cannot be read: an index in it is damaged."""
    from pipeline.cli.support.diff_request import DiffRequest
    from pipeline.cli.support.tree_diffing import repository as compared
    from pipeline.core.config.diff_source import parse_source
    from pipeline.core.errors import StaleError

    nothing, new = parse_source("empty"), parse_source("worktree")
    if committed:
        try:
            return compared(parse_source("ref:HEAD"), new, DiffRequest()).report
        except StaleError:
            pass  # the work tree was read already
    return compared(nothing, new, DiffRequest()).report
