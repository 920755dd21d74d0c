"""Rendering until no release misses what another one brings: CRDs add APIs, and say which kinds have a namespace.

A release that was made of the same before, and lies in the tree as it was made, is not rendered.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache

from pipeline.core.charts.asked_apis import asked_apis, brought_apis
from pipeline.core.config.model import Config, Environment, Release
from pipeline.core.errors import PipelineError, WorldError
from pipeline.core.kube.capabilities import offered
from pipeline.core.ports import Progress
from pipeline.core.render.layout import FOLDER, folder_of
from pipeline.core.render.manifests import parse
from pipeline.core.render.offers import CrdOffer, all_apis, all_scopes
from pipeline.core.render.order import RenderedChart
from pipeline.flows.render.jobs import Files, Job, RenderPorts
from pipeline.flows.render.memory import Known, Others, RenderOutcome, base_key, held, known, outcome


@dataclass(frozen=True, slots=True)
class Rounds:
    """By the number of a job: what Helm answered, or what lies in the tree already."""

    answers: Mapping[int, RenderedChart]
    unchanged: Mapping[int, RenderOutcome]
    offers: Mapping[int, CrdOffer]
    others: Mapping[str, Others]
    """By environment."""
    full: Mapping[str, frozenset[str]]
    """All APIs, by environment."""
    bases: Sequence[str]
    failed: Mapping[int, PipelineError]
    """Why a job has neither an answer nor an unchanged tree."""
    tree: AbstractSet[str]
    """Every file below rendered/, where that was looked at; no other than those of unchanged releases is no news."""

    @property
    def nothing_to_do(self) -> bool:
        """Whether the tree holds what is rendered, and nothing else."""
        same = {path for one in self.unchanged.values() for path in one.files}
        return bool(same) and not self.answers and not self.failed and self.tree == same


class _Work:
    """Not frozen: it learns from round to round."""

    def __init__(self, jobs: Sequence[Job], config: Config, world: RenderPorts, progress: Progress) -> None:
        self.jobs, self.world, self.progress = jobs, world, progress
        self.failed: dict[int, PipelineError] = {}
        self.bases = [self._base(n, config) for n in range(len(jobs))]
        bases = {n: base for n, base in enumerate(self.bases) if base}
        self.known = {n: one for n, base in bases.items() if (one := known(base, world.memory)) is not None}
        self.apis = {job.environment.name: own_apis(job.environment) for job in jobs}
        digests = world.files.digests(FOLDER) if self.known else {}
        self.paths = frozenset(digests)
        self.tree = held(digests)
        self.left_out = _left_out(jobs, config, world)
        self.offers = {n: one.offer for n, one in self.known.items()}
        self.answers: dict[int, RenderedChart] = {}
        self.told: dict[int, frozenset[str]] = {}
        """The APIs that each was rendered with."""
        self.lost: set[int] = set()
        """Those that failed, and bring what their tree has brought."""

    def render(self, numbers: Iterable[int], apis: Mapping[str, frozenset[str]]) -> None:
        wanted = sorted(numbers)
        if not wanted:
            return
        from pipeline.flows.render.attempt import attempt  # noqa: PLC0415 - 50 ms where nothing is to be rendered

        self.told |= {n: apis[self.jobs[n].environment.name] for n in wanted}
        answers = attempt([self.jobs[n] for n in wanted], apis, self.world, self.progress)
        for n, answer in zip(wanted, answers, strict=True):
            self.answers.pop(n, None)
            self.failed.pop(n, None)
            if isinstance(answer, PipelineError):
                self.failed[n] = answer
            else:
                self.answers[n] = answer

    def learn(self, numbers: Iterable[int]) -> None:
        """What each of them brings. A failed one brings what its tree, which stays, has brought."""
        for n in numbers:
            job, answer = self.jobs[n], self.answers.get(n)
            if answer is not None:
                known = self.offers.get(n) if n not in self.lost else None
                offer = CrdOffer.of(parse(answer.text, namespace=job.release.namespace))
                self.offers[n] = offer if known is None else CrdOffer(known.apis, offer.scopes)
                self.lost.discard(n)
            elif n in self.failed and n not in self.lost:
                before = in_tree(job.environment, job.release, self.world)
                self.offers[n] = CrdOffer(all_apis(before), all_scopes(before).custom)
                self.lost.add(n)

    def _base(self, number: int, config: Config) -> str:
        try:
            return base_key(self.jobs[number], config, self.world)
        except WorldError as error:  # its overlay needs a Kustomize that is not here
            self.failed[number] = error
            return ""

    def expected(self, numbers: Iterable[int]) -> dict[str, frozenset[str]]:
        """The APIs that there will be once these are rendered, by environment, as far as can be told before."""
        expected = dict(self.apis)
        for name, others in self.others().items():
            expected[name] |= others.apis
        for n in numbers:
            job = self.jobs[n]
            expected[job.environment.name] |= _brought(job.chart.folder, job.chart.tree, self.world.files)
        return expected

    def others(self) -> dict[str, Others]:
        others = {}
        for name in self.apis:
            offers = [*self.left_out[name], *(self.offers[n] for n in sorted(self.offers) if self._in(n, name))]
            others[name] = Others(all_apis(offers), all_scopes(offers))
        return others

    def unchanged(self, others: Mapping[str, Others]) -> dict[int, RenderOutcome]:
        unchanged = {}
        for n, one in self.known.items():
            if n not in self.answers:
                made = outcome(self.bases[n], self.world.memory, one, others[self.jobs[n].environment.name])
                if made is not None and made.files == self.tree.get(self._owner(n)):
                    unchanged[n] = made
        return unchanged

    def _in(self, number: int, environment: str) -> bool:
        return self.jobs[number].environment.name == environment

    def _owner(self, number: int) -> tuple[str, str]:
        job = self.jobs[number]
        return job.environment.name, job.release.name


def in_rounds(jobs: Sequence[Job], config: Config, world: RenderPorts, progress: Progress) -> Rounds:
    """A chart that asks which APIs there are is rendered again where it was told of others than there are."""
    work = _Work(jobs, config, world, progress)
    work.learn(tuple(work.failed))
    first = [n for n in range(len(jobs)) if n not in work.known and n not in work.failed]
    work.render(first, work.expected(first))
    work.learn(first)
    others = work.others()
    again = {n for n in first if _misses(n, work, others)}
    while True:
        others = work.others()
        full = {name: work.apis[name] | others[name].apis for name in work.apis}
        unchanged = work.unchanged(others)
        fresh = {n for n in range(len(jobs)) if n not in work.answers and n not in unchanged and n not in work.failed}
        asking = {n for n in fresh if _misses(n, work, others)} | again
        lost = set(work.lost)
        work.render(fresh - asking, work.apis)
        work.render(asking, full)
        work.learn(fresh | again)
        now = work.others()
        # Who was told of APIs that a release brought, which failed afterwards, is rendered once more.
        again = {n for n in work.answers if asks(jobs[n], world)} if work.lost - lost and now != others else set()
        if not again and (now == others or len(work.answers) + len(work.failed) == len(jobs)):
            return Rounds(work.answers, unchanged, work.offers, now, full, work.bases, work.failed, work.paths)


def own_apis(environment: Environment) -> frozenset[str]:
    """Those that the environment has without any CRD of ours."""
    return offered(environment.full_kube_version) | frozenset(environment.api_versions)


def asks(job: Job, world: RenderPorts) -> bool:
    """Whether any template looks at the list of APIs; for the others it makes no difference."""
    return _asks(job.chart.folder, job.chart.tree, world.files)


@lru_cache(maxsize=64)  # five releases of one chart read it once
def _asks(folder: str, _digest: str, files: Files) -> bool:
    tree = files.tree(folder)
    return any(b"APIVersions" in data for data in tree.values()) or any(path.endswith(".tgz") for path in tree)


@lru_cache(maxsize=64)
def _asked(folder: str, _digest: str, files: Files) -> frozenset[str] | None:
    return asked_apis(files.tree(folder))


@lru_cache(maxsize=64)
def _brought(folder: str, _digest: str, files: Files) -> frozenset[str]:
    return brought_apis(files.tree(folder))


def _misses(number: int, work: _Work, others: Mapping[str, Others]) -> bool:
    """Whether a render with the APIs that it was told of, or with the environment's own, may be wrong."""
    job = work.jobs[number]
    own = work.apis[job.environment.name]
    differing = (own | others[job.environment.name].apis) ^ work.told.get(number, own)
    if not differing:
        return False
    known_before = work.known.get(number)
    if not (known_before.asks if known_before is not None else asks(job, work.world)):
        return False
    asked = _asked(job.chart.folder, job.chart.tree, work.world.files)
    return asked is None or _in_values(job) or not asked.isdisjoint(differing)


