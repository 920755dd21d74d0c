"""A comparison that was made before is not made again; what is shown is the same, and so is the exit code."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.cli.support import tree_diffing
from pipeline.cli.support.diffing import Comparison
from tests.support.platforms import git, platform, verbs, write

SERVICE = "rendered/default/web/shop/service-web.yaml"
FORMS = ("terminal", "json", "markdown", "comment", "html", "sarif", "junit")
Output = pytest.CaptureFixture[str]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for each comparison that is really made."""
    found: list[str] = []
    compare: Callable[..., Comparison] = tree_diffing.repository

    def counted(*arguments: object) -> Comparison:
        found.append("made")
        return compare(*arguments)

    monkeypatch.setattr(tree_diffing, "repository", counted)
    return found


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = platform(tmp_path / "platform", {"values/web/common.yaml": "port: 80\n"})
    monkeypatch.chdir(root)
    verbs("vendor", "render")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "rendered")
    write(root, {"values/web/common.yaml": "port: 81\n"})
    verbs("render")
    return root


def shown(capsys: Output, line: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = run(["--quiet", *line.split()])
    heard = capsys.readouterr()
    return code, heard.out, heard.err


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.usefixtures("here")
def test_an_equal_comparison_is_shown_again(made: list[str], capsys: Output, form: str) -> None:
    line = f"diff ref:HEAD worktree --detailed-exitcode -o {form}"
    first = shown(capsys, line)
    assert first[0] == 2
    assert shown(capsys, line) == first
    assert len(made) == 1
    assert shown(capsys, f"--no-cache {line}") == first
    assert len(made) == 2


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (SERVICE, "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n"),
        ("values/web/common.yaml", "port: 82\n"),
        ("overlays/web/kustomization.yaml", "resources: [chart.yaml]\n"),
        ("vendor_charts/web/1.0.0/values.yaml", "port: 90\n"),
        ("rendered/default/web/shop/own.yaml", "a: b\n"),
        ("pipeline.lock", ""),
    ],
)
def test_whatever_changed_is_compared(here: Path, made: list[str], capsys: Output, path: str, text: str) -> None:
    shown(capsys, "diff ref:HEAD worktree")
    write(here, {path: text})
    after = shown(capsys, "diff ref:HEAD worktree")
    assert len(made) == 2
    assert shown(capsys, "diff ref:HEAD worktree") == after == shown(capsys, "--no-cache diff ref:HEAD worktree")


def test_another_policy_another_day_and_another_question_are_other_comparisons(
    here: Path, made: list[str], capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown(capsys, "diff ref:HEAD worktree")
    write(here, {"pipeline.yaml": (here / "pipeline.yaml").read_text() + "policy: {failOn: low}\n"})
    shown(capsys, "diff ref:HEAD worktree")
    shown(capsys, "diff ref:HEAD worktree --fail-on high")
    shown(capsys, "diff ref:HEAD worktree -l web")
    shown(capsys, "diff empty worktree")
    shown(capsys, "diff worktree ref:HEAD")
    git(here, "commit", "--quiet", "--all", "--message", "more")
    shown(capsys, "diff ref:HEAD worktree")
    assert len(made) == 7
    monkeypatch.setattr("pipeline.cli.support.kept_report.today", lambda: "2001-01-01")
    shown(capsys, "diff ref:HEAD worktree")
    assert len(made) == 8


def test_hand_edits_are_told_each_time(here: Path, made: list[str], capsys: Output) -> None:
    write(here, {SERVICE: (here / SERVICE).read_text() + "# mine\n"})
    first = shown(capsys, "diff ref:HEAD worktree")
    assert first[0] == 4
    assert "was edited by hand" in first[2]
    assert shown(capsys, "diff ref:HEAD worktree") == first
    assert len(made) == 1


def test_values_behind_a_link_are_compared_each_time(here: Path, made: list[str], capsys: Output) -> None:
    (here / "values/web/common.yaml").rename(here / "shared.yaml")
    (here / "values/web/common.yaml").symlink_to("../../shared.yaml")
    for _ in range(2):
        shown(capsys, "diff ref:HEAD worktree")
    assert len(made) == 2


def test_a_damaged_entry_is_made_again(here: Path, made: list[str], capsys: Output) -> None:
    first = shown(capsys, "diff ref:HEAD worktree")
    for path in (here.parent / "cache/pipeline/reports").iterdir():
        path.write_bytes(path.read_bytes()[:-9])
    assert shown(capsys, "diff ref:HEAD worktree") == first
    assert len(made) == 2


def test_a_report_names_its_own_commit_though_an_older_one_has_the_same_files(here: Path, capsys: Output) -> None:
    first = shown(capsys, "diff ref:HEAD worktree -o json")
    git(here, "commit", "--quiet", "--amend", "--no-edit", "--allow-empty", "--date", "2001-02-03T04:05:06Z")
    again = shown(capsys, "diff ref:HEAD worktree -o json")
    commit = git(here, "rev-parse", "--short=10", "HEAD").strip()
    assert commit in again[1]
    assert commit not in first[1]
