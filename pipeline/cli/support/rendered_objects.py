"""Finds objects by kind and name in the rendered tree of the work tree, or of a commit, with what they are made of."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.adapters.cache.documents import DocumentCache
from pipeline.adapters.charts.load_chart import chart_within
from pipeline.adapters.git import trees
from pipeline.adapters.git.door import repository_root
from pipeline.core.analysis.line_origins import RenderedLine, rendered_lines
from pipeline.core.errors import UsageError
from pipeline.core.judge.masked_snapshot import masked
from pipeline.core.judge.snapshot import Snapshot
from pipeline.core.kube.resource import Delivery, Resource
from pipeline.core.redaction.mask import Mask
from pipeline.core.render.file_tree import Tree
from pipeline.core.render.hand_edits import HandEdit
from pipeline.core.render.layout import folder_of, hooks_of, owner, placed
from pipeline.core.words import listed
from pipeline.flows.committed import ReleaseSelection
from pipeline.flows.read_rendered import read_rendered
from pipeline.wiring import Repository, repository

_SUGGESTED = 4


@dataclass(frozen=True, slots=True)
class ShownObject:
    """``home`` is ``prod/web``, ``file`` where it lies, ``template`` what made it (empty: an overlay)."""

    home: str
    file: str
    template: str
    lines: tuple[RenderedLine, ...]


def find(
    name: tuple[str, str], revision: str, environments: tuple[str, ...], releases: tuple[str, ...]
) -> tuple[list[ShownObject], tuple[HandEdit, ...]]:
    """Every object of that kind and name, in each release that renders it; and what was edited by hand in those.

    Raises:
        UsageError: there is none; the nearest are named.
    """
    here = repository()
    here.config.pairs(environments, releases)
    wanted = ReleaseSelection(frozenset(environments), frozenset(releases))
    charts, kept = chart_within(here.config.limits.charts), DocumentCache.of_user()
    rendered = read_rendered(revision or "worktree", _tree(here, revision), wanted, charts, kept)
    snapshot, _ = masked(rendered.snapshot, Snapshot("", {}), Mask())
    objects = list(_found(snapshot, *name))
    if not objects:
        raise UsageError(f"no rendered object is {'/'.join(name)}", hint=_near(snapshot, name[0]))
    homes = {shown_object.home for shown_object in objects}
    return objects, tuple(edit for edit in rendered.hand_edits if "/".join(owner(edit.path)) in homes)


def _tree(here: Repository, revision: str) -> Tree:
    if not revision:
        return trees.DirectoryTree(here.root)
    top = repository_root(here.root)
    folder = here.root.resolve().relative_to(top.resolve()).as_posix()
    return trees.GitTree(top, trees.resolve(top, revision), folder)


def _found(snapshot: Snapshot, kind: str, name: str) -> Iterator[ShownObject]:
    for key, release in sorted(snapshot.releases.items()):
        for below, resource in placed(release.side.manifests.resources):
            if _is(resource, kind, name):
                of = hooks_of if resource.delivery is Delivery.HOOK else folder_of
                lines = tuple(rendered_lines(resource, release.side))
                file = f"{of(key.environment, key.name)}/{below}"
                yield ShownObject(f"{key.environment}/{key.name}", file, resource.source, lines)


def _is(resource: Resource, kind: str, name: str) -> bool:
    own = resource.id
    return own.kind.lower() == kind.lower() and name in (own.name, f"{own.namespace}/{own.name}")


def _near(snapshot: Snapshot, kind: str) -> str:
    every = [resource for release in snapshot.releases.values() for resource in release.side.manifests.resources]
    alike = [resource for resource in every if resource.kind.lower() == kind.lower()] or every
    names = listed(sorted({f"{resource.kind}/{resource.id.name}" for resource in alike}), _SUGGESTED)
    return f"there are {names}" if names else "pipeline render writes them"
