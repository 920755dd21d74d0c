"""Prints what a comparison of two charts costs, in the bare ``helm template`` runs that it is made of: a figure.

usage: python -m scripts.speed OLD.tgz NEW.tgz [ROUNDS]: the rounds are interleaved, the medians are taken.

Beside it stand, in processor time of one core, what comparing costs once all is parsed, and what it costs to validate
3,840 objects as the API server does: the best of the rounds.
"""

import copy
import gc
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

from pipeline.core.analysis.new_field_errors import news
from pipeline.core.diff.compare import compare
from pipeline.core.kube.resource import CRD_KIND, ManifestSet, Resource
from pipeline.core.render.manifests import parse
from pipeline.core.risk.upgrade import Facts, Side, Upgrade

OBJECTS = 3_840


def main(old: str, new: str, rounds: int = 9) -> None:
    """The first comparison finds no parsed CRDs in the user's cache: it is given an empty one each time."""
    helm = shutil.which("helm") or sys.exit("there is no helm on PATH")
    renders = [
        [helm, "template", "release", chart, "--include-crds", "--kube-version", "1.35.0"] for chart in (old, new)
    ]
    diff = [sys.executable, "-m", "pipeline", "diff", f"chart:{old}", f"chart:{new}", "-o", "json"]
    seconds([diff])
    bare, ours, cold = [], [], []
    for _ in range(rounds):
        bare.append(seconds(renders))
        ours.append(seconds([diff]))
        with tempfile.TemporaryDirectory() as empty:
            cold.append(seconds([diff], {**os.environ, "XDG_CACHE_HOME": empty}))
    base, first = statistics.median(bare), statistics.median(cold)
    print(f"two bare renders   {base:6.2f} s   1.00x")
    print(f"pipeline diff      {statistics.median(ours):6.2f} s   {statistics.median(ours) / base:.2f}x")
    print(f"the first one      {first:6.2f} s   {first / base:.2f}x")
    compared, validated = alone(renders, rounds)
    print(f"compare alone      {compared:6.3f} s")
    print(f"validate {OBJECTS:,}     {validated:6.3f} s")


def alone(renders: list[list[str]], rounds: int) -> tuple[float, float]:
    """Seconds of processor time to compare both renders, and to validate ``OBJECTS`` of the newer one's objects."""
    texts = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for command in renders]
    before, after = (parse(text, namespace="default", release="release") for text in texts)
    many = ManifestSet.of(_copies(after, OBJECTS))
    compared, validated = [], []
    gc.disable()
    for _ in range(rounds):
        compared.append(_cost(lambda: compare(before, after)))
        diff = compare(ManifestSet(), many)
        upgrade = Upgrade("release", "default", Side(ManifestSet()), Side(many), diff, Facts(target=(1, 35)))
        validated.append(_cost(lambda: tuple(news(upgrade))))  # noqa: B023 - called at once
    return min(compared), min(validated)


def _copies(manifests: ManifestSet, number: int) -> Iterator[Resource]:
    """So many objects, all of them by names of their own; CRDs are judged by other means."""
    some = [one for one in manifests.resources if one.kind != CRD_KIND]
    for count in range(number):
        body = copy.deepcopy(some[count % len(some)].body)
        body["metadata"]["name"] = f"{body['metadata'].get('name', 'x')}-{count}"[-60:].lstrip("-.")
        yield Resource.of(body)


def _cost(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def seconds(commands: list[list[str]], environment: dict[str, str] | None = None) -> float:
    start = time.perf_counter()
    for command in commands:
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, env=environment)
    return time.perf_counter() - start


if __name__ == "__main__":
    match sys.argv[1:]:
        case [old, new]:
            main(old, new)
        case [old, new, rounds]:
            main(old, new, int(rounds))
        case _:
            sys.exit(__doc__)
