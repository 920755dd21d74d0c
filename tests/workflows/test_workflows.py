"""The workflows that are shipped: everything pinned, few rights, no expression in a script; and they do their work."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipeline import __version__
from pipeline.cli import run
from pipeline.core.yaml.reader import load
from tests.support.platforms import git, platform, verbs, write
from tests.support.tools import tool
from tests.support.workflow_policy import violations

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "pipeline/data/github").glob("*.yml"))
OURS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def workflow(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = load(path.read_text())
    return found


@pytest.mark.parametrize("path", [*SHIPPED, *OURS], ids=lambda path: path.name)
def test_every_workflow_keeps_the_policy(path: Path) -> None:
    assert violations(path.read_text(), workflow(path)) == []


BROKEN = [
    ("pipeline-plan.yml", "permissions: {}", "permissions: {contents: write}"),
    ("pipeline-plan.yml", "  pull_request:", "  pull_request_target:"),
    ("pipeline-plan.yml", "pull-requests: write", "contents: write"),
    ("pipeline-plan.yml", "cancel-in-progress: true", "cancel-in-progress: false"),
    ("pipeline-plan.yml", "persist-credentials: false", "persist-credentials: true"),
    ("pipeline-plan.yml", 'run: pip install --quiet "$PIPELINE_PACKAGE"', "run: echo ${{ github.head_ref }}"),
    ("pipeline-plan.yml", "@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7"),
    ("pipeline-plan.yml", " # v7.0.1", ""),
    ("pipeline-plan.yml", "    timeout-minutes: 10\n", ""),
    ("pipeline-plan.yml", "ubuntu-24.04", "ubuntu-latest"),
    ("pipeline-plan.yml", "    needs: discover\n", "    needs: discover\n    environment: prod\n"),
    ("pipeline-fork-comment.yml", "actions/setup-python@", "actions/checkout@"),
    ("pipeline-upgrade.yml", "  workflow_dispatch:", "  pull_request:"),
    ("pipeline-upgrade.yml", "  workflow_dispatch:", "  workflow_dispatch:\n  push:"),
    ("pipeline-upgrade.yml", "contents: write ", "actions: write "),
    ("pipeline-upgrade.yml", "secrets.PIPELINE_UPGRADE_TOKEN", "secrets.KUBECONFIG"),
    ("pipeline-apply.yml", "cancel-in-progress: false", "cancel-in-progress: true"),
    ("pipeline-apply.yml", "environment: __ENVIRONMENT__-plan", "environment: __ENVIRONMENT__"),
    ("pipeline-apply.yml", "    environment: __ENVIRONMENT__\n", ""),
    ("pipeline-apply.yml", "run: pipeline approve", "run: pipeline explain"),
    ("pipeline-apply.yml", "permissions: {}", "permissions: {}\nconcurrency: {group: a, cancel-in-progress: false}"),
]


@pytest.mark.parametrize(("name", "old", "new"), BROKEN)
def test_the_policy_sees_what_breaks_it(name: str, old: str, new: str) -> None:
    text = (ROOT / "pipeline/data/github" / name).read_text()
    assert old in text
    broken = text.replace(old, new, 1)
    assert violations(broken, load(broken)) != []


def test_this_repository_uses_the_workflows_that_it_ships() -> None:
    """On its own sample, with its own code in place of the published package."""
    for name in ("pipeline-plan.yml", "pipeline-fork-comment.yml"):
        ours = (ROOT / ".github/workflows" / name).read_text()
        assert re.sub(r"PIPELINE_PACKAGE: .*", "", ours) == re.sub(r"PIPELINE_PACKAGE: .*", "", shipped(name))


def shipped(name: str) -> str:
    return (ROOT / "pipeline/data/github" / name).read_text().replace("@VERSION@", __version__)


WRITTEN = ["pipeline-fork-comment.yml", "pipeline-plan.yml", "pipeline-upgrade.yml"]
CLUSTERS = "environments: {dev: {cluster: {context: d}}, test: {}, prod: {cluster: {context: p}}}\nreleases: []\n"


@pytest.mark.parametrize(
    ("config", "applied"),
    [(None, []), ("environments: {x: {}}\nreleases: []\n", []), (CLUSTERS, ["dev", "prod"])],
)
def test_init_writes_them_once(
    config: str | None, applied: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if config:
        write(tmp_path, {"pipeline.yaml": config})
    assert run(["init", "--github"]) == 0
    written = sorted((tmp_path / ".github/workflows").iterdir())
    assert [path.name for path in written] == [*(f"pipeline-apply-{name}.yml" for name in applied), *WRITTEN]
    for path in written:
        assert not re.search("@VERSION@|__ENVIRONMENT__", path.read_text())
        assert violations(path.read_text(), workflow(path)) == []
    write(tmp_path, {".github/workflows/pipeline-plan.yml": "name: mine\n"})
    assert run(["init", "--github"]) == 64


@pytest.mark.slow
def test_what_init_writes_is_clean_to_every_checker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {"pipeline.yaml": CLUSTERS})
    (tmp_path / "sub").mkdir()
    git(tmp_path, "init", "--quiet")
    assert run(["init", "--github"]) == 0
    write(tmp_path, {"sub/pipeline.yaml": CLUSTERS})
    assert run(["init", "--github", "--enterprise", "sub"]) == 0
    files = [str(path) for path in sorted((tmp_path / ".github/workflows").iterdir())]
    checks = [
        [tool("actionlint"), *files],
        [tool("check-jsonschema"), "--builtin-schema", "vendor.github-workflows", *files],
        [tool("check-jsonschema"), "--builtin-schema", "custom.github-workflows-require-timeout", *files],
        [tool("check-jsonschema"), "--builtin-schema", "vendor.github-actions", str(ROOT / "action.yml")],
        [tool("zizmor"), "--offline", "--strict-collection", *files, str(ROOT / "action.yml")],
    ]
    for check in checks:
        done = subprocess.run(check, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


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
    assert action(root, tmp_path, INPUT_COMMAND="apply", INPUT_PLAN_FILE="plan.json", GITHUB_RUN_ID="1")[0] == 64
    assert action(root, tmp_path, INPUT_COMMAND="$(touch x)")[0] == 64
    assert action(root, tmp_path, INPUT_BASE="--fail-on=info")[0] == 64
    assert not (root / "x").exists()
