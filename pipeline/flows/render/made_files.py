"""From what Helm answered to files: namespaces, overlays, what varies, and what is remembered of it."""

from collections.abc import Mapping, Sequence
from functools import partial

from pipeline.core.config.model import Config
from pipeline.core.errors import PipelineError
from pipeline.core.kube.capabilities import offered
from pipeline.core.kube.scope import Scopes
from pipeline.core.ports import Progress
from pipeline.core.render.duplicates import named_by_server
from pipeline.core.render.file_edits import Edits
from pipeline.core.render.manifests import parse
from pipeline.core.render.offers import custom_kinds
from pipeline.core.render.order import RenderedChart
from pipeline.core.render.rendered_tree import Inputs, digest, in_the_open, written
from pipeline.flows.render.choose_form import said_of_forms
from pipeline.flows.render.earlier import Earlier, earlier
from pipeline.flows.render.jobs import Job, RenderPorts
from pipeline.flows.render.left_out import kept, left_out_secrets, noted, refuse_in_the_open
from pipeline.flows.render.memory import RenderOutcome, digests, keep_known, keep_outcome
from pipeline.flows.render.render_result import FailedRelease, RenderResult
from pipeline.flows.render.rounds import Rounds, known_of, named_apis
from pipeline.flows.render.safe_messages import knowing, warning
from pipeline.flows.render.seal import sealing
from pipeline.flows.render.second_render import Made, Settled, settle


def outcome(
    jobs: Sequence[Job], rounds: Rounds, config: Config, world: RenderPorts, progress: Progress
) -> RenderResult:
    """What is to be written and said; a release that fails, here or before, is left as it was."""
    made, failed, said = _settled({n: jobs[n] for n in sorted(rounds.answers)}, rounds, config, world, progress)
    before = earlier(config, [jobs[n] for n in made], world.files)
    files: dict[str, bytes] = {}
    for n, (settled, inputs) in made.items():
        try:
            own = _written(jobs[n], settled, inputs, before, (config, world))
        except PipelineError as error:
            failed[n] = error
            continue
        files |= own
        made_of = RenderOutcome(digests(own), len(settled.manifests.resources), said[n], settled.later)
        _remember(n, rounds, settled, made_of, (jobs[n], world))
    if failed.keys() & made.keys():  # what these wrote before is not to be removed
        made = {n: result for n, result in made.items() if n not in failed}
        before = earlier(config, [jobs[n] for n in made], world.files)
    rendered = [jobs[n] for n in made]
    edits = Edits(files=files, removed=tuple(sorted(before.gone - files.keys())), known=before.known)
    helms = _other_helms(rendered, [inputs for _, inputs in made.values()], before)
    same = {path for one in rounds.unchanged.values() for path in one.files}
    objects = sum(len(settled.manifests.resources) for settled, _ in made.values())
    objects += sum(one.objects for one in rounds.unchanged.values())
    failed |= rounds.failed
    warnings = (*before.warnings, *_all_said(jobs, made, rounds, said), *_dependents(failed, jobs, rounds, world))
    added = before.added(config, rendered, {*files, *same})
    broken = tuple(FailedRelease(jobs[n].title, failed[n]) for n in sorted(failed))
    return RenderResult(edits, len(jobs) - len(broken), objects, warnings, added, helms, broken)


def _dependents(
    failed: Mapping[int, PipelineError], jobs: Sequence[Job], rounds: Rounds, world: RenderPorts
) -> Sequence[str]:
    if not failed:
        return ()
    from pipeline.flows.render.dependents import said_of_dependents  # noqa: PLC0415 - where nothing failed, not needed

    return tuple(said_of_dependents(failed, jobs, rounds, world))


def _written(
    job: Job, settled: Settled, inputs: Inputs, before: Earlier, within: tuple[Config, RenderPorts]
) -> dict[str, bytes]:
    config, world = within
    index = before.index(job)
    setting = config.secrets_of(job.release)
    refuse_in_the_open(job, settled.manifests, config, world)
    seal = sealing(index, inputs, world.files.read, world.sops) if setting == "sops" else in_the_open
    notes = noted(settled.notes, settled.fresh, job.layers, setting)
    resources = kept(settled.manifests, setting)
    return written(job.environment.name, job.release.name, inputs, resources, seal, noted=notes, before=index)


