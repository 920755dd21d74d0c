"""The workflows that are shipped: everything pinned, few rights, no expression in a script; and they do their work."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import run
from pipeline.core.yaml_read import load
from tests.platforms import git, platform, verbs, write

ROOT = Path(__file__).parent.parent
SHIPPED = sorted((ROOT / "pipeline/data/github").glob("*.yml"))
OURS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}|\./.*")


def workflow(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = load(path.read_text())
    return found


@pytest.mark.parametrize("path", [*SHIPPED, *OURS], ids=lambda path: path.name)
def test_rights_pins_and_limits(path: Path) -> None:
    data = workflow(path)
    assert data["permissions"] == {}
    assert "concurrency" in data
    for name, job in data["jobs"].items():
        assert "timeout-minutes" in job, name
        assert "permissions" in job, name
        for step in job["steps"]:
            if "uses" in step:
                assert PINNED.fullmatch(step["uses"]), step
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False
            assert "${{" not in step.get("run", ""), f"{name}: an expression in a script"


def test_only_the_comment_jobs_may_write_and_they_check_nothing_out() -> None:
    for path in SHIPPED:
        for name, job in workflow(path)["jobs"].items():
            rights = job["permissions"]
            if "write" in rights.values():
                assert name == "comment"
                assert not any("checkout" in step.get("uses", "") for step in job["steps"])


def test_init_writes_them_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["init", "--github"]) == 0
    written = sorted((tmp_path / ".github/workflows").iterdir())
    assert [path.name for path in written] == [path.name for path in SHIPPED]
    assert "@VERSION@" not in "".join(path.read_text() for path in written)
    assert run(["init", "--github"]) == 64


def action(root: Path, tmp_path: Path, **inputs: str) -> tuple[int, str, dict[str, str]]:
    """Run what action.yml runs, with the real pipeline; its exit code, log and outputs."""
    python = Path(os.sys.executable).parent  # type: ignore[attr-defined]
    program = tmp_path / "bin" / "pipeline"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {python}/python -m pipeline "$@"\n')
    program.chmod(0o755)
    files = {name: str(tmp_path / name.lower()) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    defaults = {"INPUT_COMMAND": "plan", "INPUT_OUT": ".pipeline/out", "INPUT_REPORT": ".pipeline/out/report.json"}
    environment = {
        **os.environ,
        **files,
        **defaults,
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTION_PATH": str(ROOT),
        **inputs,
    }
    environment["PATH"] = f"{program.parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", str(ROOT / "scripts/action.sh")],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    output = Path(files["GITHUB_OUTPUT"])
    rows = output.read_text().splitlines() if output.exists() else []
    return done.returncode, done.stdout + done.stderr, dict(row.split("=", 1) for row in rows)


def test_the_action_plans_and_tells_the_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = platform(tmp_path / "platform")
    monkeypatch.chdir(root)
    verbs("vendor", "render", "commit")
    git(root, "switch", "--quiet", "--create", "change")
    write(root, {"values/web/common.yaml": "port: 81\n"})
    verbs("render", "commit")
    code, log, outputs = action(root, tmp_path, INPUT_BASE="merge-base:main", INPUT_FAIL_ON="high")
    assert code == 3, log
    assert outputs["verdict"] == "blocked"
    assert outputs["render-digest"].startswith("sha256:")
    assert json.loads((root / outputs["report"]).read_text())["verdict"] == "blocked"
    assert (tmp_path / "github_step_summary").read_text().startswith("## ")
    token = re.search(r"^::stop-commands::([0-9a-f]{32})$", log, re.MULTILINE)
    assert token is not None
    assert f"\n::{token[1]}::" in log
    for name in ("report.html", "report.sarif", "report.xml"):
        assert (root / ".pipeline/out" / name).stat().st_size > 0


def test_the_action_fails_where_the_tree_is_out_of_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = platform(tmp_path / "platform")
    monkeypatch.chdir(root)
    verbs("vendor", "render", "commit")
    write(root, {"values/web/common.yaml": "port: 81\n"})
    assert action(root, tmp_path, INPUT_BASE="ref:HEAD")[0] == 4
    assert action(root, tmp_path, INPUT_COMMAND="apply")[0] == 1
    assert action(root, tmp_path, INPUT_COMMAND="$(touch x)")[0] == 64
    assert not (root / "x").exists()
