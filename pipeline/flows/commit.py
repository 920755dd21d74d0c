"""Which files are ours to commit: what vendor and render wrote, and what they made it of.

A commit that has the rendered files and not the values they were rendered with would fail its own ``render --check``.
"""

import posixpath
from collections.abc import Mapping, Sequence

from pipeline.core.charts.dependencies import is_packed
from pipeline.core.charts.helmignore import FILE as RULES
from pipeline.core.charts.helmignore import IgnoreError, parse
from pipeline.core.charts.lock import ATTRIBUTES_FILE
from pipeline.core.charts.lock import FILE as LOCK
from pipeline.core.charts.lock import FOLDER as VENDORED
from pipeline.core.charts.lock_text import from_text
from pipeline.core.charts.stored_names import original
from pipeline.core.config.model import FILE as CONFIG
from pipeline.core.errors import ConfigError
from pipeline.core.render.file_tree import Tree
from pipeline.core.render.layout import FOLDER, INDEXES, index_place
from pipeline.core.render.overlay import path_of_recorded
from pipeline.core.render.rendered_tree import all_readable, from_bytes


def changed(head: Tree | None, worktree: Tree) -> dict[str, str]:
    """Our paths whose content differs between the last commit (None: there is none yet) and the work tree, sorted.

    Each with the id of its content in the work tree, empty where it is gone.

    What the last commit has damaged is ours too: the commit that fixes it must be possible. Besides, pipeline.yaml,
    the values and overlays that an index names, and charts of this repository go with what was made of them.

    Raises:
        StaleError: an index in the work tree cannot be read.
        ConfigError: the lock there cannot be read.
    """
    before = {**_owned(head, damaged=True)} if head is not None else {}
    after = {**_owned(worktree)}
    inputs = sorted(_inputs(worktree) | (_inputs(head) if head is not None else set()))
    before |= _ids(head, inputs) if head is not None else {}
    after |= _ids(worktree, inputs)
    differing = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    return {path: after.get(path, "") for path in differing}


def is_input(path: str) -> bool:
    """Whether people wrote the file: what vendor and render write lies elsewhere."""
    return not path.startswith((f"{FOLDER}/", f"{VENDORED}/")) and path not in (LOCK, ATTRIBUTES_FILE)


def _inputs(tree: Tree) -> set[str]:
    """pipeline.yaml, what keeps Git from changing bytes, and what the indexes say that they were rendered of."""
    paths = {CONFIG, ".gitattributes"}
    for path, data in tree.read(path for path in tree.ids(INDEXES)).items():
        for index in all_readable(data, path):
            paths |= set(index.inputs.values)
            paths |= {path_of_recorded(index.release, name) for name in index.inputs.overlay}
    return paths | _own_charts(tree)


def _own_charts(tree: Tree) -> set[str]:
    """What charts of this repository were vendored of: a clone without it could not vendor them again.

    Only what became part of the chart: what its .helmignore leaves out may be anybody's notes and passwords.
    """
    data = tree.read([LOCK]).get(LOCK, b"")
    try:
        lock = from_text(data.decode(errors="replace"))
    except ConfigError:
        return set()
    paths = set[str]()
    for pin in {locked.folder: locked.pin for locked in lock.releases.values()}.values():
        places = {"": pin.source, **{f"{dependency.path}/": dependency.source for dependency in pin.dependencies or ()}}
        local = {below: posixpath.normpath(place) for below, place in places.items() if "://" not in place}
        files = [original(path.removeprefix(f"{pin.folder}/")) for path in tree.ids(pin.folder)] if local else []
        for below, place in local.items():
            paths |= {place, *_packed_inside(tree, place)} | {
                posixpath.normpath(f"{place}/{file.removeprefix(below)}") for file in files if file.startswith(below)
            }
    return {path for path in paths if not path.startswith(("/", "../"))}


def _packed_inside(tree: Tree, place: str) -> list[str]:
    """The packed charts in the ``charts/`` of a chart folder, which lie unpacked in vendor_charts/."""
    top = "" if place == "." else f"{place}/"
    inside = (path.removeprefix(top) for path in tree.paths(top.rstrip("/")) if path.startswith(top))
    packed = [path for path in inside if is_packed(path)]
    try:
        rules = parse(tree.read([top + RULES]).get(top + RULES, b"").decode(errors="replace"))
    except IgnoreError:  # vendor refuses it
        return []
    return [top + path for path in packed if not rules.leaves_out(path)]


def _ids(tree: Tree, paths: Sequence[str]) -> dict[str, str]:
    """The ids of those that are files."""
    tops = sorted({path.partition("/")[0] for path in paths})
    ids = {path: blob for top in tops for path, blob in tree.ids(top).items()}
    return {path: ids[path] for path in paths if path in ids}


def _owned(tree: Tree, *, damaged: bool = False) -> Mapping[str, str]:
    """The ids of our files: the lock, the charts it names, and what each index names. ``damaged`` ones name nothing."""
    ids = dict(tree.ids(FOLDER))
    indexes = [path for path in ids if index_place(path) is not None]
    ours = set(indexes)
    for path, data in tree.read(indexes).items():
        indexes_read = all_readable(data, path) if damaged else (from_bytes(data, path),)
        ours |= {file for index in indexes_read for file in index.files}
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
