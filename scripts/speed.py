"""Prints what a comparison of two charts costs, in the bare ``helm template`` runs that it is made of: a figure.

usage: python -m scripts.speed OLD.tgz NEW.tgz [ROUNDS]: the rounds are interleaved, the medians are taken.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


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
