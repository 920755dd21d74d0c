"""The comparison of two trees, once the options of ``pipeline diff`` are read: gather both sides, judge them."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import rules
from pipeline.adapters.cache.cache import Cache, CacheUse
from pipeline.adapters.cache.digest_tree import DigestTree
from pipeline.adapters.cache.documents import DocumentCache
from pipeline.adapters.cache.tool_version import tool_version
from pipeline.adapters.user_folders import cache_folder
from pipeline.cli.support.diff_request import DiffRequest
from pipeline.cli.support.diffing import Comparison, report_check, severity
from pipeline.cli.support.outdated_notice import outdated_here
from pipeline.cli.support.timings import timings
from pipeline.core.config.diff_source import DiffSource, SourceKind
from pipeline.core.config.shards import parse_shard
from pipeline.core.errors import MissingFileError
from pipeline.core.judge.snapshot import Snapshot
from pipeline.core.ports import NOTHING_KEPT, Memory
from pipeline.core.render.file_tree import Tree
from pipeline.core.render.hand_edits import HandEdit, HandEditKind
from pipeline.core.render.layout import FOLDER as RENDERED
from pipeline.core.render.manifests import ParsedDocuments
from pipeline.flows.committed import ReleaseSelection
from pipeline.flows.diff_repository import DiffTerms, diff_repository
from pipeline.flows.kept_sides import NOTHING_KNOWN, KeptSides
from pipeline.flows.protected import protected_config
from pipeline.flows.read_rendered import RenderedSnapshot, read_manifests, read_rendered

_MOST_KEPT = 20_000
_SHORT = 10
"""Characters of a commit's id, as a person reads it."""
if TYPE_CHECKING:
    from pipeline.adapters.git.trees import GitTree
    from pipeline.wiring import Repository


def repository(old: DiffSource, new: DiffSource, asked: DiffRequest) -> Comparison:
    """Compare two rendered trees, under the policy of the merge base, or of the pipeline.yaml that is at work here."""
    sources, kept, memory = (old, new), DocumentCache.of_user(), _memory(asked)
    late: tuple[str, ...] = ()
    vendored: tuple[HandEdit, ...] = ()
    wanted = ReleaseSelection(frozenset(asked.environments), frozenset(asked.releases))
    shard = parse_shard(asked.shard) if asked.shard else None
    if any(source.kind is not SourceKind.DIR for source in sources):
        from pipeline.wiring import repository as repository_here

        here = repository_here()
        releases = here.config.releases
        here.config.pairs(asked.environments, asked.releases)
        terms = DiffTerms.of(here.config, _today(), severity(asked.fail_on) if asked.fail_on else None)
        if SourceKind.WORKTREE in (old.kind, new.kind):
            here.check_whole()
        terms = _under_protected_policy(terms, old, here)
        with timings().step("read both sides"):
            known = KeptSides(memory)
            sides = [_rendered(source, wanted, here, kept, known) for source in sources]
        if new.kind is SourceKind.WORKTREE:
            with timings().step("look for what is outdated"):
                late, vendored = outdated_here(here, wanted), vendored_by_hand(here)
    else:
        releases, terms = (), DiffTerms(_today(), severity(asked.fail_on))
        with timings().step("read both sides"):
            sides = [_rendered(source, wanted, None, kept) for source in sources]
    terms = replace(terms, shard=shard, check=report_check(asked=asked.double_check), memory=memory)
    with timings().step("compare and judge"):
        report = diff_repository(sides[0], sides[1], rules.load, terms)
    own = {file for release in releases for env in release.environments for file in release.value_files(env)}
    edits = (*sides[1].hand_edits, *vendored)
    return Comparison(report, edits, late, all(_taken_from(side, own) for side in sides))


def _memory(asked: DiffRequest) -> Memory:
    """What earlier comparisons learnt; nothing where somebody wants all to be looked at."""
    if asked.double_check or not CacheUse.wanted:
        return NOTHING_KEPT
    return Cache(cache_folder("sides"), tool_version(), _MOST_KEPT)


