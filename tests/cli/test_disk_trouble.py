"""A full disk, a read-only tree, files that may not grow: the old state stays, and one error says what is wrong."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.platforms import git, platform, snapshot, verbs, write

READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && cd "$0" && exec "$@"'
FULL = (
    'mount -t tmpfs -o size=16m none "$0" && cp -a "$0.start/." "$0" && cd "$0" && '
    "{ dd if=/dev/zero of=.git/filler bs=4k 2>/dev/null; truncate -s -128K .git/filler; } && "
    '("$@"); echo "$?" > "$0.code"; cp -a "$0" "$0.end"'
)
BIG = (
    "{{ range until 200 }}---\napiVersion: v1\nkind: ConfigMap\n"
    "metadata: {name: c{{ . }}}\ndata: {a: '{{ $.Values.a }}'}\n{{ end }}"
)
IDLE = ["render", "render --check", "vendor", "vendor --locked", "diff", "commit", "rules list"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = platform(tmp_path / "platform", {"charts/web/templates/a.yaml": BIG, "charts/web/values.yaml": "a: x\n"})
    monkeypatch.chdir(root)
    verbs("vendor", "render", "commit")
    return root


def pipeline(line: str) -> list[str]:
    return [sys.executable, "-m", "pipeline", "-q", *line.split()]


def mounted(script: str, root: Path, argv: list[str]) -> "subprocess.CompletedProcess[str]":
    """Run ``argv`` in a mount namespace of its own. Only root may have one; the CI's runner is no root."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    asked = ["unshare", "--mount", "sh", "-c", script, str(root), *argv]
    if os.getuid() != 0 or subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        pytest.skip("mount namespaces are for root; test_recovery.py and test_disk.py fail each write instead")
    return subprocess.run(asked, capture_output=True, text=True, env=environment, check=False, timeout=120)


@pytest.mark.parametrize("verb", ["vendor --update", "render", "commit", "commit -b up"])
def test_in_a_read_only_tree_the_error_is_one_and_nothing_changes(here: Path, verb: str) -> None:
    write(here, {"charts/web/values.yaml": "a: y\n"})
    if verb != "vendor --update":
        verbs("vendor --update")
    if verb.startswith("commit"):
        verbs("render")
    before, status = snapshot(here), git(here, "status", "--porcelain")
    done = mounted(READ_ONLY, here, pipeline(verb))
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("pipeline: ")
    assert "read-only file system; nothing was " in done.stderr
    assert (snapshot(here), git(here, "status", "--porcelain")) == (before, status)


@pytest.mark.parametrize("verb", IDLE)
def test_what_has_nothing_to_write_works_in_a_read_only_tree(here: Path, verb: str) -> None:
    done = mounted(READ_ONLY, here, pipeline(verb))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("verb", ["vendor --update", "render"])
def test_on_a_full_disk_the_old_state_stays(here: Path, verb: str) -> None:
    filler = {f"charts/web/files/{n}": "z" * 9000 for n in range(60)}
    write(here, {"charts/web/values.yaml": f"a: {'y' * 900}\n"} | ({} if verb == "render" else filler))
    if verb == "render":
        verbs("vendor --update")
    before = snapshot(here)
    start = here.rename(here.with_name("platform.start"))
    here.mkdir()
    done = mounted(FULL, here, pipeline(verb))
    assert here.with_name("platform.code").read_text() == "1\n", done.stderr
    assert "no space left on device; nothing was changed" in done.stderr
    assert snapshot(here.with_name("platform.end")) == before
    assert not list(here.with_name("platform.end").glob(".pipeline-*"))
    assert start.exists()


@pytest.mark.parametrize("verb", ["vendor --update", "render", "commit"])
def test_where_files_may_not_grow_the_old_state_stays(here: Path, verb: str) -> None:
    write(here, {"charts/web/values.yaml": f"a: {'y' * 4000}\n", "charts/web/big.txt": "z" * 9000})
    if verb != "vendor --update":
        verbs("vendor --update")
    if verb == "commit":
        verbs("render")
    before, status = snapshot(here), git(here, "status", "--porcelain")
    limited = ["sh", "-c", 'ulimit -f 4 && exec "$@"', "sh", *pipeline(verb)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(limited, cwd=here, capture_output=True, text=True, env=environment, check=False, timeout=120)
    assert done.returncode == 1, done.stderr
    assert (snapshot(here), git(here, "status", "--porcelain")) == (before, status)
    assert not list(here.glob(".pipeline-*"))
    assert not (here / ".git/pipeline").exists()
    assert git(here, "symbolic-ref", "HEAD") == "refs/heads/main\n"
