"""What the verbs report about files that were edited by hand."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from pipeline.core.render.hand_edits import HandEdit, HandEditKind
from pipeline.core.words import agreeing, left_over, one_per_line

if TYPE_CHECKING:
    from pipeline.adapters.write_ahead.aside import Aside
    from pipeline.adapters.write_ahead.turn import Turn
    from pipeline.core.render.file_tree import Tree
    from pipeline.wiring import Repository

_SHOWN = 20
RENDER = "pipeline render writes them again and keeps a copy of each; lasting changes belong into values/ and overlays/"
CONVERTED = "rendered/** -text in .gitattributes, then git checkout -- rendered: Git must not change line ends there"
VENDOR = "pipeline vendor brings each chart back and keeps a copy of what was edited; use values/ and overlays/"
ADDED = "a file that render did not write: remove it, or let an overlay add its object"

_HINTS = {
    HandEditKind.EDITED: RENDER,
    HandEditKind.REMOVED: RENDER,
    HandEditKind.CONVERTED: CONVERTED,
    HandEditKind.ADDED: ADDED,
    HandEditKind.VENDORED: VENDOR,
}


def say_edits(edits: Iterable[HandEdit]) -> None:
    """One line for each, on stderr, and what to do."""
    from pipeline.cli.support.recovery_notice import say

    every = list(edits)
    for line in one_per_line(map(str, every), _SHOWN, noun="file"):
        say(line)
    for hint in dict.fromkeys(_HINTS[edit.kind] for edit in every):
        click.echo(f"  try: {hint}", err=True)


def refuse_edits(here: "Repository", head: "Tree | None") -> None:
    """Nothing is committed as ours that somebody else wrote. What was only added is named, and not committed.

    Raises:
        StaleError: a rendered or vendored file was edited or removed by hand; each is named.
    """
    from pipeline.flows.committed import ReleaseSelection
    from pipeline.flows.find_hand_edits import refuse_spoiled, rendered_edits, vendored_edits

    edits = rendered_edits(here.worktree, ReleaseSelection())
    spoiled = [edit for edit in edits if edit.spoils]
    hints = dict.fromkeys(_HINTS[edit.kind] for edit in spoiled)
    refuse_spoiled(map(str, spoiled), "; ".join(hints))
    refuse_spoiled(vendored_edits(here.lock, here.disk, head), VENDOR)
    say_edits(edits)


@contextmanager
def kept_aside(here: "Repository", turn: "Turn | None") -> Iterator["Aside"]:
    """For ``Disk.carry_out``: copies of what was edited by hand, and each is named at the end."""
    from pipeline.adapters.write_ahead.aside import Aside

    assert turn is not None, "BUG: nobody's turn"
    aside = Aside(turn, here.is_committed())
    yield aside
    aside.close()
    _say_kept(aside)


def _say_kept(aside: "Aside") -> None:
    from pipeline.cli.support.recovery_notice import say

    kept_paths = set(aside.kept)
    for path in aside.edited[:_SHOWN]:
        where = f"it is kept as {aside.folder / path}" if path in kept_paths else "the last commit has it"
        say(f"{path} was edited by hand; {where}")
    for path in aside.removed[:_SHOWN]:
        say(f"{path} was removed by hand; it is written again")
    rest = max(0, len(aside.edited) - _SHOWN) + max(0, len(aside.removed) - _SHOWN)
    if rest:
        say(f"{left_over(rest, 'file')} that {agreeing(rest, 'was')} edited or removed by hand")
