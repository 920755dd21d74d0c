"""Reads a side of a comparison from files: a rendered/ tree with its indexes, or a folder of plain manifests."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial

from pipeline.core.charts.chart import Chart, ValuesLayer
from pipeline.core.charts.lock import FILE as LOCK
from pipeline.core.charts.lock import FOLDER as VENDORED
from pipeline.core.charts.lock import ChartLock
from pipeline.core.charts.lock import folder as chart_folder
from pipeline.core.charts.lock_text import from_text
from pipeline.core.charts.stored_names import original
from pipeline.core.charts.values import values_of
from pipeline.core.errors import ConfigError, WorldError
from pipeline.core.judge.snapshot import ReleaseKey, ReleaseSide, Snapshot
from pipeline.core.kube.resource import ManifestSet
from pipeline.core.render.file_tree import Tree
from pipeline.core.render.hand_edits import HandEdit
from pipeline.core.render.layout import OLD_INDEX, index_place
from pipeline.core.render.manifests import ParsedDocuments
from pipeline.core.render.overlay import path_of_recorded
from pipeline.core.render.rendered_tree import Index, Inputs, digest
from pipeline.core.risk.upgrade import Side
from pipeline.core.yaml.reader import YamlError
from pipeline.flows.committed import ReleaseSelection, parsed
from pipeline.flows.kept_sides import NOTHING_KNOWN, KeptSides
from pipeline.flows.side_objects import read_objects

MakeChart = Callable[[Mapping[str, bytes], str, str], Chart]
"""``(files, digest, title)``: the chart that files make up."""
_YAML = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class RenderedSnapshot:
    """A snapshot, and what its indexes say that it was made of."""

    snapshot: Snapshot
    inputs: Mapping[ReleaseKey, Inputs]
    hand_edits: tuple[HandEdit, ...] = ()
    """What is not as it was rendered."""


def read_rendered(
    source: str,
    tree: Tree,
    wanted: ReleaseSelection,
    make_chart: MakeChart,
    kept: ParsedDocuments | None = None,
    *,
    sides: KeptSides = NOTHING_KNOWN,
) -> RenderedSnapshot:
    """Every release below rendered/ that ``wanted`` takes; a tree without any is an empty snapshot.

    ``sides`` is for trees whose ids cost less than what lies in their files.

    Raises:
        StaleError: an index cannot be read.
        WorldError: a rendered file is gone, or it or a values file is not valid YAML.
    """
    objects, charts = read_objects(tree, wanted, kept, sides), _Charts(tree, make_chart)
    releases, inputs = {}, {}
    for place, index in objects.indexes.items():
        key = ReleaseKey(index.environment, index.release)
        releases[key] = _release(index, objects.manifests[place], tree, charts, objects.digests.get(place, ""))
        inputs[key] = index.inputs
    versions = sorted({one.helm_version for one in inputs.values()})
    snapshot = Snapshot(source, releases, {}, helm_version=versions[-1] if versions else "")
    return RenderedSnapshot(snapshot, inputs, objects.edits)


def read_manifests(source: str, tree: Tree, kept: ParsedDocuments | None = None) -> RenderedSnapshot:
    """A folder of YAML and JSON files, whoever made it, as one release.

    Raises:
        WorldError: a file is not valid YAML.
    """
    paths = [path for path in tree.paths("") if path.endswith(_YAML) and not _is_index(path)]
    resources = [
        r for path, data in sorted(tree.read(paths).items()) for r in parsed(path, data, "", "", kept).resources
    ]
    side = ReleaseSide("", Side(ManifestSet.of(resources)))
    return RenderedSnapshot(Snapshot(source, {ReleaseKey("", "manifests"): side}), {})


def _is_index(path: str) -> bool:
    """Of a release, in a folder that is a part of a rendered tree, or a copy of one."""
    return index_place(path) is not None or path.endswith(f"/{OLD_INDEX}")


def _release(index: Index, manifests: ManifestSet, tree: Tree, charts: "_Charts", known: str) -> ReleaseSide:
    """``known`` is the digest of the index where the files are as it says; the chart is read when it is asked for."""
    inputs = index.inputs
    layers, overlay = tuple(_layers(inputs, tree)), dict(_overlay(index, tree))
    side = Side(manifests, None, layers, notes=index.notes, overlay=overlay)
    context = (inputs.kube_version, inputs.helm_version, inputs.form, inputs.release_name, *inputs.apis)
    release = ReleaseSide(inputs.namespace, side, inputs.chart, inputs.version, inputs.chart_digest, context)
    if not known:
        return replace(release, side=replace(side, chart=charts.get(inputs)))
    parts = [known, charts.stamp(inputs), [layer.file for layer in layers], sorted(overlay.items())]
    stamp = hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()
    return replace(release, inputs=stamp, read_chart=partial(charts.get, inputs))


def _layers(inputs: Inputs, tree: Tree) -> Iterable[ValuesLayer]:
    """The values files that the render was made of. One that has changed since is not what made it, and left out."""
    contents = tree.read(inputs.values)
    for file, known in inputs.values.items():
        data = contents.get(file)
        if data is not None and digest(data) == known:
            yield _layer(file, data)


def _layer(file: str, data: bytes) -> ValuesLayer:
    try:
        text = data.decode()
        return ValuesLayer(file, text, values_of(text))
    except (UnicodeDecodeError, YamlError) as error:
        hint = "correct the file, then run pipeline render: no render can have been made of it as it is"
        raise WorldError(f"values file {file} cannot be read: {error}", hint=hint) from error


def _overlay(index: Index, tree: Tree) -> Iterable[tuple[str, str]]:
    """The overlay's files as they were when it was rendered; one that has changed since reads as empty."""
    paths = {name: path_of_recorded(index.release, name) for name in index.inputs.overlay}
    contents = tree.read(paths.values())
    for name, known in index.inputs.overlay.items():
        data = contents.get(paths[name], b"")
        yield paths[name], data.decode(errors="replace") if digest(data) == known else ""


