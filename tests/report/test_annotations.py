"""Annotations: beside the line that declares the release, as GitHub limits and escapes them."""

from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.core.config.lines import release_lines
from pipeline.report import annotations
from tests.report.test_formats import big, report
from tests.support.platforms import git, platform, verbs, write
from tests.support.runner_log import heard

CONFIG = "# first\nreleases:\n  - name: web\n    chart: ./charts/web\n    version: 1.0.0\n    namespace: shop\n"


def test_each_stands_beside_the_line_of_its_release() -> None:
    (row,) = (
        row for row in annotations.render(report("web"), {"web": ("a/b.yaml", 7)}).splitlines() if "::error" in row
    )
    assert row.startswith(
        "::error file=a/b.yaml,line=7,title=high%3A service-port-removed (web)::Service web: port 80/TCP (web) removed"
    )
    assert release_lines(CONFIG) == {"web": 5}
    assert release_lines("releases: [{name: x, chart: y}, {name: z}]\n") == {"x": 1, "z": 1}
    assert release_lines("a: [") == {}


def test_no_more_than_ten_of_a_type_and_the_last_says_how_many_more() -> None:
    rows = annotations.render(big(40, 1), {}).splitlines()
    errors = [row for row in rows if row.startswith("::error")]
    assert len(errors) == 10
    assert errors[-1] == f"::error::and {40 - 9} more findings: see the report"


def test_nothing_ends_a_property_or_begins_a_line() -> None:
    text = annotations.render(report("a,b:c%0A\n::set-env name=x::y"), {"web": ("x,y:z%\n.yaml", 1)})
    assert {name for name, _ in heard(text)} <= {"error", "warning"}
    assert "file=x%2Cy%3Az%25 .yaml,line=1,title=" in text


def test_diff_writes_them_beside_another_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "repository"
    sub = platform(root / "deploy", {"pipeline.yaml": f"{CONFIG}helm: {{engine: embedded}}\n"})
    (sub / ".git").rename(root / ".git")
    monkeypatch.chdir(sub)
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "move")
    verbs("vendor", "render", "commit")
    write(sub, {"values/web/common.yaml": "port: 81\n"})
    verbs("render")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    capsys.readouterr()
    assert run(["diff", "ref:HEAD", "worktree", "-o", "terminal", "-o", "annotations"]) == 0
    out = capsys.readouterr().out
    assert {name for name, _ in heard(out)} == {"error"}
    assert "\n::error file=deploy/pipeline.yaml,line=5,title=high%3A service-port-removed (default/web)::" in out
