"""Checks that everything pipeline reads is checked out: a sparse checkout must not look like removed files."""

from collections.abc import Iterable
from pathlib import Path

from pipeline.adapters.git.door import ask
from pipeline.adapters.write_ahead.place import state_place
from pipeline.core.errors import UsageError
from pipeline.core.words import command, listed

_LEFT_OUT = "S "
"""How ``git ls-files -t`` marks a file that is not to be in the work tree."""


def check_whole(root: Path, paths: Iterable[str]) -> None:
    """That no file of the repository at or below ``paths`` is left out of the work tree.

    Raises:
        UsageError: some are.
    """
    place = state_place(root)
    if not place.in_git or not (place.folder.parent / "info/sparse-checkout").exists():
        return
    wanted = tuple(paths)
    listing = ask(root, "ls-files", "-t", "-z", "--", *wanted).stdout.decode("utf-8", "surrogateescape")
    rows = (row.removeprefix(_LEFT_OUT) for row in listing.split("\0") if row.startswith(_LEFT_OUT))
    missing = [path for path in rows if not (root / path).exists()]
    if missing:
        hint = f"{command('git', 'sparse-checkout', 'add', *wanted)}, or git sparse-checkout disable"
        raise UsageError(f"{listed(missing, 1)}: not checked out (this is a sparse checkout)", hint=hint)
