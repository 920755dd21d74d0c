"""``pipeline outdated`` and ``pipeline upgrade``: from a real chart repository, with real Git."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.cli import run
from tests.support.platforms import CHART, git, platform, publish, served, snapshot, verbs, write

BROKEN = CHART | {"templates/a.yaml": '{{ fail "this version does not render" }}'}
PLAIN = {name: text for name, text in CHART.items() if name != "values.yaml"} | {"values.yaml": "port: 80\n"}
MOVED = PLAIN | {"templates/a.yaml": PLAIN["templates/a.yaml"].replace("name: http", "name: web")}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Release web at 1.0.0, of a repository that has 1.1.0, 2.0.0 (a port renamed) and 3.0.0, which does not render."""
    root = platform(tmp_path / "platform")
    publish(tmp_path / "repo", {"1.0.0": PLAIN, "1.1.0": PLAIN, "2.0.0": MOVED, "3.0.0": BROKEN})
    monkeypatch.chdir(root)
    with served(tmp_path / "repo") as url:
        config = (
            f"repositories: {{shop: {{url: '{url}'}}}}\n"
            "releases:\n"
            "  - name: web  # the shop\n"
            "    chart: shop/web\n"
            "    version: 1.0.0  # pinned\n"
            "    namespace: shop\n"
            "  - {name: own, chart: ./charts/web, namespace: own}\n"
            "helm: {engine: embedded}\n"
        )
        write(root, {"pipeline.yaml": config})
        verbs("vendor", "render")
        git(root, "add", ".")
        git(root, "commit", "--quiet", "--message", "web")
        yield root


@pytest.mark.usefixtures("here")
def test_outdated_lists_what_could_move(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["outdated", "--detailed-exitcode"]) == 2
    table = capsys.readouterr().out.splitlines()
    assert table[0].split() == ["RELEASE", "ENVIRONMENTS", "CURRENT", "IN", "RANGE", "NEWEST", "AGE", "APP", "NOTE"]
    assert table[1].split() == ["web", "default", "1.0.0", "-", "3.0.0"]
    assert len(table) == 2
    assert run(["outdated", "own", "--detailed-exitcode"]) == 0
    assert run(["outdated", "-o", "json"]) == 0
    data = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert data["releases"][0]["newest"]["version"] == "3.0.0"
    assert run(["outdated", "--cooldown", "soon"]) == 64


