"""Rendering until no release misses what another one brings: CRDs add APIs, and say which kinds have a namespace.

A release that was made of the same before, and lies in the tree as it was made, is not rendered.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache

from pipeline.core.config.model import Config, Environment
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
    tree: AbstractSet[str]
    """Every file below rendered/, where that was looked at; no other than those of unchanged releases is no news."""

    @property
    def nothing_to_do(self) -> bool:
        """Whether the tree holds what is rendered, and nothing else."""
        same = {path for one in self.unchanged.values() for path in one.files}
        return bool(same) and not self.answers and self.tree == same


class _Work:
    """Not frozen: it learns from round to round."""

    def __init__(self, jobs: Sequence[Job], config: Config, world: RenderPorts, progress: Progress) -> None:
        self.jobs, self.world, self.progress = jobs, world, progress
        self.bases = [base_key(job, config, world) for job in jobs]
        self.known = {n: one for n, base in enumerate(self.bases) if (one := known(base, world.memory)) is not None}
        self.apis = {job.environment.name: own_apis(job.environment) for job in jobs}
        digests = world.files.digests(FOLDER) if self.known else {}
        self.paths = frozenset(digests)
        self.tree = held(digests)
        self.left_out = _left_out(jobs, config, world)
        self.offers = {n: one.offer for n, one in self.known.items()}
        self.answers: dict[int, RenderedChart] = {}

    def render(self, numbers: Iterable[int], apis: Mapping[str, frozenset[str]]) -> None:
        wanted = sorted(numbers)
        if not wanted:
            return
        from pipeline.flows.render.attempt import attempt  # noqa: PLC0415 - 50 ms where nothing is to be rendered

        found = attempt([self.jobs[n] for n in wanted], apis, self.world, self.progress)
        self.answers |= dict(zip(wanted, found, strict=True))

    def learn(self, numbers: Iterable[int]) -> None:
        for n in numbers:
            self.offers[n] = CrdOffer.of(parse(self.answers[n].text, namespace=self.jobs[n].release.namespace))

    def others(self) -> dict[str, Others]:
        found = {}
        for name in self.apis:
            offers = [*self.left_out[name], *(self.offers[n] for n in sorted(self.offers) if self._in(n, name))]
            found[name] = Others(all_apis(offers), all_scopes(offers))
        return found

    def unchanged(self, others: Mapping[str, Others]) -> dict[int, RenderOutcome]:
        found = {}
        for n, one in self.known.items():
            if n not in self.answers:
                made = outcome(self.bases[n], self.world.memory, one, others[self.jobs[n].environment.name])
                if made is not None and made.files == self.tree.get(self._owner(n)):
                    found[n] = made
        return found

    def _in(self, number: int, environment: str) -> bool:
        return self.jobs[number].environment.name == environment

    def _owner(self, number: int) -> tuple[str, str]:
        job = self.jobs[number]
        return job.environment.name, job.release.name


def in_rounds(jobs: Sequence[Job], config: Config, world: RenderPorts, progress: Progress) -> Rounds:
    """A chart that asks which APIs there are is rendered again once all CRDs are known."""
    work = _Work(jobs, config, world, progress)
    first = [n for n in range(len(jobs)) if n not in work.known]
    work.render(first, work.apis)
    work.learn(first)
    again = {n for n in first if _misses(n, work, work.others())}
    while True:
        others = work.others()
        full = {name: work.apis[name] | others[name].apis for name in work.apis}
        unchanged = work.unchanged(others)
        fresh = {n for n in range(len(jobs)) if n not in work.answers and n not in unchanged}
        asking = {n for n in fresh if _misses(n, work, others)} | again
        work.render(fresh - asking, work.apis)
        work.render(asking, full)
        scopes = {n: CrdOffer.of(parse(work.answers[n].text, namespace="")).scopes for n in fresh | again}
        work.offers |= {n: CrdOffer(work.offers[n].apis, found) for n, found in scopes.items()}
        again = set()
        if work.others() == others or len(work.answers) == len(jobs):
            return Rounds(work.answers, unchanged, work.offers, work.others(), full, work.bases, work.paths)


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


def _misses(number: int, work: _Work, others: Mapping[str, Others]) -> bool:
    """Whether a render with the environment's own APIs may lack something."""
    job = work.jobs[number]
    name = job.environment.name
    if not others[name].apis - work.apis[name]:
        return False
    found = work.known.get(number)
    return found.asks if found is not None else asks(job, work.world)


def _left_out(jobs: Sequence[Job], config: Config, world: RenderPorts) -> dict[str, list[CrdOffer]]:
    """By environment: what releases bring that are not rendered now, as they were rendered before."""
    found: dict[str, list[CrdOffer]] = {job.environment.name: [] for job in jobs}
    done = {(job.environment.name, job.release.name) for job in jobs}
    for environment, release in config.pairs(tuple(found)):
        if (environment.name, release.name) not in done:
            folder = f"{folder_of(environment.name, release.name)}/_crds"
            tree = world.files.tree(folder)
            from pipeline.flows.committed import parsed  # noqa: PLC0415 - as above

            found[environment.name] += [
                CrdOffer.of(parsed(f"{folder}/{name}", data, "", "")) for name, data in tree.items()
            ]
    return found


def known_of(job: Job, offer: CrdOffer, kinds: frozenset[tuple[str, str]], world: RenderPorts) -> Known:
    """What is to be remembered of a release that was rendered."""
    asking = asks(job, world)
    return Known(offer, asking, None if asking else kinds)
