"""A chart that is another one under the same version: between two archives, and between two states of a repository."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import run
from tests.support.charts import pack
from tests.support.platforms import CHART, CONFIG, git, platform, publish, served, verbs, write

OTHER = {**CHART, "values.yaml": "port: 80\nhidden: 1\n"}


def rules(report: Path) -> list[tuple[str, str]]:
    data: dict[str, Any] = json.loads(report.read_text())
    return [(one["rule"], one["severity"]) for one in data["findings"] if one["rule"] == "chart-integrity-changed"]


def archive(file: Path, files: dict[str, str]) -> str:
    file.write_bytes(pack({f"web/{name}": text for name, text in files.items()}))
    return f"chart:{file}"


def test_two_archives_of_one_version(tmp_path: Path) -> None:
    old, other = archive(tmp_path / "old.tgz", CHART), archive(tmp_path / "other.tgz", OTHER)
    same = archive(tmp_path / "same.tgz", dict(reversed(CHART.items())))
    out = tmp_path / "report.json"
    assert run(["diff", old, other, "--engine", "embedded", "-o", f"json={out}"]) == 3
    assert rules(out) == [("chart-integrity-changed", "blocker")]
    assert run(["diff", old, same, "--engine", "embedded", "-o", f"json={out}"]) == 0
    assert rules(out) == []


def test_a_vendored_chart_that_its_repository_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(tmp_path / "charts") as url:
        publish(tmp_path / "charts", {"1.0.0": CHART})
        config = CONFIG.replace("./charts/web", "pub/web") + f"repositories: {{pub: {{url: {url}}}}}\n"
        root = platform(tmp_path / "platform", {"pipeline.yaml": config})
        monkeypatch.chdir(root)
        verbs("vendor", "render")
        git(root, "add", ".")
        git(root, "commit", "--quiet", "--message", "one")
        publish(tmp_path / "charts", {"1.0.0": OTHER})
        verbs("vendor --update", "render")
    assert run(["diff", "ref:HEAD", "worktree", "-o", "json=../report.json"]) == 3
    assert rules(tmp_path / "report.json") == [("chart-integrity-changed", "blocker")]


def test_a_chart_in_a_folder_of_ours_may_be_edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = platform(tmp_path / "platform")
    monkeypatch.chdir(root)
    verbs("vendor", "render")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "one")
    write(root, {"charts/web/values.yaml": OTHER["values.yaml"]})
    verbs("vendor --update", "render")
    assert run(["diff", "ref:HEAD", "worktree", "-o", "json=../report.json"]) == 0
    assert rules(tmp_path / "report.json") == []
