"""What a failed release means for the others: which of them use its CRDs, and what they were rendered with."""

import contextlib
from collections.abc import Iterable, Iterator, Sequence

from pipeline.core.render.manifests import parse
from pipeline.core.render.offers import CrdOffer, all_apis, all_scopes, custom_kinds
from pipeline.core.yaml.reader import YamlError
from pipeline.flows.render.jobs import Job, RenderPorts
from pipeline.flows.render.rounds import Rounds, in_tree, named_apis


def said_of_dependents(failed: Iterable[int], jobs: Sequence[Job], rounds: Rounds, world: RenderPorts) -> Iterator[str]:
    """Of each release that uses CRDs of one that failed: which CRDs it was rendered with."""
    gone = set(failed)
    for n in sorted(gone):
        job = jobs[n]
        missing = _brought(job, rounds.offers.get(n), world)
        if not missing.apis:
            continue
        with_what = "with those of its tree" if in_tree(job.environment, job.release, world) else "without them"
        with_what = "with those of the chart" if n in rounds.answers else with_what
        for m, other in enumerate(jobs):
            if m not in gone and other.environment == job.environment and _uses(m, other, missing, rounds, world):
                yield f"{other.title}: uses CRDs of {job.title}, which failed: it is rendered {with_what}"


def _brought(job: Job, rendered: CrdOffer | None, world: RenderPorts) -> CrdOffer:
    """What the release would bring, as far as that can be told: its crds/ are no templates."""
    offers = [rendered] if rendered is not None else []
    offers += in_tree(job.environment, job.release, world)
    for path, data in world.files.tree(job.chart.folder).items():
        if "crds" in path.split("/")[:-1]:
            with contextlib.suppress(YamlError, UnicodeDecodeError):  # Helm said so already
                offers.append(CrdOffer.of(parse(data.decode(), namespace="")))
    return CrdOffer(all_apis(offers), all_scopes(offers).custom)


def _uses(number: int, job: Job, brought: CrdOffer, rounds: Rounds, world: RenderPorts) -> bool:
    answer = rounds.answers.get(number)
    if answer is not None:
        manifests = parse(answer.text, namespace=job.release.namespace)
        if not custom_kinds(manifests).isdisjoint(brought.scopes):
            return True
    return bool(named_apis(job, brought.apis, world))
