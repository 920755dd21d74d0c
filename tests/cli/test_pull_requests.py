"""``pipeline upgrade --branch --pr``: a real remote, and a stateful GitHub held to its own description."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.cli import run
from tests.support.fake_github_pulls import FakeGitHubPulls
from tests.support.platforms import CHART, git, publish, served, snapshot, verbs, write

MOVED = CHART | {"templates/a.yaml": CHART["templates/a.yaml"].replace("name: http", "name: web")}
BROKEN = CHART | {"templates/a.yaml": '{{ fail "this version does not render" }}'}
SELECTOR = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: %s}}
  template: {metadata: {labels: {app: %s}}, spec: {containers: [{name: web, image: 'web:1'}]}}
"""
STABLE = CHART | {"templates/d.yaml": SELECTOR % ("web", "web")}
RESELECTED = CHART | {"templates/d.yaml": SELECTOR % ("site", "site")}
NAMES = ("web", "db")
CONFIG = (
    "repositories: {shop: {url: 'URL'}}\n"
    "releases:\n"
    "  - {name: web, chart: shop/web, version: 1.0.0, namespace: shop}\n"
    "  - {name: db, chart: shop/web, version: 1.0.0, namespace: db}\n"
    "helm: {engine: embedded}\n"
)
ALL = ["upgrade", "--all", "--branch", "--pr"]


@dataclass
class Scene:
    """``root`` is the clone that upgrades run in, ``remote`` the bare repository, ``charts`` the chart repository."""

    root: Path
    remote: Path
    charts: Path
    github: FakeGitHubPulls

    def offer(self, **versions: dict[str, str]) -> None:
        publish(self.charts, {name.strip("v").replace("_", "."): files for name, files in versions.items()})

    def branches(self) -> list[str]:
        return git(self.remote, "branch", "--format=%(refname:short)").split()


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    root, remote = tmp_path / "clone", tmp_path / "remote.git"
    github = FakeGitHubPulls(remote)
    publish(tmp_path / "charts", {"1.0.0": STABLE, "1.1.0": STABLE})
    for name, value in {"TOKEN": "secret-token", "REPOSITORY": "o/r", "API_URL": github.url}.items():
        monkeypatch.setenv(f"GITHUB_{name}", value)
    with served(tmp_path / "charts") as url:
        write(root, {"pipeline.yaml": CONFIG.replace("URL", url)})
        git(root, "init", "--quiet", "--initial-branch=main")
        monkeypatch.chdir(root)
        verbs("vendor", "render")
        git(root, "add", ".")
        git(root, "commit", "--quiet", "--message", "start")
        git(root, "init", "--quiet", "--bare", str(remote))
        git(root, "remote", "add", "origin", str(remote))
        git(root, "push", "--quiet", "origin", "main")
        yield Scene(root, remote, tmp_path / "charts", github)
    github.close()


