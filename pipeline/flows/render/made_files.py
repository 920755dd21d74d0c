"""From what Helm answered to files: namespaces, overlays, what varies, and what is remembered of it."""

from collections.abc import Mapping, Sequence

from pipeline.core.config.model import Config
from pipeline.core.kube.capabilities import offered
from pipeline.core.kube.scope import Scopes
from pipeline.core.ports import Progress
from pipeline.core.render.file_edits import Edits
from pipeline.core.render.manifests import parse
from pipeline.core.render.offers import custom_kinds
from pipeline.core.render.order import RenderedChart
from pipeline.core.render.rendered_tree import Inputs, digest, in_the_open, written
from pipeline.flows.render.choose_form import said_of_forms
from pipeline.flows.render.earlier import Earlier, earlier
from pipeline.flows.render.jobs import Job, RenderPorts
from pipeline.flows.render.left_out import kept, noted
from pipeline.flows.render.memory import RenderOutcome, digests, keep_known, keep_outcome
from pipeline.flows.render.render_result import RenderResult
from pipeline.flows.render.rounds import Rounds, asks, known_of
from pipeline.flows.render.safe_messages import knowing, warning
from pipeline.flows.render.seal import sealing
from pipeline.flows.render.second_render import Made, Settled, settle
from pipeline.flows.render.unread_inputs import left_out_secrets


def outcome(
    jobs: Sequence[Job], rounds: Rounds, config: Config, world: RenderPorts, progress: Progress
) -> RenderResult:
    """What is to be written and said.

    Raises:
        WorldError: an overlay does not build, or a chart that did render does not any more.
    """
    rendered = {n: jobs[n] for n in sorted(rounds.answers)}
    made, said = _settled(rendered, rounds, config, world, progress)
    before = earlier(config, tuple(rendered.values()), world.files)
    files: dict[str, bytes] = {}
    for n, (settled, inputs) in made.items():
        own = _written(jobs[n], settled, inputs, before, (config, world))
        files |= own
        made_of = RenderOutcome(digests(own), len(settled.manifests.resources), said[n], settled.later)
        _remember(n, rounds, settled, made_of, (jobs[n], world))
    edits = Edits(files=files, removed=tuple(sorted(before.gone - files.keys())), known=before.known)
    helms = _other_helms(tuple(rendered.values()), [inputs for _, inputs in made.values()], before)
    same = {path for one in rounds.unchanged.values() for path in one.files}
    objects = sum(len(settled.manifests.resources) for settled, _ in made.values())
    objects += sum(one.objects for one in rounds.unchanged.values())
    warnings = (*before.warnings, *_all_said(jobs, made, rounds, said))
    return RenderResult(edits, len(jobs), objects, warnings, before.added(config, jobs, {*files, *same}), helms)


def _written(
    job: Job, settled: Settled, inputs: Inputs, before: Earlier, within: tuple[Config, RenderPorts]
) -> dict[str, bytes]:
    config, world = within
    index = before.index(job)
    seal = sealing(index, inputs, world.files.read, world.sops) if config.secrets == "sops" else in_the_open
    notes = noted(settled.notes, settled.fresh, job.layers, config)
    resources = kept(settled.manifests, config)
    return written(job.environment.name, job.release.name, inputs, resources, seal, noted=notes, before=index)


def _all_said(
    jobs: Sequence[Job],
    made: Mapping[int, tuple[Settled, Inputs]],
    rounds: Rounds,
    said: Mapping[int, tuple[str, ...]],
) -> tuple[str, ...]:
    """What Helm said of all releases, then what we say, in their order, each line once."""
    helm = [line for n in range(len(jobs)) for line in (said[n] if n in made else rounds.unchanged[n].said)]
    own = [
        f"{job.title}: {line}"
        for n, job in enumerate(jobs)
        for line in (made[n][0].warnings if n in made else rounds.unchanged[n].noted)
    ]
    return tuple(dict.fromkeys((*helm, *own)))


def _remember(
    number: int, rounds: Rounds, settled: Settled, outcome: RenderOutcome, within: tuple[Job, RenderPorts]
) -> None:
    """A value that is meant to differ at each render is not kept for the next one."""
    if settled.notes.volatile and not settled.notes.frozen:
        return
    job, world = within
    base, others = rounds.bases[number], rounds.others[job.environment.name]
    found = known_of(job, rounds.offers[number], custom_kinds(settled.manifests), world)
    keep_known(base, world.memory, found)
    keep_outcome(base, world.memory, found, others, outcome)


def _other_helms(jobs: Sequence[Job], made: Sequence[Inputs], before: Earlier) -> tuple[str, ...]:
    """Which Helm made what is there, where that is not the Helm that is here."""
    indexes = ((before.index(job), inputs) for job, inputs in zip(jobs, made, strict=True))
    pairs = {(index.inputs.helm_version, inputs.helm_version) for index, inputs in indexes if index is not None}
    return tuple(f"Helm {old} made what is there, and this is Helm {new}" for old, new in sorted(pairs) if old != new)


def _settled(
    jobs: Mapping[int, Job], rounds: Rounds, config: Config, world: RenderPorts, progress: Progress
) -> tuple[dict[int, tuple[Settled, Inputs]], dict[int, tuple[str, ...]]]:
    """The objects of each job that was rendered, and what Helm said of it."""
    answers = rounds.answers
    made = [_made(job, answers[n], rounds.others[job.environment.name].scopes) for n, job in jobs.items()]
    settled = dict(zip(jobs, settle(made, rounds.full, config, world, progress), strict=True))
    forms = said_of_forms(jobs, answers, rounds.full, world)
    said = {
        n: tuple(
            f"{job.title}: {x}"
            for x in (*answers[n].warnings, *forms[n], *left_out_secrets(settled[n].manifests, config))
        )
        for n, job in jobs.items()
    }
    if any(said.values()):
        mask = knowing(tuple(jobs.values()), world, (one.manifests for one in settled.values()))
        said = {n: tuple(warning(mask, line) for line in lines) for n, lines in said.items()}
    named = ((n, job, _named(job, rounds.full[job.environment.name], world)) for n, job in jobs.items())
    return {n: (settled[n], _inputs(job, answers[n], apis)) for n, job, apis in named}, said


def _made(job: Job, answer: RenderedChart, scopes: Scopes) -> Made:
    manifests = parse(answer.text, namespace=job.release.namespace, release=job.release.name, scopes=scopes)
    return Made(job, answer, manifests, scopes)


def _named(job: Job, apis: frozenset[str], world: RenderPorts) -> tuple[str, ...]:
    """The APIs of custom kinds that the chart's templates name: on those its render may depend."""
    custom = sorted(apis - offered(job.environment.full_kube_version))
    if not custom or not asks(job, world):
        return ()
    texts = [data.decode(errors="replace") for data in world.files.tree(job.chart.folder).values()]
    return tuple(api for api in custom if any(api in text for text in texts))


def _inputs(job: Job, answer: RenderedChart, apis: tuple[str, ...]) -> Inputs:
    overlay = job.overlay
    return Inputs(
        chart=job.chart.name,
        version=job.chart.version,
        chart_digest=job.chart.tree,
        kube_version=job.environment.full_kube_version,
        helm_version=answer.helm_version,
        namespace=job.release.namespace,
        apis=apis,
        values={layer.file: digest(layer.text.encode()) for layer in job.layers},
        form=job.form,
        overlay={} if overlay is None else {name: digest(data) for name, data in overlay.recorded.items()},
    )
