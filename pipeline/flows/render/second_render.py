"""From Helm's texts to what is written: overlays, and a second render where the first may contain random values.

Such a path is volatile. With ``render: {volatile: freeze}`` it keeps what the rendered tree has there, so that equal
input gives equal files; the index names it either way.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from pipeline.core.config.model import Config
from pipeline.core.errors import PipelineError, RenderError, WorldError
from pipeline.core.kube.resource import ManifestSet, Resource
from pipeline.core.kube.scope import Scopes
from pipeline.core.kube.secrets import DATA, SOPS, holds_data, is_encrypted
from pipeline.core.ports import Progress
from pipeline.core.render.duplicates import duplicated, words
from pipeline.core.render.freeze import Frozen, frozen, told
from pipeline.core.render.layout import FOLDER, owner
from pipeline.core.render.manifests import as_written, parse
from pipeline.core.render.merged import sides
from pipeline.core.render.needless_files import needless_files
from pipeline.core.render.nondeterminism import Volatile, volatile
from pipeline.core.render.notes import Notes, VolatilePath
from pipeline.core.render.order import RenderedChart, RenderOrder
from pipeline.core.render.overlay import applied
from pipeline.core.render.overlay_effects import Effect, effects, in_order
from pipeline.core.render.random_functions import at_work, by_chance, in_values, templates_of
from pipeline.core.render.release_forms import AS_INSTALL
from pipeline.core.render.rendered_tree import IndexEntry
from pipeline.core.yaml.reader import YamlError
from pipeline.flows.render.attempt import order_of
from pipeline.flows.render.earlier import indexes_of
from pipeline.flows.render.jobs import Job, RenderPorts
from pipeline.flows.render.overlay_rules import located, refuse_idle_rules
from pipeline.flows.render.render_again import ComparedRenders, pairs_of
from pipeline.flows.render.safe_messages import failing

_REFUSED = "set the values that these functions stand for, or render.volatile: freeze, which keeps what is committed"


@dataclass(frozen=True, slots=True)
class Made:
    """One job's render: ``manifests`` are the chart's own, before any overlay."""

    job: Job
    answer: RenderedChart
    manifests: ManifestSet
    scopes: Scopes


@dataclass(frozen=True, slots=True)
class Settled:
    """What is to be written, what the index notes about it, and what is to be said.

    ``fresh`` is all from one render, before what varies got its committed value: who copies whom shows there.
    """

    manifests: ManifestSet
    notes: Notes
    fresh: ManifestSet
    warnings: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    """What will be said of the same the next time."""


def settle(
    made: Sequence[Made], apis: Mapping[str, frozenset[str]], config: Config, world: RenderPorts, progress: Progress
) -> list[Settled | PipelineError]:
    """Overlay each render, and deal with what is volatile in it; an error where its overlay does not build."""
    charts = {folder: _chances(folder, world) for folder in {chart.job.chart.folder for chart in made}}
    uses = [_functions(chart, charts[chart.job.chart.folder]) for chart in made]

    without = [
        _without(chart, charts[chart.job.chart.folder]) if used else () for chart, used in zip(made, uses, strict=True)
    ]

    def render(doubted: list[int], stand_ins: int) -> Iterable[RenderedChart | RenderError]:
        whole = [replace(_order(made[n], apis, world), stand_ins=stand_ins) for n in doubted]
        orders = [replace(o, without=without[n]) if stand_ins else o for n, o in zip(doubted, whole, strict=True)]
        for number, answer in enumerate(world.engine.render_all(orders), 1):
            progress(number, len(doubted), made[doubted[min(number, len(doubted) - 1)]].job.title)
            if isinstance(answer, RenderError) and orders[number - 1].without:  # it may need what was left out
                answer = next(iter(world.engine.render_all([whole[number - 1]])))  # noqa: PLW2901
            yield answer

    pairs = pairs_of(uses, [chart.answer.text for chart in made], world.pause, render, without)
    settled: list[Settled | PipelineError] = []
    for one, functions, pair in zip(made, uses, pairs, strict=True):
        try:
            _refuse_duplicates(one.job, one.manifests)
            settled.append(_settled(one, functions, pair, config, world))
        except PipelineError as error:
            settled.append(error)
    return settled


def _order(made: Made, apis: Mapping[str, frozenset[str]], world: RenderPorts) -> RenderOrder:
    order = order_of(made.job, apis[made.job.environment.name], world)
    as_install = any(line.startswith(AS_INSTALL) for line in made.answer.warnings)
    return replace(order, is_upgrade=False) if as_install else order


@dataclass(frozen=True, slots=True)
class _Chances:
    """What of a chart may be random: the functions by template, the texts that may call more, and its packed charts."""

    functions: Mapping[str, frozenset[str]]
    templates: tuple[str, ...]
    values: tuple[str, ...]
    packed: tuple[str, ...]
    needless: Callable[[tuple[str, ...]], tuple[str, ...]]
    """Of the texts of values that people set: files that renders with stand-ins can do without."""


def _chances(folder: str, world: RenderPorts) -> _Chances:
    tree = world.files.tree(folder)
    texts = {path: data.decode(errors="replace") for path, data in tree.items() if "templates/" in path}
    values = {path: data.decode(errors="replace") for path, data in tree.items() if path.endswith("values.yaml")}
    packed = tuple(path for path in tree if path.endswith(".tgz"))
    varying = by_chance(texts)
    files = dict.fromkeys(tree, "") | values | texts

    @cache  # releases of one chart mostly set the same, as far as templates are concerned
    def needless(layers: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(needless_files(files, varying, layers)))

    return _Chances(varying, tuple(texts.values()), tuple(values.values()), packed, needless)


def _without(made: Made, chances: _Chances) -> tuple[str, ...]:
    """What the renders with stand-ins leave out; an overlay may ask for any object of the chart."""
    if made.job.overlay is not None:
        return ()
    return chances.needless(tuple(layer.text for layer in made.job.layers if "{{" in layer.text))


def _functions(made: Made, chances: _Chances) -> frozenset[str]:
    """The random functions that may be at work in this render."""
    values = (*chances.values, *(layer.text for layer in made.job.layers))
    used = templates_of(made.answer.text)
    return at_work(used, chances.functions, chances.packed) | in_values(chances.templates, values)


def _settled(
    made: Made, functions: frozenset[str], pair: ComparedRenders | None, config: Config, world: RenderPorts
) -> Settled:
    job = made.job
    manifests, done = _overlaid(made, made.answer.text, made.manifests, world)
    if job.overlay is not None:
        written = as_written(made.answer.text, release=job.release.name)
        refuse_idle_rules(job.title, job.overlay, written, world.kustomize())
    _refuse_duplicates(job, manifests)
    varying: tuple[Volatile, ...] = ()
    if pair is not None:
        one, other = (_overlaid(made, text, None, world)[0] for text in (pair.one, pair.other))
        varying = volatile(manifests, one, other, by_stand_ins=pair.by_stand_ins)
        setting = config.secrets_of(job.release)
        varying = tuple(value for value in varying if not _left_out(value, manifests, setting))
    if not varying:
        return Settled(manifests, Notes((), overlaid=done), manifests)
    if config.volatile == "refuse":
        raise WorldError(f"{job.title}: {_what(varying, functions)}", hint=_REFUSED)
    freeze = config.volatile == "freeze"
    result = frozen(manifests, varying, _committed(job, world)) if freeze else Frozen(manifests)
    varying = tuple(replace(value, id=result.now(value.id)) for value in varying)
    paths = {VolatilePath(value.id, value.path, value.whole) for value in varying}  # in another order at each render
    ordered = tuple(sorted(paths, key=lambda path: (path.id, list(map(str, path.path)))))
    done = in_order(replace(effect, id=result.now(effect.id)) for effect in done)
    said, later = (_said(varying, left, functions, freeze=freeze) for left in (result.left, ()))
    notes = Notes(ordered, tuple(sorted(functions)), freeze, done)
    return Settled(result.manifests, notes, manifests, (said,), (later,))


def _refuse_duplicates(job: Job, manifests: ManifestSet) -> None:
    """Two documents of one name: the rendered tree has one file for each object, so neither can be chosen."""
    said = [f"{job.title}: {words(*pair)}" for pair in duplicated(manifests)]
    if said:
        hint = "set the values so that one of the templates does not render it, or name one of the objects otherwise"
        raise WorldError("\n".join(dict.fromkeys(said)), hint=hint)


def _left_out(varied: Volatile, manifests: ManifestSet, setting: str) -> bool:
    """Whether the object is a Secret that the tree leaves out."""
    return setting == "omit" and holds_data(manifests.by_id()[varied.id])


def _said(varying: tuple[Volatile, ...], left: tuple[Volatile, ...], functions: frozenset[str], *, freeze: bool) -> str:
    what = _what(varying, functions)
    if not freeze:
        return f"{what}; render.volatile allows it"
    if not left:
        return f"{what}; what is committed is kept"
    return f"{what}; what is committed is kept where it fits, and from now on: {told(left)}"


def _what(varying: tuple[Volatile, ...], functions: frozenset[str]) -> str:
    return f"renders another value each time ({', '.join(sorted(functions))}): {told(varying)}"


def _overlaid(
    made: Made, text: str, manifests: ManifestSet | None, world: RenderPorts
) -> tuple[ManifestSet, tuple[Effect, ...]]:
    """``manifests`` are what ``text``, Helm's output, holds, with their namespaces, where they were read before."""
    overlay, release = made.job.overlay, made.job.release
    if manifests is None:
        manifests = parse(text, namespace=release.namespace, release=release.name, scopes=made.scopes)
    if overlay is None:
        return manifests, ()
    written = as_written(text, release=made.job.release.name)
    try:
        over = applied(overlay, written, made.job.release.namespace, made.scopes, world.kustomize())
    except WorldError as refused:  # Kustomize quotes what it stumbles over
        error = located(refused, overlay, written, world.kustomize())
        raise WorldError(failing([made.job], world, [manifests])(error.message), hint=error.hint) from None
    return over, effects(manifests, over)