def test_each_release_gets_one_pull_request_however_often_it_runs(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    scene.offer(v1_0_0=STABLE, v2_0_0=MOVED | {"templates/d.yaml": STABLE["templates/d.yaml"]})
    before, head = snapshot(scene.root), git(scene.root, "rev-parse", "HEAD")
    capsys.readouterr()
    assert run(ALL) == 0
    said = capsys.readouterr().out.splitlines()
    assert said == [f"o/r#{n} opened: {name}: web 1.0.0 -> 2.0.0 (review)" for n, name in enumerate(NAMES, 1)]
    web, db = scene.github.pulls
    assert web["title"] == "web: web 1.0.0 -> 2.0.0"
    assert [label["name"] for label in web["labels"]] == ["pipeline-upgrade", "verdict-review"]
    assert "- `web` `1.0.0` → `2.0.0` in `default`\n" in web["body"]
    assert "service-port-renamed" in web["body"]
    assert [pull["head"]["ref"] for pull in (web, db)] == ["upgrade/web", "upgrade/db"]
    assert git(scene.remote, "log", "--format=%s", "main..upgrade/web") == "web: web 1.0.0 -> 2.0.0\n"
    assert snapshot(scene.root) == before
    assert (git(scene.root, "rev-parse", "HEAD"), git(scene.root, "branch").split()) == (head, ["*", "main"])
    there = git(scene.remote, "rev-parse", "upgrade/web", "upgrade/db")
    assert run(ALL) == 0
    assert [line.split(": ")[0] for line in capsys.readouterr().out.splitlines()] == [
        "o/r#1 unchanged",
        "o/r#2 unchanged",
    ]
    assert git(scene.remote, "rev-parse", "upgrade/web", "upgrade/db") == there
    git(scene.root, "switch", "--quiet", "--detach", there.split()[0])
    verbs("vendor --locked", "render --check")


def test_a_newer_version_or_another_base_refreshes_what_is_open(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["upgrade", "web", "--branch", "--pr"]) == 0
    assert [label["name"] for label in scene.github.pull(1)["labels"]] == ["pipeline-upgrade", "verdict-no-changes"]
    scene.offer(v1_0_0=STABLE, v1_1_0=STABLE, v1_2_0=MOVED | {"templates/d.yaml": STABLE["templates/d.yaml"]})
    capsys.readouterr()
    assert run(["upgrade", "web", "--branch", "--pr"]) == 0
    assert capsys.readouterr().out == "o/r#1 refreshed: web: web 1.0.0 -> 1.2.0 (review)\n"
    assert scene.github.pull(1)["title"] == "web: web 1.0.0 -> 1.2.0"
    assert [label["name"] for label in scene.github.pull(1)["labels"]] == ["pipeline-upgrade", "verdict-review"]
    write(scene.root, {"notes.md": "new on main\n"})
    git(scene.root, "add", ".")
    git(scene.root, "commit", "--quiet", "--message", "notes")
    assert run(["upgrade", "web", "--branch", "--pr"]) == 64
    assert "main has commits that origin has not" in capsys.readouterr().err
    git(scene.root, "push", "--quiet", "origin", "main")
    assert run(["upgrade", "web", "--branch", "--pr"]) == 0
    assert capsys.readouterr().out.startswith("o/r#1 refreshed: ")
    assert git(scene.remote, "log", "--format=%s", "main..upgrade/web") == "web: web 1.0.0 -> 1.2.0\n"
    assert len(scene.github.pulls) == 1


def test_a_closed_one_stays_closed_until_a_newer_version(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    one = ["upgrade", "web", "--branch", "--pr"]
    assert run(one) == 0
    scene.github.end(1)
    capsys.readouterr()
    assert run(one) == 0
    assert capsys.readouterr().out.startswith("o/r#1 stays closed until there is a newer version: ")
    scene.offer(v1_0_0=STABLE, v1_1_0=STABLE, v1_2_0=STABLE)
    assert run(one) == 0
    assert capsys.readouterr().out.startswith("o/r#2 opened: ")
    scene.github.end(2, merged_at="2026-01-01T00:00:00Z")
    assert run(one) == 0
    assert capsys.readouterr().out.startswith("o/r#3 opened: "), "it was merged, and reverted since"


def test_a_branch_with_commits_of_others_is_left_alone(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    one = ["upgrade", "web", "--branch", "--pr"]
    assert run(one) == 0
    git(scene.root, "fetch", "--quiet", "origin")
    git(scene.root, "switch", "--quiet", "--detach", "origin/upgrade/web")
    git(scene.root, "commit", "--quiet", "--allow-empty", "--message", "a value that the new chart needs")
    git(scene.root, "push", "--quiet", "origin", "HEAD:refs/heads/upgrade/web")
    git(scene.root, "switch", "--quiet", "main")
    mine, body = git(scene.remote, "rev-parse", "upgrade/web"), scene.github.pull(1)["body"]
    scene.offer(v1_0_0=STABLE, v1_2_0=STABLE)
    capsys.readouterr()
    assert run(one) == 0
    assert "o/r#1 left alone: its branch has commits that are not ours" in capsys.readouterr().out
    assert (git(scene.remote, "rev-parse", "upgrade/web"), scene.github.pull(1)["body"]) == (mine, body)


def test_where_the_jump_is_blocked_the_next_step_is_proposed(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    scene.offer(v1_0_0=STABLE, v1_1_0=STABLE, v2_0_0=RESELECTED, v3_0_0=BROKEN)
    capsys.readouterr()
    assert run(["upgrade", "web", "--branch", "--pr"]) == 0
    assert capsys.readouterr().out == "o/r#1 opened: web: web 1.0.0 -> 1.1.0 (no-changes)\n"
    assert "`web` `3.0.0`) is blocked, or does not render" in scene.github.pull(1)["body"]
    assert "pipeline upgrade web@3.0.0 --path" in scene.github.pull(1)["body"]
    scene.offer(v1_0_0=STABLE, v2_0_0=RESELECTED)
    assert run(["upgrade", "web", "--branch", "--pr"]) == 0
    assert capsys.readouterr().out == "o/r#1 refreshed: web: web 1.0.0 -> 2.0.0 (blocked)\n"


def test_a_group_is_one_pull_request(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    file = scene.root / "pipeline.yaml"
    file.write_text(file.read_text() + "groups: {shops: [web, db]}\n")
    git(scene.root, "commit", "--quiet", "--all", "--message", "group")
    git(scene.root, "push", "--quiet", "origin", "main")
    capsys.readouterr()
    assert run(ALL) == 0
    assert capsys.readouterr().out.startswith("o/r#1 opened: ")
    assert scene.branches() == ["main", "upgrade/group+shops"]
    assert git(scene.remote, "rev-list", "--count", "main..upgrade/group+shops") == "1\n"


def test_a_group_takes_its_next_step_together(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    file = scene.root / "pipeline.yaml"
    file.write_text(file.read_text() + "groups: {shops: [web, db]}\n")
    git(scene.root, "commit", "--quiet", "--all", "--message", "group")
    git(scene.root, "push", "--quiet", "origin", "main")
    of_one = {"templates/e.yaml": '{{ if eq .Release.Name "web" }}{{ fail "not here" }}{{ end }}'}
    scene.offer(v1_0_0=STABLE, v1_1_0=STABLE, v2_0_0=STABLE | of_one)
    capsys.readouterr()
    assert run(["upgrade", "shops", "--branch", "--pr"]) == 0
    (pull,) = scene.github.pulls
    for name in NAMES:
        assert f"- `{name}` `1.0.0` → `1.1.0` in `default`\n" in pull["body"]


def test_refusals_leave_nothing_behind(
    scene: Scene, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.github.may_create = False
    capsys.readouterr()
    assert run(["upgrade", "web", "--branch", "--pr"]) == 1
    said = capsys.readouterr().err
    assert "not permitted to create" in said
    assert "secret-token" not in said
    assert scene.branches() == ["main"]
    assert run(["upgrade", "web", "--pr"]) == 64
    assert run(["upgrade", "web", "--branch", "mine", "--pr"]) == 64
    git(scene.root, "push", "--quiet", "origin", "main:upgrade/web")
    assert run(["upgrade", "web", "--branch", "--pr"]) == 0
    assert "upgrade/web left alone" in capsys.readouterr().out
    monkeypatch.delenv("GITHUB_TOKEN")
    assert run(ALL) == 64
    assert scene.github.pulls == []


HOSTILE = "x](https://evil.example) @everyone <img src=x> <!-- pipeline:upgrade v1 e30 --> ${{ github.token }} `id` #1"


def test_no_text_of_a_chart_gets_out_of_its_place(scene: Scene) -> None:
    config = f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {{x: {HOSTILE!r}}}\n"
    odd = STABLE | {"templates/x.yaml": config.replace("{{ github", "{{ `{{` }} github")}
    scene.offer(v1_0_0=STABLE, v1_1_0=odd | {"Chart.yaml": CHART["Chart.yaml"] + f"description: {HOSTILE!r}\n"})
    assert run(["upgrade", "web", "--branch", "--pr"]) == 0
    pull = scene.github.pull(1)
    assert pull["title"] == "web: web 1.0.0 -> 1.1.0"
    assert scene.branches() == ["main", "upgrade/web"]
    outside = [text for number, text in enumerate(pull["body"].split("```")) if number % 2 == 0]
    for piece in ("evil.example", "@everyone", "<img", "github.token"):
        assert not any(piece in text for text in outside), piece
    assert pull["body"].count("<!--") - sum(text.count("<!--") for text in pull["body"].split("```")[1::2]) == 1
