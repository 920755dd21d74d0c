"""What others take of this repository by name: pre-commit hooks, the image, the distribution."""

import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
NAME = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["name"]


@pytest.mark.parametrize("hook", HOOKS.values(), ids=lambda hook: hook["id"])
def test_the_entry_of_a_hook_is_a_command_line_that_exists(hook: dict[str, str]) -> None:
    program, verb, option = shlex.split(hook["entry"])
    assert program == "pipeline"
    printed = subprocess.run(
        [sys.executable, "-m", "pipeline", verb, "--help"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert option in printed.stdout


def test_the_hooks_ask_about_the_tree_and_the_lock() -> None:
    assert {hook: HOOKS[hook]["entry"] for hook in HOOKS} == {
        "pipeline-render-check": "pipeline render --check",
        "pipeline-vendor-locked": "pipeline vendor --locked",
    }


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        "Containerfile",
        "docs/install.md",
        ".github/workflows/release.yml",
        "pipeline/data/github/pipeline-plan.yml",
    ],
)
def test_the_distribution_has_one_name_everywhere(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    assert NAME in text
    assert "helm-pipeline" not in text