def test_diff_takes_a_release_at_a_version(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, status = snapshot(here), git(here, "status", "--porcelain")
    capsys.readouterr()
    assert run(["diff", "web@2.0.0", "-o", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    (row,) = report["releases"]
    assert (row["name"], row["chart"]["old_version"], row["chart"]["new_version"]) == ("web", "1.0.0", "2.0.0")
    assert report["summary"]["changed"] == 1
    assert run(["diff", "web@1.0.0"]) == 64
    assert "there is nothing to compare: web stays" in capsys.readouterr().err
    assert (snapshot(here), git(here, "status", "--porcelain")) == (before, status)


def test_each_newer_version_is_judged(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, status = snapshot(here), git(here, "status", "--porcelain")
    capsys.readouterr()
    assert run(["outdated", "web", "--judge"]) == 0
    lines = capsys.readouterr().out.partition("\n\n")[2].splitlines()
    assert lines[0] == "web"
    assert lines[1].startswith("  3.0.0 failed: ")
    assert "this version does not render" in lines[1]
    assert lines[2:] == ["  2.0.0 review: the newest without blockers", "  1.1.0 no-changes"]
    assert snapshot(here) == before
    assert git(here, "status", "--porcelain") == status
    assert run(["outdated", "--judge", "-o", "json"]) == 0
    (web, own) = json.loads(capsys.readouterr().out)["releases"]
    assert [row["verdict"] for row in web["judged"]] == ["failed", "review", "no-changes"]
    assert own["judged"] is None


def test_the_path_names_its_steps_and_what_blocks_them(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = snapshot(here)
    capsys.readouterr()
    assert run(["upgrade", "web@2.0.0", "--path"]) == 0
    assert capsys.readouterr().out.startswith("web 1.0.0 -> 2.0.0: 1 step\n  1. 2.0.0  review\n")
    assert run(["upgrade", "web@3.0.0", "--path"]) == 3
    assert capsys.readouterr().out == "web 1.0.0 -> 3.0.0: no version on the way renders\n"
    assert snapshot(here) == before
    assert run(["upgrade", "web@2.0.0", "--path", "--dry-run"]) == 64


def test_an_upgrade_edits_vendors_renders_and_judges(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = snapshot(here)
    capsys.readouterr()
    assert run(["upgrade", "web@2.0.0"]) == 0
    said = capsys.readouterr()
    assert "pipeline.yaml:5: web 1.0.0 -> 2.0.0" in said.err
    assert "next: pipeline commit" in said.err
    assert "by hand" not in said.err
    assert "Service" in said.out
    after = snapshot(here)
    assert after["pipeline.yaml"] == before["pipeline.yaml"].replace(b"version: 1.0.0  #", b"version: 2.0.0  #")
    assert "vendor_charts/web/2.0.0/Chart.yaml" in after
    assert "vendor_charts/web/1.0.0/Chart.yaml" in after, "the other release has it"
    verbs("vendor --locked", "render --check")


def test_a_dry_run_shows_the_same_and_changes_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(here, {"values/web/common.yaml": "port: 81\n"})
    verbs("render")
    before, status = snapshot(here), git(here, "status", "--porcelain")
    capsys.readouterr()
    assert run(["upgrade", "web@2.0.0", "--dry-run"]) == 0
    said = capsys.readouterr()
    assert "Service" in said.out
    assert "nothing was changed; to do it: pipeline upgrade web@2.0.0" in said.err
    assert snapshot(here) == before
    assert git(here, "status", "--porcelain") == status
    assert git(here, "worktree", "list").count("\n") == 1
    assert run(["upgrade", "web@2.0.0"]) == 0
    assert capsys.readouterr().out == said.out


def test_without_a_version_the_newest_is_taken_and_a_failure_changes_nothing(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = snapshot(here)
    capsys.readouterr()
    assert run(["upgrade", "--all"]) == 1
    said = capsys.readouterr().err
    assert "own stays: its chart lies in this repository" in said
    assert "this version does not render" in said
    assert snapshot(here) == before
    verbs("vendor --locked", "render --check")


@pytest.mark.usefixtures("here")
def test_what_cannot_be_upgraded(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["upgrade"]) == 64
    assert run(["upgrade", "wbe"]) == 64
    assert "did you mean 'web'?" in capsys.readouterr().err
    assert run(["upgrade", "web@9.9.9"]) == 64
    assert "no version in shop matches '9.9.9'" in capsys.readouterr().err
    assert run(["upgrade", "web@1.0.0"]) == 0
    said = capsys.readouterr()
    assert "web stays: it runs 1.0.0 already" in said.err
    assert said.out == "nothing to upgrade\n"


def test_a_branch_holds_the_upgrade_and_the_work_tree_stays(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(here, {"notes.txt": "mine\n"})
    before, head = snapshot(here), git(here, "rev-parse", "HEAD")
    capsys.readouterr()
    assert run(["upgrade", "web@2.0.0", "--branch"]) == 0
    said = capsys.readouterr()
    assert "on upgrade/web-2.0.0: web: web 1.0.0 -> 2.0.0" in said.out
    assert "next: git push -u origin upgrade/web-2.0.0" in said.err
    assert snapshot(here) == before
    assert git(here, "rev-parse", "HEAD") == head
    assert git(here, "log", "--format=%s", "HEAD..upgrade/web-2.0.0") == "web: web 1.0.0 -> 2.0.0\n"
    assert "Verdict: " in git(here, "log", "-1", "--format=%b", "upgrade/web-2.0.0")
    git(here, "switch", "--quiet", "upgrade/web-2.0.0")
    verbs("vendor --locked", "render --check")
    assert run(["upgrade", "web@1.1.0", "--branch", "--dry-run"]) == 64


def test_a_branch_leaves_out_what_fails(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["upgrade", "web", "--branch", "next"]) == 1
    said = capsys.readouterr()
    assert "web 1.0.0 -> 3.0.0 failed" in said.err
    assert git(here, "branch", "--list", "next") == ""


def test_a_release_is_added(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (here / "pipeline.yaml").read_text()
    verbs("add shop/web@^1 --name second -n two")
    after = (here / "pipeline.yaml").read_text()
    added = "  - name: second\n    chart: shop/web\n    version: ^1\n    namespace: two\n"
    assert after == before.replace("helm: {engine", f"{added}helm: {{engine")
    verbs("vendor", "render")
    capsys.readouterr()
    assert run(["add", "shop/web", "--name", "second"]) == 64
    assert run(["add", "nowhere/web"]) == 64
    assert "there is no repository 'nowhere'" in capsys.readouterr().err
    assert run(["add", "./charts/web", "--name", "Bad_Name"]) == 64
    assert (here / "pipeline.yaml").read_text() == after


KEYS = PLAIN | {
    "values.yaml": "web: {port: 80}\n",
    "templates/a.yaml": PLAIN["templates/a.yaml"].replace(".Values.port", ".Values.web.port"),
}


def test_values_follow_the_keys_that_the_chart_renamed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish(here.parent / "repo", {"1.0.0": PLAIN, "4.0.0": KEYS})
    write(here, {"values/web/common.yaml": "# ours\nport: 8080 # behind the proxy\n"})
    verbs("render", "commit")
    before = snapshot(here)
    capsys.readouterr()
    assert run(["upgrade", "web@4.0.0", "--fix-values", "--dry-run"]) == 0
    said = capsys.readouterr().err
    assert "values/web/common.yaml:2: port -> web.port\n" in said
    assert "to do it: pipeline upgrade web@4.0.0 --fix-values" in said
    assert snapshot(here) == before
    assert run(["upgrade", "web@4.0.0", "--fix-values"]) == 0
    assert (here / "values/web/common.yaml").read_text() == "web:\n  # ours\n  port: 8080 # behind the proxy\n"
    (service,) = (here / "rendered/default/web").rglob("*ervice*.yaml")
    assert "port: 8080" in service.read_text()
    verbs("vendor --locked", "render --check")
