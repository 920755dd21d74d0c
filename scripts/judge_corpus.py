"""Verdicts over all versions of real charts: ``python -m scripts.judge_corpus FOLDER CHART...``.

Each chart's archives in FOLDER are served from a local repository, and the release runs the oldest (of the newest 12).
It prints where ``outdated --judge`` disagrees with ``upgrade --dry-run`` to that version, or counts other blockers than
``pipeline diff`` of the two archives; and where another way has fewer blockers than the one that ``upgrade --path``
names: all ways there are, each step judged by ``pipeline diff``.
"""

import hashlib
import io
import json
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

from pipeline.cli import run
from pipeline.core.charts.semver import Version

MOST = 12
KUBE = "1.34.0"
_SKIPS = "chart-skips-versions"
_STEP = re.compile(r"^ +\d+\. (\S+)  ", re.MULTILINE)


class _Unheard(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        pass


def archives(folder: Path, chart: str) -> dict[str, Path]:
    """The newest versions of a chart, the oldest of them first."""
    found = ((Version.parse(path.stem.removeprefix(f"{chart}-")), path) for path in folder.glob(f"{chart}-[0-9]*.tgz"))
    return {path.stem.removeprefix(f"{chart}-"): path for _, path in sorted(found)[-MOST:]}


def disagreements(folder: Path, chart: str) -> Iterator[str]:
    """A line for each verdict and each way that another judgement does not confirm."""
    there = archives(folder, chart)
    versions = list(there)
    with platform(chart, there) as place, chdir(place):
        told = _json("outdated", "it", "--judge", "-o", "json")["releases"][0]["judged"]
        said = _said("upgrade", f"it@{versions[-1]}", "--path")
        tried = {version: _json("upgrade", f"it@{version}", "--dry-run", "-o", "json") for version in versions[1:]}
    single = {pair: _compared(there[pair[0]], there[pair[1]]) for pair in combinations(versions, 2)}
    for row in told:
        verdict, blockers = tried[row["version"]]["verdict"], single[versions[0], row["version"]][1]
        if (row["verdict"], row["blockers"]) != (verdict, blockers):
            yield f"{chart} {row['version']}: judged {row['verdict']} ({row['blockers']}), alone {verdict} ({blockers})"
    steps = [versions[0], *_STEP.findall(said)]
    named, best = _cost(steps, single), min(_every_way(versions, single), default=None)
    if named != best:
        yield f"{chart}: the way over {steps} costs {named}, and another one {best}"


Single = Mapping[tuple[str, str], tuple[str, int, int]]


def _every_way(versions: list[str], single: Single) -> Iterator[tuple[int, int]]:
    for count in range(len(versions) - 1):
        for between in combinations(versions[1:-1], count):
            cost = _cost([versions[0], *between, versions[-1]], single)
            if cost is not None:
                yield cost


def _cost(way: list[str], single: Single) -> tuple[int, int] | None:
    steps = [single[pair] for pair in pairwise(way)]
    if not steps or any(verdict == "failed" for verdict, _, _ in steps):
        return None
    return sum(blockers + skips for _, blockers, skips in steps), len(steps)


def _compared(old: Path, new: Path) -> tuple[str, int, int]:
    """The verdict of a pair of archives, how many findings block, and whether it skips versions."""
    how = ("--release-name", "it", "-n", "it", "--kube-version", KUBE, "-o", "json")
    report = _json("diff", f"chart:{old}", f"chart:{new}", *how)
    findings = [one for one in report["findings"] if not one.get("waived")]
    blocking = [one for one in findings if (one["severity"], one["confidence"]) == ("blocker", "proven")]
    skips = any(one["rule"] == _SKIPS and one["severity"] in ("high", "blocker") for one in findings)
    return report["verdict"], len(blocking), int(skips)


def _said(*words: str, fine: tuple[int, ...] = (0, 3)) -> str:
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as error:
        code = run(["--quiet", *words])
    if code not in fine:
        sys.exit(f"pipeline {' '.join(words)}: {error.getvalue()}")
    return out.getvalue()


def _json(*words: str) -> dict[str, Any]:
    """What a verb prints; a version that does not render has nothing to print."""
    found: dict[str, Any] = json.loads(_said(*words, fine=(0, 1, 3)) or '{"verdict": "failed", "findings": []}')
    return found


@contextmanager
def platform(chart: str, there: Mapping[str, Path], kube: str = KUBE) -> Iterator[Path]:
    """A repository with the release ``it`` of the first of these versions, committed; all of them are served."""
    with tempfile.TemporaryDirectory(prefix="judge-corpus-") as name:
        home, rows = Path(name), []
        for version, path in there.items():
            (home / path.name).write_bytes(path.read_bytes())
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            rows.append(f"  - {{name: {chart}, version: {version}, digest: '{digest}', urls: [{path.name}]}}")
        (home / "index.yaml").write_text("\n".join(["apiVersion: v1", "entries:", f"  {chart}:", *rows, ""]))
        with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Unheard, directory=name)) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            place = home / "platform"
            place.mkdir()
            config = (
                f"repositories: {{shop: {{url: 'http://127.0.0.1:{server.server_address[1]}'}}}}\n"
                f"environments: {{default: {{kubeVersion: {kube}}}}}\n"
                f"releases: [{{name: it, chart: shop/{chart}, version: {next(iter(there))}, namespace: it}}]\n"
                "secrets: {rendered: allow}\n"
            )
            (place / "pipeline.yaml").write_text(config)
            with chdir(place):
                for words in (
                    ["init", "--quiet"],
                    ["config", "user.name", "a"],
                    ["config", "user.email", "a@b.example"],
                ):
                    subprocess.run(["git", *words], check=True)
                for verb in ("vendor", "render"):
                    _said(verb)
                for words in (["add", "."], ["commit", "--quiet", "-m", "a"]):
                    subprocess.run(["git", *words], check=True)
            yield place
            server.shutdown()


def main(folder: Path, charts: list[str]) -> int:
    """What disagrees; the exit code says whether anything does."""
    lines = []
    for chart in charts:
        found = list(disagreements(folder, chart))
        lines += found
        head = f"{chart}: {len(archives(folder, chart))} versions, {len(found)} disagreements"
        print(head, *found, sep="\n  ", flush=True)
    return bool(lines)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
