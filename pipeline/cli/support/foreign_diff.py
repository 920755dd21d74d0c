"""``diff --flux``, ``--argocd`` and ``--helmfile``: two revisions of a repository without a pipeline.yaml.

What the other tool declares at each revision is taken over into a folder of its own, vendored and rendered there, and
compared. Nothing is written beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from pipeline import rules
from pipeline.adapters.declared_elsewhere import RepositoryAround, declared
from pipeline.adapters.disk import Disk
from pipeline.adapters.git import trees
from pipeline.adapters.git.door import repository_root
from pipeline.adapters.git.remote import address
from pipeline.adapters.guard import private_folder
from pipeline.cli.support.diff_request import DiffRequest
from pipeline.cli.support.diffing import Comparison
from pipeline.cli.support.log_lines import unheard_where_needed
from pipeline.cli.support.progress import progress
from pipeline.cli.support.tree_diffing import repository as compared
from pipeline.cli.support.tree_diffing import titled
from pipeline.core.charts.lock import ChartLock
from pipeline.core.config.diff_source import DiffSource, SourceKind
from pipeline.core.config.model import FILE, Config
from pipeline.core.config.read import read
from pipeline.core.errors import MissingFileError, UsageError
from pipeline.core.migration.imported import Imported, ImportedRelease, LeftOut
from pipeline.core.migration.repository_files import repository_files
from pipeline.core.render.file_edits import Edits
from pipeline.core.render.file_tree import Tree
from pipeline.core.render.layout import FOLDER as RENDERED
from pipeline.core.safe_path import SafePath
from pipeline.core.words import agreeing, counted
from pipeline.flows.render.render import render
from pipeline.flows.vendor import vendor
from pipeline.report.safe_text import safe
from pipeline.wiring import Repository

TOOLS = ("flux", "argocd", "helmfile")
_ASIDE = "declared"
"""Where values files of the other tool go that would be taken for our own."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """``tool`` is one of TOOLS, ``place`` the folder or file that it reads; ``kube`` the version to render for."""

    tool: str
    place: Path
    kube: str = ""


@dataclass(frozen=True, slots=True)
class _ForeignSide:
    title: str
    config: Config
    left_out: tuple[LeftOut, ...]
    folder: Path


def compared_foreign(what: Foreign, old: DiffSource, new: DiffSource, asked: DiffRequest) -> Comparison:
    """Compare what ``what`` declares at ``old`` (nothing, where it is not there yet) and at ``new``.

    Raises:
        UsageError: there is no such place, or nothing is declared there; a source is neither a revision nor worktree.
        ConfigError, WorldError, RenderErrors: as ``init --from``, ``vendor`` and ``render``.
    """
    with private_folder("declared") as folder:
        sides = [
            _taken_over(what, source, folder / SafePath(name), missing_ok=name == "old")
            for name, source in (("old", old), ("new", new))
        ]
        _say(sides[1].left_out)
        wanted = _known(asked, [side.config for side in sides])
        for side in sides:
            _render(side, asked)
        places = [DiffSource(SourceKind.DIR, str(side.folder)) for side in sides]
        comparison = compared(places[0], places[1], wanted)
    return Comparison(replace(comparison.report, old=sides[0].title, new=sides[1].title))


def _taken_over(what: Foreign, source: DiffSource, folder: Path, *, missing_ok: bool) -> _ForeignSide:
    """One side as a repository of ours, in ``folder``, with nothing rendered yet."""
    start = what.place if what.place.is_dir() else what.place.parent
    if not start.is_dir():
        raise MissingFileError(f"{what.place} does not exist", hint=f"pipeline diff --{what.tool} PATH")
    if what.tool != "helmfile" and not what.place.is_dir():
        raise UsageError(f"{what.place} is not a folder", hint=f"pipeline diff --{what.tool} .")
    top = repository_root(start)
    inside = what.place.resolve().relative_to(top.resolve()).as_posix()
    tree, title = _tree(source, top)
    files = folder / SafePath("files")
    if isinstance(tree, trees.GitTree):
        _write(files, tree.read(tree.paths("")))
    else:
        files = top
    place = files / SafePath(inside) if inside != "." else files
    made = folder / SafePath("made")
    (made / SafePath(RENDERED)).mkdir(parents=True)
    try:
        imported = declared(place, RepositoryAround(files, address(top), from_top=True), [what.tool])
    except MissingFileError:
        if not missing_ok:
            raise
        return _ForeignSide(title, read("releases: []\n"), (), made)
    except UsageError as error:
        said = error.message.replace(str(place), str(what.place))
        raise UsageError(f"{title}: {said}", hint=f"name the folder that holds all of it: --{what.tool} .") from error
    moved = _moved(imported)
    texts, left_out = repository_files(moved)
    _write(made, {name: text.encode() for name, text in texts.items()} | _own_files(imported, files))
    return _ForeignSide(title, _config(texts[FILE], what.kube), left_out, made)


def _tree(source: DiffSource, top: Path) -> tuple[Tree, str]:
    if source.kind is SourceKind.WORKTREE:
        return trees.DirectoryTree(top), str(source)
    if source.kind not in (SourceKind.REF, SourceKind.MERGE_BASE):
        raise UsageError(f"{source} is no revision of this repository", hint="compare revisions, or one with worktree")
    commit = trees.commit_of(top, source)
    return trees.GitTree(top, commit), titled(source, commit)


def _moved(imported: Imported) -> Imported:
    """With the values files at the places that they are copied to."""

    def there(release: ImportedRelease) -> ImportedRelease:
        return replace(release, value_files=tuple(_aside(file) for file in release.value_files))

    return replace(imported, releases={name: tuple(map(there, rows)) for name, rows in imported.releases.items()})


def _aside(file: str) -> str:
    return f"{_ASIDE}/{file}" if file.startswith("values/") else file


def _own_files(imported: Imported, top: Path) -> dict[str, bytes]:
    """The values files and the charts of the repository that its releases name."""
    tree, files = trees.DirectoryTree(top), dict[str, bytes]()
    every = [release for rows in imported.releases.values() for release in rows]
    for file, data in tree.read(sorted({file for release in every for file in release.value_files})).items():
        files[_aside(file)] = data
    for chart in {release.chart.removeprefix("./") for release in every if release.chart.startswith("./")}:
        files |= tree.read(tree.paths(chart))
    return files


def _config(text: str, kube: str) -> Config:
    config = read(text, rule_ids=rules.names())
    raised = {name: replace(environment, kube_version=kube) for name, environment in config.environments.items()}
    return replace(config, environments=raised) if kube else config


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    Disk(folder).carry_out(Edits(files=files))


def _known(asked: DiffRequest, configs: Sequence[Config]) -> DiffRequest:
    """What was asked for; every name is on one of both sides."""
    environments = {name for config in configs for name in config.environments}
    releases = {release.name for config in configs for release in config.releases}
    for what, names, known in (
        ("environment", asked.environments, environments),
        ("release", asked.releases, releases),
    ):
        for name in names:
            if name not in known:
                raise UsageError(f"no {what} {name!r} is declared", hint=f"one of {', '.join(sorted(known)) or 'none'}")
    return asked


def _render(side: _ForeignSide, asked: DiffRequest) -> None:
    """Vendor and render what was asked for, of what there is on that side."""
    here, disk = Repository(side.folder, side.config), Disk(side.folder)
    pairs = [
        (environment, release)
        for environment, release in side.config.pairs()
        if not asked.environments or environment.name in asked.environments
        if not asked.releases or release.name in asked.releases
    ]
    if not pairs:
        return
    with disk.alone("diff") as alone, alone.as_one() as one, progress(f"vendor {side.title}") as tell:
        names = sorted({release.name for _, release in pairs})
        done = vendor(side.config, ChartLock(), names, one, here.chart_source(), work=here.fetching(one, tell))
        one.carry_out(done.edits)
    with progress(f"render {side.title}") as tell:
        disk.carry_out(render(side.config, done.lock, tuple(pairs), here.render_world(), tell).whole().edits)


def _say(left_out: Sequence[LeftOut]) -> None:
    for omission in left_out:
        click.echo(unheard_where_needed(safe(f"{omission}\n")), nl=False, err=True)
    if left_out:
        number = len(left_out)
        click.echo(f"{counted(number, 'thing')} {agreeing(number, 'is')} not compared: see above", err=True)
