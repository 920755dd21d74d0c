"""The report of a comparison that was made before of the same two trees, under the same policy, on the same day.

Digests identify the inputs of a report: of a commit its name and its tree, of the work tree each file that a comparison
reads. An entry is what ``-o json`` prints, in which no secret value is left, and nothing else.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from pipeline.adapters.cache.cache import Cache
from pipeline.adapters.user_folders import cache_folder
from pipeline.core.charts.lock import FILE as LOCK
from pipeline.core.charts.lock import FOLDER as VENDORED
from pipeline.core.config.diff_source import DiffSource, SourceKind
from pipeline.core.config.model import FILE as CONFIG
from pipeline.core.render.layout import FOLDER as RENDERED

if TYPE_CHECKING:
    from pipeline.cli.support.diff_request import DiffRequest
    from pipeline.cli.support.diffing import Comparison
    from pipeline.core.judge.report_document import ReportDocument
    from pipeline.core.render.hand_edits import HandEdit
    from pipeline.wiring import Repository

_MOST = 200
_COMMITTED = frozenset({SourceKind.REF, SourceKind.MERGE_BASE})
_KEPT = _COMMITTED | {SourceKind.WORKTREE, SourceKind.EMPTY}
_FOLDERS = ("values", "overlays")


@dataclass(frozen=True, slots=True)
class ShownReport:
    """``hand_edits`` are what is not as it was rendered, on the new side."""

    document: "ReportDocument"
    hand_edits: "tuple[HandEdit, ...]" = ()
    outdated: tuple[str, ...] = ()
    """Releases of the work tree, on the new side, that are not as they would be rendered now."""


def of_comparison(comparison: "Comparison") -> ShownReport:
    from pipeline.report.structured import document

    return ShownReport(document(comparison.report), comparison.hand_edits, comparison.outdated)


def kept_or(old: DiffSource, new: DiffSource, asked: "DiffRequest", compare: "Callable[[], Comparison]") -> ShownReport:
    """The report of an equal comparison where one was made, else that of ``compare``."""
    from pipeline.cli.support.timings import timings

    with timings().step("look for an equal comparison"):
        key, cache = _key(old, new, asked), None
    if key:
        from pipeline.adapters.cache.tool_version import tool_version

        cache = Cache(cache_folder("reports"), tool_version(), _MOST)
        report = _read(cache.get(key))
        if report is not None:
            return report
    made = compare()
    with timings().step("hide secrets"):
        shown = of_comparison(made)
    if cache is not None and made.own_inputs and _key(old, new, asked) == key:  # nothing has changed meanwhile
        cache.put(key, _written(shown))
    return shown


def _key(old: DiffSource, new: DiffSource, asked: "DiffRequest") -> str:
    """Of everything that the report is made of; empty where that cannot be told."""
    if not {old.kind, new.kind} <= _KEPT or asked.double_check:
        return ""
    from pipeline.wiring import repository

    here = repository()
    sides = [_side(source, here) for source in (old, new)]
    if not all(sides):
        return ""
    policy = _digest(here.disk.read(CONFIG) or b"")
    wanted = [list(asked.environments), list(asked.releases), asked.fail_on, asked.shard]
    parts = [str(old), str(new), *sides, policy, wanted, today()]
    return _digest(orjson.dumps(parts))


def today() -> str:
    """Waivers end with a day."""
    return datetime.now(tz=UTC).date().isoformat()


def _side(source: DiffSource, here: "Repository") -> str:
    if source.kind is SourceKind.EMPTY:
        return "empty"
    if source.kind in _COMMITTED:
        from pipeline.adapters.git import trees
        from pipeline.adapters.git.door import repository_root

        top = repository_root(here.root)
        folder = here.root.resolve().relative_to(top.resolve()).as_posix()
        known = trees.commit_of(top, source)
        return f"{known}:{trees.tree_id(top, known, '' if folder == '.' else folder)}"  # a report names the commit
    return _worktree(here)


def _worktree(here: "Repository") -> str:
    """Empty where a link is among what people wrote: what it leads to is not known by its name."""
    from pipeline.adapters.cache.file_digests import FileDigests
    from pipeline.adapters.descriptors import FileKind

    rows = []
    for folder in (RENDERED, VENDORED, *_FOLDERS):
        entries = FileDigests(here.root).below(folder)
        if folder in _FOLDERS and any(entry.kind is FileKind.LINK for entry, _ in entries):
            return ""
        rows += [f"{folder}/{entry.path}\0{entry.kind}\0{entry.executable}\0{digest}" for entry, digest in entries]
    own = sorted(
        {file for release in here.config.releases for env in release.environments for file in release.value_files(env)}
    )
    rows += [f"{path}\0{_digest(here.disk.read(path) or b'')}" for path in (LOCK, *own)]
    return _digest("\n".join(sorted(rows)).encode("utf-8", "surrogateescape"))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _read(raw: bytes | None) -> ShownReport | None:
    if raw is None:
        return None
    from pipeline.core.judge.report_document import from_data
    from pipeline.core.render.hand_edits import HandEdit, HandEditKind

    try:
        data: dict[str, Any] = orjson.loads(raw)
        edits = tuple(HandEdit(str(path), HandEditKind(kind)) for path, kind in data["edits"])
        return ShownReport(from_data(data["report"]), edits, tuple(map(str, data["outdated"])))
    except (ValueError, KeyError, TypeError):
        return None


def _written(shown: ShownReport) -> bytes:
    from pipeline.report.structured import render

    edits = [[edit.path, str(edit.kind)] for edit in shown.hand_edits]
    rest = orjson.dumps({"edits": edits, "outdated": shown.outdated})
    return b'{"report":' + render(shown.document).encode("utf-8", "surrogatepass") + b"," + rest[1:]
