"""Which files are ours to commit: those that an index or the lock names and that differ from the last commit."""

from collections.abc import Mapping

from pipeline.core.charts.lock import ATTRIBUTES_FILE
from pipeline.core.charts.lock import FILE as LOCK
from pipeline.core.charts.lock import FOLDER as VENDORED
from pipeline.core.charts.lock_text import from_text
from pipeline.core.errors import ConfigError
from pipeline.core.render.file_tree import Tree
from pipeline.core.render.layout import FOLDER, index_place
from pipeline.core.render.rendered_tree import all_readable, from_bytes


def changed(head: Tree | None, worktree: Tree) -> dict[str, str]:
    """Our paths whose content differs between the last commit (None: there is none yet) and the work tree, sorted.

    Each with the id of its content in the work tree, empty where it is gone.

    What the last commit has damaged is ours too: the commit that fixes it must be possible.

    Raises:
        StaleError: an index in the work tree cannot be read.
        ConfigError: the lock there cannot be read.
    """
    before = _owned(head, damaged=True) if head is not None else {}
    after = _owned(worktree)
    differing = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    return {path: after.get(path, "") for path in differing}


def _owned(tree: Tree, *, damaged: bool = False) -> Mapping[str, str]:
    """The ids of our files: the lock, the charts it names, and what each index names. ``damaged`` ones name nothing."""
    ids = dict(tree.ids(FOLDER))
    indexes = [path for path in ids if index_place(path) is not None]
    ours = set(indexes)
    for path, data in tree.read(indexes).items():
        found = all_readable(data, path) if damaged else (from_bytes(data, path),)
        ours |= {file for index in found for file in index.files}
    lock = tree.read([LOCK]).get(LOCK)
    own = {path: ids[path] for path in ours if path in ids}
    if lock is None:
        return own
    own |= {**tree.ids(LOCK), **tree.ids(ATTRIBUTES_FILE)}
    try:
        charts = from_text(lock.decode(errors="replace")).charts
    except ConfigError:
        if not damaged:
            raise
        charts = ()
    folders = {chart.folder for chart in charts}
    vendored = tree.ids(VENDORED) if folders else {}
    return own | {path: blob for path, blob in vendored.items() if "/".join(path.split("/")[:3]) in folders}
