"""Whatever ends a render, in whichever moment: nothing of it runs on, nothing lies about, and the end comes at once."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.core.errors import INTERRUPTED
from tests.adapters.test_guard import until
from tests.support.platforms import git, write
from tests.support.tools import tool

CANARY = "canary-7f3a"
LONG = "{{ range until 100000 }}{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}{{ end }}"
RANDOM = random.Random(7)


def platform(root: Path, engine: str, template: str) -> Path:
    write(
        root,
        {
            "pipeline.yaml": (
                f"helm: {{engine: {engine}}}\nreleases:\n"
                "  - {name: one, chart: ./charts/web, namespace: a}\n"
                "  - {name: two, chart: ./charts/web, namespace: b}\n"
            ),
            "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
            "charts/web/templates/a.yaml": template,
            "values/one/common.yaml": f"password: {CANARY}\n",
            "values/two/common.yaml": f"password: {CANARY}\n",
            "overlays/one/kustomization.yaml": "resources: [chart.yaml]\n",
        },
    )
    git(root, "init", "--quiet")
    return root


def started(root: Path, temporary: Path, verb: str) -> "subprocess.Popen[bytes]":
    temporary.mkdir(exist_ok=True)
    path = os.pathsep.join([str(Path(tool("helm")).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "TMPDIR": str(temporary), "PYTHONPATH": os.pathsep.join(sys.path)}
    argv = [sys.executable, "-m", "pipeline", "--quiet", verb]
    return subprocess.Popen(argv, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def finish(process: "subprocess.Popen[bytes]") -> None:
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err


def helms(temporary: Path) -> list[str]:
    return [line for line in left(temporary) if "library_worker" in line or "helm template" in line]


def left(temporary: Path) -> list[str]:
    """What still runs with that folder in its environment, and what lies in it."""
    running = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(temporary).encode() in (process / "environ").read_bytes():
                running.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    walked = os.walk(temporary)  # not rglob: folders go away meanwhile
    return running + [f"{folder}/{name}" for folder, folders, files in walked for name in (*folders, *files)]


@pytest.mark.parametrize("engine", ["cli", "embedded"])
@pytest.mark.parametrize("signals", [["INT"], ["INT", "INT", "INT"], ["TERM"], ["KILL"], ["HUP"]], ids="+".join)
def test_an_interrupt_of_an_endless_render_ends_all(tmp_path: Path, engine: str, signals: list[str]) -> None:
    root, temporary = platform(tmp_path / "platform", engine, LONG), tmp_path / "temporary"
    finish(started(root, temporary, "vendor"))
    process = started(root, temporary, "render")
    assert until(lambda: len(helms(temporary)) > 1, 60)
    begun = time.monotonic()
    for name in signals:
        process.send_signal(signal.Signals[f"SIG{name}"])
        time.sleep(0.001)
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - begun < 30
    if signals[0] == "INT":
        assert process.returncode == INTERRUPTED
        assert err.strip() == b"pipeline: interrupted"
    assert until(lambda: left(temporary) == []), left(temporary)
    assert not (root / "rendered").exists()


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["cli", "embedded"])
def test_an_end_at_any_moment_leaves_nothing(tmp_path: Path, engine: str) -> None:
    tool("kubectl")
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {b: '{{ .Values.password | len }}'}\n"
    root, temporary = platform(tmp_path / "platform", engine, text), tmp_path / "temporary"
    finish(started(root, temporary, "vendor"))
    begun = time.monotonic()
    finish(started(root, temporary, "render"))
    whole = time.monotonic() - begun
    for _ in range(int(os.environ.get("PIPELINE_KILLS", "10"))):
        process = started(root, temporary, "render")
        time.sleep(RANDOM.uniform(0, whole))
        for _ in range(RANDOM.choice((1, 3))):
            process.send_signal(RANDOM.choice((signal.SIGINT, signal.SIGTERM, signal.SIGKILL)))
        _, err = process.communicate(timeout=60)
        assert b"Traceback" not in err or b"KeyboardInterrupt" in err
        assert until(lambda: left(temporary) == []), left(temporary)
