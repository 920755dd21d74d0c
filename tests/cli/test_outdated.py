"""A tree that is older than what it is made of is said to be: first of all, by each verb that reads it, 4 in CI."""

from pathlib import Path

import pytest

from pipeline.cli import run
from tests.support.platforms import CONFIG, git, platform, verbs, write

KUSTOMIZATION = "resources: [chart.yaml]\n"
Output = pytest.CaptureFixture[str]
CHANGES: dict[str, tuple[dict[str, str], str]] = {
    "values": ({"values/web/common.yaml": "port: 81\n"}, "values/web/common.yaml was changed"),
    "new values": ({"values/web/default.yaml": "port: 81\n"}, "values/web/default.yaml was added"),
    "overlay": ({"overlays/web/kustomization.yaml": KUSTOMIZATION}, "kustomization.yaml of its overlay was added"),
    "namespace": ({"pipeline.yaml": CONFIG.replace("shop", "other")}, "its namespace is now other"),
    "Kubernetes": (
        {"pipeline.yaml": CONFIG + "environments: {default: {kubeVersion: '1.30'}}\n"},
        "its Kubernetes version is now 1.30.0",
    ),
    "version": ({"pipeline.yaml": CONFIG.replace("shop}", "shop, version: 2.0.0}")}, "pipeline.lock has another"),
    "environment": (
        {"pipeline.yaml": CONFIG + "environments: {default: {}, prod: {}}\n"},
        "prod/web: it is not rendered",
    ),
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("CI", raising=False)
    root = platform(tmp_path / "platform", {"values/web/common.yaml": "port: 80\n"})
    monkeypatch.chdir(root)
    verbs("vendor", "render")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "rendered")
    return root


@pytest.mark.parametrize("verb", ["diff ref:HEAD worktree", "commit", "commit --dry-run"])
@pytest.mark.parametrize("what", CHANGES)
def test_it_is_said_first_and_fails_in_ci(
    here: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch, verb: str, what: str
) -> None:
    files, words = CHANGES[what]
    write(here, files)
    for _ in range(2):
        capsys.readouterr()
        assert run(["--quiet", *verb.split()]) == 0
        said = capsys.readouterr().err
        assert said.startswith("note: rendered/ is out of date for 1 release:\n")
        assert words in said
        assert "try: pipeline render" in said
    monkeypatch.setenv("CI", "true")
    assert run(verb.split()) == 4


def test_a_new_chart_is_said(here: Path, capsys: Output) -> None:
    write(here, {"charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.1.0\n"})
    verbs("vendor --update")
    capsys.readouterr()
    verbs("diff ref:HEAD worktree")
    assert "default/web: its chart is now web 1.1.0" in capsys.readouterr().err


def test_of_releases_that_are_not_asked_for_nothing_is_said(here: Path, capsys: Output) -> None:
    api = {"charts/api/Chart.yaml": "apiVersion: v2\nname: api\nversion: 1.0.0\n"}
    write(
        here,
        api | {"pipeline.yaml": CONFIG.replace("helm:", "  - {name: api, chart: ./charts/api, namespace: a}\nhelm:")},
    )
    verbs("vendor", "render")
    write(here, {"values/web/common.yaml": "port: 81\n"})
    capsys.readouterr()
    verbs("diff ref:HEAD worktree -l api")
    assert "out of date" not in capsys.readouterr().err


@pytest.mark.usefixtures("here")
def test_of_what_is_up_to_date_nothing_is_said(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    capsys.readouterr()
    verbs("diff ref:HEAD worktree", "commit", "--no-cache diff ref:HEAD worktree")
    assert "out of date" not in capsys.readouterr().err