class _Charts:
    """The vendored charts of one tree, each read once."""

    def __init__(self, tree: Tree, make_chart: MakeChart) -> None:
        self._tree, self._make = tree, make_chart
        self._known: dict[str, Chart | None] = {}
        self._stamps: dict[str, str] = {}
        self._archives = {chart.folder: chart.archive for chart in _lock(tree).charts}

    def stamp(self, inputs: Inputs) -> tuple[str, str]:
        """A digest of the ids of its files, and where it came from."""
        folder = chart_folder(inputs.chart, inputs.version)
        if folder not in self._stamps:
            rows = [f"{path}\0{id_}" for path, id_ in self._ids.items() if path.startswith(f"{folder}/")]
            self._stamps[folder] = hashlib.sha256("\0".join(rows).encode("utf-8", "surrogateescape")).hexdigest()
        return self._stamps[folder], self._archives.get(folder, "")

    @cached_property
    def _ids(self) -> Mapping[str, str]:
        return self._tree.ids(VENDORED)

    def get(self, inputs: Inputs) -> Chart | None:
        """None where it is not vendored there."""
        folder = chart_folder(inputs.chart, inputs.version)
        if folder not in self._known:
            files = self._tree.read(self._tree.ids(folder))
            below = {original(path.removeprefix(f"{folder}/")): data for path, data in files.items()}
            title = f"{inputs.chart} {inputs.version}"
            made = self._make(below, inputs.chart_digest, title) if "Chart.yaml" in below else None
            self._known[folder] = made and replace(made, archive=self._archives.get(folder, ""))
        return self._known[folder]


def _lock(tree: Tree) -> ChartLock:
    """The tree's own lock; an empty one where it has none that can be read: that is vendor's to tell."""
    try:
        return from_text(tree.read([LOCK]).get(LOCK, b"").decode())
    except (ConfigError, UnicodeDecodeError):
        return ChartLock()
