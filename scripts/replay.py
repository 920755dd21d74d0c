"""Replays the whole history of real charts: every consecutive pair, both ways, twice each, and says what it cost.

usage: python -m scripts.replay [CORPUS]: exit 1 where a comparison crashes or two runs of it differ.
"""

import re
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

from pipeline.core.charts.semver import Version

_NAME = re.compile(r"(.+?)-(v?\d.*)\.tgz")
FINE = {0, 1, 3}
"""A chart that does not render, or blockers, are answers."""


def main(corpus: Path) -> int:
    """One line for each failure, then the figures."""
    times, failed = [], 0
    for old, new in pairs(corpus / "charts"):
        start = time.perf_counter()
        first, second = (compare(old, new) for _ in range(2))
        times.append((time.perf_counter() - start) / 2)
        if first != second and not (random(old) or random(new)):
            failed += 1
            print(f"{old.name} -> {new.name}: two runs differ")
        elif first[0] not in FINE:
            failed += 1
            print(f"{old.name} -> {new.name}: exit {first[0]}, {first[1][-300:]}")
    middle, worst = statistics.median(times), max(times)
    print(f"{len(times)} upgrades, {failed} failed; seconds an upgrade: median {middle:.2f}, worst {worst:.2f}")
    return 1 if failed else 0


def random(chart: Path) -> bool:
    """Whether the chart itself renders at random (a password that it makes up): it then differs from itself."""
    return '"verdict": "no-changes"' not in compare(chart, chart)[1]


def pairs(folder: Path) -> list[tuple[Path, Path]]:
    """Neighbours in each chart's history, up and down."""
    charts: dict[str, list[tuple[Version, Path]]] = defaultdict(list)
    for path in folder.glob("*.tgz"):
        match = _NAME.fullmatch(path.name)
        if match:
            charts[match[1]].append((Version.parse(match[2]), path))
    found = []
    for versions in charts.values():
        ordered = [path for _, path in sorted(versions, key=lambda item: item[0])]
        found += [pair for old, new in pairwise(ordered) for pair in ((old, new), (new, old))]
    return sorted(found)


def compare(old: Path, new: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "pipeline", "diff", f"chart:{old}", f"chart:{new}", "-o", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout or done.stderr


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/corpus")))
