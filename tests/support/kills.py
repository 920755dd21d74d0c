"""Runs of the verbs that are killed, and what must hold after the next run: all of it or nothing, and nothing left."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.platforms import git, publish, write

OBJECTS = 240
CONFIG = "releases:\n  - {name: web, chart: ./charts/web, namespace: shop}\nhelm: {engine: embedded}\n"
VALUES = "port: 81\ncount: 235\n"
TEMPLATE = (
    "{{ range $n := until (int .Values.count) }}---\napiVersion: v1\nkind: ConfigMap\n"
    "metadata: {name: c{{ $n }}}\ndata: {port: '{{ $.Values.port }}'}\n{{ end }}"
)
CHART = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "values.yaml": f"port: 80\ncount: {OBJECTS}\n",
    "templates/a.yaml": TEMPLATE,
    **{f"files/{n}.txt": f"{n}\n" for n in range(57)},
}
ADDED = "apiVersion: v1\nkind: Service\nmetadata: {name: added}\nspec: {ports: [{port: 80}]}\n"
NEXT = ("rules list", "render --check", "vendor --locked", "diff ref:HEAD worktree -o json")
"""The run after the kill may be of any verb."""
AIMS = ("anywhere", "record", "renames")
UPGRADE = "upgrade web@1.1.0"
UPGRADE_ON_BRANCH = "upgrade web@1.1.0 -b up"


@dataclass(frozen=True)
class Attempt:
    """``signals`` are sent to the process, or its whole group, at a moment that ``aim`` and ``late`` choose."""

    verb: str
    signals: tuple[int, ...]
    group: bool
    aim: str
    late: float
    next_verb: str


def attempts(number: int, seed: int) -> list[Attempt]:
    """Verbs, signals and aims in turn, so that a few have one of each; the moments are random."""
    chance = random.Random(seed)
    kinds = ((signal.SIGKILL,), (signal.SIGTERM,), (signal.SIGINT,), (signal.SIGINT,) * 3)
    verbs = ("vendor", "render", "commit", "commit -b up", UPGRADE, UPGRADE_ON_BRANCH)
    return [
        Attempt(
            verbs[n % 6],
            kinds[(n // 6 + n) % 4],
            group=chance.random() < 0.5,
            aim=AIMS[(n // 6 + n) % 3],
            late=chance.random(),
            next_verb=chance.choice(NEXT),
        )
        for n in range(number)
    ]


def prepare(folder: Path, charts: str) -> dict[str, tuple[Path, str, str]]:
    """For each verb: a repository right before it, and the states before and after.

    ``charts`` is the address of a chart repository that ``publish_charts`` made.
    """
    root = _repository(folder / "work", CONFIG)
    write(root, {"charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.1.0\n"})
    git(root, "add", "charts")
    found = {}
    for verb in ("vendor", "render", "commit"):
        before = shutil.copytree(root, folder / f"before-{verb}", symlinks=True)
        old = state(root)
        assert pipeline(root, verb, folder / "tmp").wait() == 0
        found[verb] = (before, old, state(root))
    found["commit -b up"] = _before_and_after(found["commit"][0], "commit -b up", folder)
    config = f"repositories: {{shop: {{url: '{charts}'}}}}\n" + CONFIG.replace(
        "./charts/web", "shop/web, version: 1.0.0"
    )
    other = _repository(folder / "other", config)
    for verb in (UPGRADE, UPGRADE_ON_BRANCH):
        found[verb] = _before_and_after(other, verb, folder)
    return found


def _before_and_after(before: Path, verb: str, folder: Path) -> tuple[Path, str, str]:
    side = shutil.copytree(before, folder / "side" / verb.replace(" ", "-"), symlinks=True)
    assert pipeline(side, verb, folder / "tmp").wait() == 0
    return before, state(before), state(side)


def publish_charts(folder: Path) -> None:
    """A chart repository with both versions of the chart."""
    publish(folder, {"1.0.0": CHART, "1.1.0": CHART | {"templates/b.yaml": ADDED}})


def _repository(root: Path, config: str) -> Path:
    """One release of 240 objects and a chart of 60 files, committed; then values of ours changed."""
    write(root, {"pipeline.yaml": config} | {f"charts/web/{name}": text for name, text in CHART.items()})
    git(root, "init", "--quiet")
    for verb in ("vendor", "render"):
        assert pipeline(root, verb, root.parent / "tmp").wait() == 0
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "start")
    write(root, {"values/web/common.yaml": VALUES, "staged.txt": "of the user\n"})
    git(root, "add", "staged.txt", "values")
    return root


def pipeline(root: Path, line: str, temporary: Path) -> "subprocess.Popen[bytes]":
    temporary.mkdir(exist_ok=True)
    argv = [sys.executable, "-m", "pipeline", "-q", *line.split()]
    more = {"TMPDIR": str(temporary), "PYTHONPATH": os.pathsep.join(sys.path)}
    with (root.parent / "stderr").open("wb") as said:
        return subprocess.Popen(
            argv,
            cwd=root,
            env=os.environ | more,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
        )


_LEFT = {"record": 0.05, "renames": 0.01}
"""The part of a verb's time that is left, about, when it has come so far: writing is quick."""


def killed(attempt: Attempt, root: Path, seconds: float) -> bool:
    """Run the verb and end it; whether it was still running then."""
    process = pipeline(root, attempt.verb, root.parent / "tmp")
    _moment(attempt, root, process, seconds)
    was_running = process.poll() is None
    for number in attempt.signals:
        try:
            os.killpg(process.pid, number) if attempt.group else process.send_signal(number)
        except ProcessLookupError:
            break
        time.sleep(0.001)
    process.wait(timeout=60)
    return was_running


def _moment(attempt: Attempt, root: Path, process: "subprocess.Popen[bytes]", seconds: float) -> None:
    if attempt.aim == "anywhere":
        time.sleep(attempt.late * seconds)
        return
    record = root / ".git/pipeline/record.json"
    while process.poll() is None and not (record.exists() and (attempt.aim == "record" or _doing(record))):
        time.sleep(0.0005)
    time.sleep(attempt.late * seconds * _LEFT[attempt.aim])


def _doing(record: Path) -> bool:
    try:
        return b'"doing"' in record.read_bytes()
    except FileNotFoundError:
        return False


def state(root: Path) -> str:
    """Everything that a user has: the files, where HEAD is, its tree, what is staged, and the branches."""
    files = git(root, "-c", "core.fileMode=false", "stash", "create")
    tree = git(root, "rev-parse", f"{files.strip() or 'HEAD'}^{{tree}}")
    others = git(root, "ls-files", "--others")
    contents = "".join(f"{name} {git(root, 'hash-object', name)}" for name in others.splitlines())
    asked = ("symbolic-ref HEAD", "rev-parse HEAD^{tree}", "write-tree", "for-each-ref --format=%(refname) refs/heads")
    return "\n".join((tree, contents, *(git(root, *line.split()) for line in asked)))


def left(root: Path) -> list[str]:
    """What no run may leave: staging, records, locks of ours and of Git's, temporary files."""
    git_folder = root / ".git"
    found = [*root.glob(".pipeline-*"), *git_folder.rglob("*.lock"), *git_folder.glob("pipeline/*")]
    found += git_folder.glob("worktrees/*")
    return sorted(str(path) for path in (*found, *git_folder.glob("*.pipeline"), *(root.parent / "tmp").glob("*")))
