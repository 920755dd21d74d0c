"""From Helm's texts to what is written: overlays, and a second render where the first may contain random values.

Such a path is volatile. With ``render: {volatile: freeze}`` it keeps what the rendered tree has there, so that equal
input gives equal files; the index names it either way.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.core.config.model import Config
from pipeline.core.errors import WorldError
from pipeline.core.kube.resource import ManifestSet, Resource
from pipeline.core.kube.scope import Scopes
from pipeline.core.kube.secrets import DATA, SOPS, holds_data, is_encrypted
from pipeline.core.ports import Progress
from pipeline.core.render.duplicates import duplicated, words
from pipeline.core.render.freeze import Frozen, frozen, told
from pipeline.core.render.layout import FOLDER, owner
from pipeline.core.render.manifests import as_written, parse
from pipeline.core.render.merged import sides
from pipeline.core.render.nondeterminism import Volatile, volatile
from pipeline.core.render.notes import Notes, VolatilePath
from pipeline.core.render.order import RenderedChart
from pipeline.core.render.overlay import applied
from pipeline.core.render.overlay_effects import Effect, effects
from pipeline.core.render.random_functions import by_chance, suspects
from pipeline.core.render.rendered_tree import IndexEntry
from pipeline.core.yaml.reader import YamlError
from pipeline.flows.render.attempt import attempt
from pipeline.flows.render.earlier import indexes_of
from pipeline.flows.render.jobs import Job, RenderPorts
from pipeline.flows.render.render_again import second_renders
from pipeline.flows.render.safe_messages import failing


@dataclass(frozen=True, slots=True)
class Made:
    """One job's render: ``manifests`` are the chart's own, before any overlay."""

    job: Job
    answer: RenderedChart
    manifests: ManifestSet
    scopes: Scopes


@dataclass(frozen=True, slots=True)
class Settled:
    """What is to be written, what the index notes about it, and what is to be said."""

    manifests: ManifestSet
    notes: Notes
    warnings: tuple[str, ...] = ()


def settle(
    made: Sequence[Made], apis: Mapping[str, frozenset[str]], config: Config, world: RenderPorts, progress: Progress
) -> list[Settled]:
    """Overlay each render, and deal with what is volatile in it.

    Raises:
        WorldError: an overlay does not build, or a chart that did render does not any more.
    """
    _refuse_duplicates((one.job, one.manifests) for one in made)
    charts = {folder: _chances(folder, world) for folder in {one.job.chart.folder for one in made}}
    found = [_functions(one, charts[one.job.chart.folder]) for one in made]

    def render(doubted: list[int]) -> Iterable[RenderedChart]:
        return attempt([made[number].job for number in doubted], apis, world, progress)

    rows = zip(made, found, second_renders(found, world.pause, render), strict=True)
    return [_settled(one, functions, second, config, world) for one, functions, second in rows]


@dataclass(frozen=True, slots=True)
class _Chances:
    """What of a chart may be random: functions by template, and the texts of its values."""

    templates: Mapping[str, frozenset[str]]
    values: tuple[str, ...]


def _chances(folder: str, world: RenderPorts) -> _Chances:
    tree = world.files.tree(folder)
    texts = {path: data.decode(errors="replace") for path, data in tree.items() if "templates/" in path}
    values = (data.decode(errors="replace") for path, data in tree.items() if path.endswith("values.yaml"))
    templates = by_chance(texts)
    return _Chances(templates, tuple(values) if templates else ())


def _functions(made: Made, chances: _Chances) -> frozenset[str]:
    """The random functions that may be at work in this render."""
    known = (*chances.values, *(layer.text for layer in made.job.layers))
    return suspects(made.manifests, chances.templates, known)


def _settled(
    made: Made, functions: frozenset[str], second: RenderedChart | None, config: Config, world: RenderPorts
) -> Settled:
    job = made.job
    manifests, done = _overlaid(made, made.answer.text, made.manifests, world)
    _refuse_duplicates([(job, manifests)])
    found: tuple[Volatile, ...] = ()
    if second is not None and second.text != made.answer.text:
        namespace, release = job.release.namespace, job.release.name
        other = parse(second.text, namespace=namespace, release=release, scopes=made.scopes)
        found = volatile(manifests, _overlaid(made, second.text, other, world)[0])
        found = tuple(one for one in found if not _left_out(one, manifests, config))
    if not found:
        return Settled(manifests, Notes((), overlaid=done))
    freeze = config.volatile == "freeze"
    result = frozen(manifests, found, _committed(job, world)) if freeze else Frozen(manifests)
    paths = tuple(dict.fromkeys(VolatilePath(result.now(one.id), one.path, one.whole) for one in found))
    done = tuple(replace(one, id=result.now(one.id)) for one in done)
    said = _said(found, result.left, functions, freeze=freeze)
    return Settled(result.manifests, Notes(paths, tuple(sorted(functions)), freeze, done), (said,))


def _refuse_duplicates(several: Iterable[tuple[Job, ManifestSet]]) -> None:
    """Which of two documents is meant, no one can tell: the rendered tree has one file for each object."""
    said = [f"{job.title}: {words(*pair)}" for job, manifests in several for pair in duplicated(manifests)]
    if said:
        hint = "set the values so that one of the templates does not render it, or name one of the objects otherwise"
        raise WorldError("\n".join(dict.fromkeys(said)), hint=hint)


def _left_out(one: Volatile, manifests: ManifestSet, config: Config) -> bool:
    """Whether the object is a Secret that the tree leaves out."""
    return config.secrets == "omit" and holds_data(manifests.by_id()[one.id])


def _said(found: tuple[Volatile, ...], left: tuple[Volatile, ...], functions: frozenset[str], *, freeze: bool) -> str:
    what = f"renders another value each time ({', '.join(sorted(functions))}): {told(found)}"
    if not freeze:
        return f"{what}; render.volatile allows it"
    if not left:
        return f"{what}; what is committed is kept"
    return f"{what}; what is committed is kept where it fits, and from now on: {told(left)}"


def _overlaid(
    made: Made, text: str, manifests: ManifestSet, world: RenderPorts
) -> tuple[ManifestSet, tuple[Effect, ...]]:
    """``manifests`` are what ``text``, Helm's output, holds, with their namespaces."""
    overlay = made.job.overlay
    if overlay is None:
        return manifests, ()
    written = as_written(text, release=made.job.release.name)
    try:
        over = applied(overlay, written, made.job.release.namespace, made.scopes, world.kustomize())
    except WorldError as error:  # Kustomize quotes what it stumbles over
        raise WorldError(failing([made.job], world, [manifests])(error.message), hint=error.hint) from None
    return over, effects(manifests, over)


def _committed(job: Job, world: RenderPorts) -> ManifestSet:
    """What the rendered tree holds of the release now, Secrets decrypted where that can be done here."""
    of = (job.environment.name, job.release.name)
    entries: dict[str, IndexEntry] = {}
    for index in indexes_of(*of, world.files):
        entries = {**index.files, **entries}
    if not entries:  # where the index is damaged: better than to lose a password
        found = (path for path in world.files.paths(FOLDER) if owner(path) == of and path.endswith(".yaml"))
        entries = {path: IndexEntry("") for path in found}
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