def rendered_sides(sources: Sequence[DiffSource], environments: tuple[str, ...]) -> list[Snapshot]:
    """What is rendered at each of ``sources``, none of which is a chart."""
    here, kept = None, DocumentCache.of_user()
    if any(source.kind is not SourceKind.DIR for source in sources):
        from pipeline.wiring import repository as repository_here

        here = repository_here()
        here.config.pairs(environments, ())
    wanted = ReleaseSelection(frozenset(environments), frozenset())
    return [_rendered(source, wanted, here, kept).snapshot for source in sources]


def vendored_by_hand(here: "Repository") -> tuple[HandEdit, ...]:
    """The vendored charts of the work tree that are not as the lock says, though they are there."""
    disk = here.disk
    there = (chart for chart in here.lock.charts if disk.vendored_digest(chart.folder) != chart.tree)
    return tuple(HandEdit(chart.folder, HandEditKind.VENDORED) for chart in there if disk.paths(chart.folder))


def _taken_from(side: RenderedSnapshot, own: AbstractSet[str]) -> bool:
    """Whether the values files that it names are among ``own`` or in ``values/``."""
    files = (file for inputs in side.inputs.values() for file in inputs.values)
    return all(file.startswith("values/") or file in own for file in files)


def _under_protected_policy(terms: DiffTerms, old: DiffSource, here: "Repository") -> DiffTerms:
    """Where the old side is the merge base, its policy decides."""
    if old.kind is not SourceKind.MERGE_BASE:
        return terms
    base = protected_config(_commit_tree(old, here.root), str(old))
    if base is None:
        return terms
    severities = {rule.id: rule.severity for rule in rules.load()}
    return terms.decided_by(base, str(old), here.config, severities)


def _commit_tree(source: DiffSource, root: Path) -> "GitTree":
    from pipeline.adapters.git import trees
    from pipeline.adapters.git.door import repository_root

    top = repository_root(root)
    return trees.GitTree(top, trees.commit_of(top, source), root.resolve().relative_to(top.resolve()).as_posix())


def titled(source: DiffSource, commit: str) -> str:
    """As reports name a side: ``ref:HEAD (1454c0349e)``."""
    return f"{source} ({commit[:_SHORT]})"


def _rendered(
    source: DiffSource,
    wanted: ReleaseSelection,
    here: "Repository | None",
    kept: ParsedDocuments,
    known: KeptSides = NOTHING_KNOWN,
) -> RenderedSnapshot:
    from pipeline.adapters.charts.load_chart import chart_of, chart_within
    from pipeline.adapters.git import trees

    tree: Tree
    if source.kind is SourceKind.DIR:
        folder = Path(source.argument)
        if not folder.is_dir():
            raise MissingFileError(f"{source} does not exist", hint="give a folder of manifests, or a repository")
        tree = trees.DirectoryTree(folder)
        if not (folder / RENDERED).is_dir():
            return read_manifests(str(source), tree, kept)
        return read_rendered(str(source), tree, wanted, chart_of, kept)
    if source.kind is SourceKind.EMPTY:
        return RenderedSnapshot(Snapshot(str(source), {}), {})
    assert here is not None, "BUG: a repository's source without a repository"
    if source.kind is SourceKind.CLUSTER:
        from pipeline.cli.support.cluster_side import cluster_side

        return cluster_side(source.argument, wanted, kept)
    charts = chart_within(here.config.limits.charts)
    if source.kind is SourceKind.WORKTREE:
        tree = DigestTree(here.root) if known.used else trees.DirectoryTree(here.root)
        return read_rendered(str(source), tree, wanted, charts, kept, sides=known)
    commit = _commit_tree(source, here.root)
    return read_rendered(titled(source, commit.commit), commit, wanted, charts, kept, sides=known)


def _today() -> date:
    return datetime.now(tz=UTC).date()