def _committed(job: Job, world: RenderPorts) -> ManifestSet:
    """What the rendered tree holds of the release now, Secrets decrypted where that can be done here."""
    of = (job.environment.name, job.release.name)
    entries: dict[str, IndexEntry] = {}
    for index in indexes_of(*of, world.files):
        entries = {**index.files, **entries}
    if not entries:  # where the index is damaged: better than to lose a password
        paths = (path for path in world.files.paths(FOLDER) if owner(path) == of and path.endswith(".yaml"))
        entries = {path: IndexEntry("") for path in paths}
    return ManifestSet.of(
        replace(_opened(resource, path, world), source=entry.source, delivery=entry.delivery)
        for path, entry in sorted(entries.items(), reverse=True)  # the last of two counts: that of today's layout
        for resource in _read(world.files.read(path) or b"", job)
    )


def _read(data: bytes, job: Job) -> tuple[Resource, ...]:
    """The objects of a rendered file; none where somebody made it no YAML, since it is about to be written again."""
    try:
        text = next(iter(sides(data)), data).decode()
        return parse(text, namespace=job.release.namespace, release=job.release.name).resources
    except (YamlError, UnicodeDecodeError):
        return ()


def _opened(resource: Resource, path: str, world: RenderPorts) -> Resource:
    if not is_encrypted(resource):
        return resource
    held = world.sops().decrypt(path, {key: resource.body[key] for key in (*DATA, SOPS) if key in resource.body})
    if held is None:
        return resource
    return resource.with_body({key: value for key, value in {**resource.body, **held}.items() if key != SOPS})
