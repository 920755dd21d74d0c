"""Prints what the daily habit costs, ``pipeline render && pipeline diff``: nothing changed, one values file, cold.

usage: python -m scripts.warm_speed CHARTS [ROUNDS]

CHARTS is as in scripts/render_speed.py: five releases of each archive. Seconds by the clock with both start-ups,
medians; the cold render is the yardstick of the ratios. The last row is the largest process, in MB.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from scripts.render_speed import HERE, archives, run, site

RELEASE = "r0-0"


def main(charts: Path, rounds: int = 5) -> None:
    """One row for each state of the tree."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # who installs pipeline has it compiled
    with tempfile.TemporaryDirectory() as folder:
        root, cache = site(Path(folder, "site"), archives(charts), "cli", HERE), str(Path(folder, "cache"))

        def habit() -> float:
            begun = time.perf_counter()
            run(root, HERE, "render", XDG_CACHE_HOME=cache)
            run(root, HERE, "diff", XDG_CACHE_HOME=cache)
            return time.perf_counter() - begun

        def edited(number: int) -> float:
            values = root / "values" / RELEASE / "common.yaml"
            values.parent.mkdir(parents=True, exist_ok=True)
            values.write_text(f"global: {{round: '{number}'}}\n")
            return habit()

        begun = time.perf_counter()
        run(root, HERE, "render", XDG_CACHE_HOME=cache)
        cold = time.perf_counter() - begun
        for line in ("add --all", "commit --quiet --message rendered"):
            subprocess.run(["git", "-C", str(root), *_WHO, *line.split()], check=True)
        habit()  # what was written just now is read once more
        rows: dict[str, Callable[[int], float]] = {"nothing changed": lambda _: habit(), "one values file": edited}
        print(f"{'cold render':16} {cold:7.2f} s  1.000x")
        for name, measure in rows.items():
            seconds = statistics.median(measure(number) for number in range(rounds))
            print(f"{name:16} {seconds:7.2f} s  {seconds / cold:.3f}x", flush=True)
        most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"{'memory':16} {most:7.0f} MB")


_WHO = ("-c", "user.name=benchmark", "-c", "user.email=benchmark@example.org", "-c", "commit.gpgsign=false")

if __name__ == "__main__":
    match sys.argv[1:]:
        case [found]:
            main(Path(found))
        case [found, count]:
            main(Path(found), int(count))
        case _:
            sys.exit(__doc__)
