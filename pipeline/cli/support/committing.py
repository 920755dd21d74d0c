"""The body of ``commit``: what would be committed, with which message, and the commit itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.adapters.git.changed_paths import changed_paths, ignored, stored_ids
from pipeline.core.analysis.credentials import in_the_open
from pipeline.core.review.commit_message import message
from pipeline.core.yaml.reader import YamlError, load_all
from pipeline.flows.commit import changed, is_input
from pipeline.flows.secret_check import check_secrets

if TYPE_CHECKING:
    from pipeline.adapters.write_ahead.turn import Turn
    from pipeline.core.judge.report import Report
    from pipeline.core.render.file_tree import Tree
    from pipeline.wiring import Repository


@dataclass(frozen=True, slots=True)
class ToCommit:
    """``changes`` maps each path to the id of its content, empty where it is removed.

    ``withheld`` are inputs of the render that are not committed, each with the reason; ``left_out`` are other changes
    in the repository.
    """

    changes: Mapping[str, str]
    message: str
    withheld: Mapping[str, str]
    left_out: tuple[str, ...]

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
    touched = changed_paths(here.root)
    touched_blobs = _as_git_sees(here, changed(head, here.worktree), touched)
    refuse_edits(here, head)
    withheld = _withheld(here, head, touched_blobs)
    changes = {path: blob for path, blob in touched_blobs.items() if path not in withheld}
    if not changes:
        return None
    check_secrets(here.config, changes, here.worktree)
    others = tuple(path for path in touched if path not in touched_blobs)
    return ToCommit(changes, message(_report(committed=head is not None), len(changes)), withheld, others)


def _as_git_sees(here: "Repository", blobs: Mapping[str, str], touched: Sequence[str]) -> dict[str, str]:
    """Inputs are people's own: Git may change their line ends, and what only differs so is not a change."""
    seen = {*touched, *ignored(here.root, [path for path in blobs if is_input(path)])}
    seen_blobs = {path: blob for path, blob in blobs.items() if not is_input(path) or path in seen}
    inputs = [path for path, blob in seen_blobs.items() if is_input(path) and blob and "\n" not in path]
    return seen_blobs | stored_ids(here.root, inputs)


def _withheld(here: "Repository", head: "Tree | None", blobs: Mapping[str, str]) -> dict[str, str]:
    """New inputs that Git ignores, or that hold what looks like a credential: that is for people to decide."""
    inputs = [path for path, blob in blobs.items() if is_input(path) and blob]
    there = {path for path in inputs if head is not None and path in head.ids(path)}
    new = [path for path in inputs if path not in there]
    withheld = dict.fromkeys(ignored(here.root, new), "Git ignores it")
    for path, data in here.worktree.read(new).items():
        if path not in withheld and _holds_credential(data):
            withheld[path] = "it holds what looks like a credential; encrypt it with sops, or git add and commit it"
    return withheld


def _holds_credential(data: bytes) -> bool:
    try:
        documents = load_all(data.decode())
    except (YamlError, UnicodeDecodeError):
        return False
    return any(True for document in documents for _ in in_the_open(document, ()))


def committed(here: "Repository", content: ToCommit, turn: "Turn", branch: str | None) -> str:
    """Commit it, on a new branch where one is named; the commit's hash.

    Raises:
        UsageError: the branch exists, or is not a name for one.
        WorldError: Git refused.
    """
    from pipeline.adapters.git.commit import RepositoryWriter

    return RepositoryWriter(here.root, turn).commit(content.changes, content.message, branch)


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