def _all_said(
    jobs: Sequence[Job],
    made: Mapping[int, tuple[Settled, Inputs]],
    rounds: Rounds,
    said: Mapping[int, tuple[str, ...]],
) -> tuple[str, ...]:
    """What Helm said of all releases, then what we say, in their order, each line once."""
    same = rounds.unchanged
    there = [n for n in range(len(jobs)) if n in made or n in same]
    helm = [line for n in there for line in (said[n] if n in made else same[n].said)]
    own = [f"{jobs[n].title}: {line}" for n in there for line in (made[n][0].warnings if n in made else same[n].noted)]
    return tuple(dict.fromkeys((*helm, *own)))


def _remember(
    number: int, rounds: Rounds, settled: Settled, outcome: RenderOutcome, within: tuple[Job, RenderPorts]
) -> None:
    """A value that is meant to differ at each render is not kept for the next one."""
    if settled.notes.volatile and not settled.notes.frozen:
        return
    job, world = within
    base, others = rounds.bases[number], rounds.others[job.environment.name]
    known = known_of(job, rounds.offers[number], custom_kinds(settled.manifests), world)
    keep_known(base, world.memory, known)
    keep_outcome(base, world.memory, known, others, outcome)


def _other_helms(jobs: Sequence[Job], made: Sequence[Inputs], before: Earlier) -> tuple[str, ...]:
    """Which Helm made what is there, where that is not the Helm that is here."""
    indexes = ((before.index(job), inputs) for job, inputs in zip(jobs, made, strict=True))
    pairs = {(index.inputs.helm_version, inputs.helm_version) for index, inputs in indexes if index is not None}
    return tuple(f"Helm {old} made what is there, and this is Helm {new}" for old, new in sorted(pairs) if old != new)


def _settled(
    every: Mapping[int, Job], rounds: Rounds, config: Config, world: RenderPorts, progress: Progress
) -> tuple[dict[int, tuple[Settled, Inputs]], dict[int, PipelineError], dict[int, tuple[str, ...]]]:
    """The objects of each job that was rendered, why there are none of the others, and what Helm said of it."""
    answers = rounds.answers
    made = [_made(job, answers[n], rounds.others[job.environment.name].scopes) for n, job in every.items()]
    results = dict(zip(every, settle(made, rounds.full, config, world, progress), strict=True))
    failed = {n: result for n, result in results.items() if isinstance(result, PipelineError)}
    settled = {n: result for n, result in results.items() if isinstance(result, Settled)}
    jobs = {n: every[n] for n in settled}
    forms = said_of_forms(jobs, answers, rounds.full, world)
    said = {
        n: tuple(
            f"{job.title}: {x}"
            for x in (
                *answers[n].warnings,
                *forms[n],
                *left_out_secrets(settled[n].manifests, config.secrets_of(job.release)),
                *named_by_server(settled[n].manifests, partial(world.files.tree, job.chart.folder)),
            )
        )
        for n, job in jobs.items()
    }
    if any(said.values()):
        mask = knowing(tuple(jobs.values()), world, (result.manifests for result in settled.values()))
        said = {n: tuple(warning(mask, line) for line in lines) for n, lines in said.items()}
    apis = {n: named_apis(job, _custom(job, rounds), world) for n, job in jobs.items()}
    return {n: (settled[n], _inputs(job, answers[n], apis[n])) for n, job in jobs.items()}, failed, said


def _made(job: Job, answer: RenderedChart, scopes: Scopes) -> Made:
    manifests = parse(answer.text, namespace=job.release.namespace, release=job.release.name, scopes=scopes)
    return Made(job, answer, manifests, scopes)


def _custom(job: Job, rounds: Rounds) -> frozenset[str]:
    """The APIs of custom kinds; where the chart's templates name one, its render may depend on it."""
    return rounds.full[job.environment.name] - offered(job.environment.full_kube_version)


def _inputs(job: Job, answer: RenderedChart, apis: tuple[str, ...]) -> Inputs:
    overlay = job.overlay
    return Inputs(
        chart=job.chart.name,
        version=job.chart.version,
        chart_digest=job.chart.tree,
        kube_version=job.environment.full_kube_version,
        helm_version=answer.helm_version,
        namespace=job.release.namespace,
        release_name=job.release.release_name,
        apis=apis,
        values={layer.file: digest(layer.written.encode()) for layer in job.layers},
        form=job.form,
        overlay={} if overlay is None else {name: digest(data) for name, data in overlay.recorded.items()},
    )