def _in_values(job: Job) -> bool:
    """Whether values, which templates may hand to tpl, ask for APIs as well."""
    return any("Capabilities" in layer.text for layer in job.layers)


def _left_out(jobs: Sequence[Job], config: Config, world: RenderPorts) -> dict[str, list[CrdOffer]]:
    """By environment: what releases bring that are not rendered now, as they were rendered before."""
    offers_of: dict[str, list[CrdOffer]] = {job.environment.name: [] for job in jobs}
    done = {(job.environment.name, job.release.name) for job in jobs}
    for environment, release in config.pairs(tuple(offers_of)) if offers_of else ():
        if (environment.name, release.name) not in done:
            offers_of[environment.name] += in_tree(environment, release, world)
    return offers_of


def in_tree(environment: Environment, release: Release, world: RenderPorts) -> list[CrdOffer]:
    """What the release brings, as it was rendered before."""
    folder = f"{folder_of(environment.name, release.name)}/_crds"
    tree = world.files.tree(folder)
    from pipeline.flows.committed import parsed  # noqa: PLC0415 - 50 ms where nothing is to be rendered

    return [CrdOffer.of(parsed(f"{folder}/{name}", data, "", "")) for name, data in tree.items()]


def named_apis(job: Job, apis: AbstractSet[str], world: RenderPorts) -> tuple[str, ...]:
    """Those that the chart's templates name, where they look at the list of APIs."""
    if not apis or not asks(job, world):
        return ()
    texts = [data.decode(errors="replace") for data in world.files.tree(job.chart.folder).values()]
    return tuple(api for api in sorted(apis) if any(api in text for text in texts))


def known_of(job: Job, offer: CrdOffer, kinds: frozenset[tuple[str, str]], world: RenderPorts) -> Known:
    """What is to be remembered of a release that was rendered."""
    asking = asks(job, world)
    return Known(offer, asking, None if asking else kinds)
