"""Prints what a cold render of many releases costs with each engine, as a ratio to another checkout of this repository.

Seconds by the clock, and of all processors together; the latter say more on a machine that others use.

usage: python -m scripts.render_speed CHARTS BASE [ROUNDS]

CHARTS is a folder of archives, or a text file that names archives below ``charts/`` beside it, one a line. Each is
rendered as five releases in namespaces of their own. BASE is the checkout to compare with: its sources, this Python.
The last column is the ratio to bare ``helm template`` processes, as many at once as there are cores.
The rounds are interleaved; each starts without cache and without rendered files; the medians are taken.
"""

import ctypes
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from pipeline.adapters.workers import worker_count

HERE = Path(__file__).parents[1]
RELEASES = 5
ENGINES = ("cli", "embedded")


def main(charts: Path, base: Path, rounds: int = 5) -> None:
    """One line for each engine, and one for what importing pyhelm3 costs: whole, and the two modules that are used."""
    adopt()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # who installs pipeline has it compiled
    sources = {"base": base, "here": HERE}
    with tempfile.TemporaryDirectory() as folder:
        for engine in ENGINES:
            sites = {
                name: site(Path(folder, f"{engine}-{name}"), archives(charts), engine, source)
                for name, source in sources.items()
            }
            found: dict[str, list[tuple[float, float]]] = {name: [] for name in sources}
            bare = []
            for _ in range(rounds):
                bare.append(templated(archives(charts)))
                for name, source in sources.items():
                    found[name].append(rendered(sites[name], source))
            for number, what in enumerate(("clock", "processors")):
                before, after = (statistics.median(pair[number] for pair in found[name]) for name in sources)
                helm = statistics.median(pair[number] for pair in bare)
                ratios = f"{after / before:.3f}x  {after / helm:.3f}x"
                print(f"{engine:9} {what:10} {before:7.2f} s  {after:7.2f} s  {ratios} of {helm:.2f} s", flush=True)
    whole = min(imported("import pyhelm3.command") for _ in range(rounds))
    parts = min(imported("from pipeline.adapters.helm.pyhelm3_command import load; load()") for _ in range(rounds))
    print(f"pyhelm3   {whole:6.2f} s  {parts:6.2f} s  {parts / whole:.3f}x")


def archives(charts: Path) -> list[Path]:
    if charts.is_dir():
        return sorted(charts.glob("*.tgz"))
    return [charts.parent / "charts" / f"{name}.tgz" for name in charts.read_text().split()]


def site(root: Path, charts: list[Path], engine: str, source: Path) -> Path:
    """A repository with everything vendored, by the code that is to render it."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    lines = [f"helm: {{engine: {engine}}}", "secrets: {rendered: allow}", "releases:"]
    for number, chart in enumerate(charts):
        (root / f"{number}.tgz").write_bytes(chart.read_bytes())
        lines += (
            f"  - {{name: r{number}-{copy}, chart: ./{number}.tgz, namespace: ns-{copy}}}" for copy in range(RELEASES)
        )
    (root / "pipeline.yaml").write_text("\n".join(lines) + "\n")
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    run(root, source, "vendor")
    return root


def rendered(root: Path, source: Path) -> tuple[float, float]:
    """Seconds by the clock and of processors."""
    shutil.rmtree(root / "rendered", ignore_errors=True)
    with tempfile.TemporaryDirectory() as cache:
        begun, used = time.perf_counter(), processors()
        run(root, source, "render", XDG_CACHE_HOME=cache)
        seconds = time.perf_counter() - begun
    return seconds, processors() - used


def templated(charts: list[Path]) -> tuple[float, float]:
    """The same releases by Helm alone, whose output is thrown away."""

    def one(chart: Path, number: int) -> None:
        argv = ["helm", "template", "r", str(chart), "--include-crds", "--namespace", f"ns-{number}"]
        subprocess.run(argv, stdout=subprocess.DEVNULL, check=True)

    begun, used = time.perf_counter(), processors()
    with ThreadPoolExecutor(worker_count()) as pool:
        for done in [pool.submit(one, chart, number) for chart in charts for number in range(RELEASES)]:
            done.result()
    return time.perf_counter() - begun, processors() - used


def processors() -> float:
    """Processor time of all that was started here and has ended, children of children included."""
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def adopt() -> None:
    """On Linux, be the parent of what our children leave behind: it is counted as well."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER


def imported(line: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", line], check=True, cwd=HERE)
    return time.perf_counter() - begun


def run(root: Path, source: Path, verb: str, **environment: str) -> None:
    argv = [sys.executable, "-P", "-m", "pipeline", "--quiet", verb]
    done = subprocess.run(
        argv,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(source), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"{verb} of {source} fails: {done.stderr[-2000:]}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case [found, other]:
            main(Path(found), Path(other).absolute())
        case [found, other, count]:
            main(Path(found), Path(other).absolute(), int(count))
        case _:
            sys.exit(__doc__)
