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

from tests.support.platforms import git, write

OBJECTS = 240
CONFIG = "releases:\n  - {name: web, chart: ./charts/web, namespace: shop}\nhelm: {engine: embedded}\n"
VALUES = "port: 81\ncount: 235\n"
TEMPLATE = (
    "{{ range $n := until (int .Values.count) }}---\napiVersion: v1\nkind: ConfigMap\n"
    "metadata: {name: c{{ $n }}}\ndata: {port: '{{ $.Values.port }}'}\n{{ end }}"
)
NEXT = ("rules list", "render --check", "vendor --locked", "diff ref:HEAD worktree -o json")
"""The run after the kill may be of any verb."""
AIMS = ("anywhere", "record", "renames")


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
    verbs = ("vendor", "render", "commit", "commit -b up")
    return [
        Attempt(
            verbs[n % 4],
            kinds[(n // 4 + n) % 4],
            group=chance.random() < 0.5,
            aim=AIMS[n % 3],
            late=chance.random(),
            next_verb=chance.choice(NEXT),
        )
        for n in range(number)
    ]


def prepare(folder: Path) -> dict[str, tuple[Path, str, str]]:
    """For each verb: a repository right before it, and the states before and after."""
    root = _repository(folder / "work")
    found = {}
    for verb in ("vendor", "render", "commit"):
        before = shutil.copytree(root, folder / f"before-{verb}", symlinks=True)
        old = state(root)
        assert pipeline(root, verb, folder / "tmp").wait() == 0
        found[verb] = (before, old, state(root))
    side = shutil.copytree(found["commit"][0], folder / "side", symlinks=True)
    assert pipeline(side, "commit -b up", folder / "tmp").wait() == 0
    found["commit -b up"] = (found["commit"][0], found["commit"][1], state(side))
    return found


def _repository(root: Path) -> Path:
    """One release of 240 objects and a chart of 60 files, committed; its next version is to be vendored."""
    filler = {f"charts/web/files/{n}.txt": f"{n}\n" for n in range(57)}
    chart = {
        "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "charts/web/values.yaml": f"port: 80\ncount: {OBJECTS}\n",
        "charts/web/templates/a.yaml": TEMPLATE,
    }
    write(root, {"pipeline.yaml": CONFIG} | chart | filler)
    git(root, "init", "--quiet")
    for verb in ("vendor", "render"):
        assert pipeline(root, verb, root.parent / "tmp").wait() == 0
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "start")
    write(
        root, {"charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.1.0\n", "values/web/common.yaml": VALUES}
    )
    write(root, {"staged.txt": "of the user\n"})
    git(root, "add", "staged.txt", "values", "charts")
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
    time.sleep(attempt.late * (0.2 if "commit" in attempt.verb else 0.05))


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
    return sorted(str(path) for path in (*found, *git_folder.glob("*.pipeline"), *(root.parent / "tmp").glob("*")))
