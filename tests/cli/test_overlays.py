"""Overlays whose patches drift while the chart moves on: with the real Kustomize, and what a diff says of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import run
from tests.support.platforms import git, platform, verbs, write
from tests.support.tools import tool

KUSTOMIZATION = "overlays/web/kustomization.yaml"
STRATEGIC = (
    "resources: [chart.yaml]\npatches:\n- patch: |\n    apiVersion: apps/v1\n    kind: Deployment\n"
    "    metadata: {name: web}\n    spec:\n      template:\n        spec:\n          containers:\n"
    "          - name: app\n            securityContext: {readOnlyRootFilesystem: true}\n"
)
SELECTED = (
    "resources: [chart.yaml]\npatches:\n- target: {kind: Deployment, name: web}\n  patch: |\n"
    "    - {op: add, path: /spec/minReadySeconds, value: 30}\n"
)
INDEXED = (
    "resources: [chart.yaml]\npatches:\n- target: {kind: Deployment}\n  patch: |\n"
    "    - {op: add, path: /spec/template/spec/containers/0/securityContext, value: {privileged: false}}\n"
)
IMAGES = "resources: [chart.yaml]\nimages:\n- {name: registry.example.org/app, newName: mirror.example.net/app}\n"


def deployment(containers: str, name: str = "web", more: str = "") -> dict[str, str]:
    text = (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n{more}"
        f"  selector: {{matchLabels: {{a: b}}}}\n"
        f"  template: {{metadata: {{labels: {{a: b}}}}, spec: {{containers: [{containers}]}}}}\n"
    )
    return {"charts/web/templates/d.yaml": text}


APP = "{name: app, image: 'registry.example.org/app:1'}"


def upgraded(folder: Path, overlay: str, new: dict[str, str], *more: dict[str, str]) -> list[dict[str, Any]]:
    """The overlay's findings when the chart moves from ``APP`` to ``new``; ``more`` is edited along with it."""
    tool("kubectl")
    root = platform(folder / "platform", {KUSTOMIZATION: overlay, **deployment(APP)})
    verbs("vendor", "render")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "one")
    write(root, new)
    for files in more:
        write(root, files)
    verbs("vendor --update", "render")
    assert run(["diff", "ref:HEAD", "worktree", "-o", "json=../report.json"]) in (0, 3)
    data = json.loads(Path("../report.json").read_text())
    assert not [one for one in data["not_evaluated"] if one["rule"].startswith("overlay")]
    return [one for one in data["findings"] if one["rule"].startswith("overlay")]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "platform").mkdir()
    monkeypatch.chdir(tmp_path / "platform")
    return tmp_path


def test_a_patch_of_a_container_that_has_another_name_is_a_blocker_with_file_and_line(here: Path) -> None:
    (found,) = upgraded(here, STRATEGIC, deployment(APP.replace("name: app", "name: server")))
    assert (found["rule"], found["severity"], found["confidence"]) == ("overlay-orphaned", "blocker", "proven")
    assert found["path"][-1] == {"name": "app"}
    assert found["title"].startswith(f"{KUSTOMIZATION}:11: ")
    assert "name is now server" in found["remedy"]


@pytest.mark.parametrize(
    ("overlay", "new", "said"),
    [
        (SELECTED, deployment(APP, name="web-server"), ":3: this patch matches nothing: kind Deployment, name web"),
        (IMAGES, deployment(APP.replace("registry", "ghcr")), ":3: this image matches nothing"),
    ],
)
def test_a_rule_that_matches_nothing_any_more_does_not_render(
    here: Path, capsys: pytest.CaptureFixture[str], overlay: str, new: dict[str, str], said: str
) -> None:
    tool("kubectl")
    root = platform(here / "platform", {KUSTOMIZATION: overlay, **deployment(APP)})
    verbs("vendor", "render")
    write(root, new)
    verbs("vendor --update")
    assert run(["render"]) == 1
    assert f"default/web: {KUSTOMIZATION}{said}" in capsys.readouterr().err


def test_an_index_that_points_to_another_container_is_a_blocker(here: Path) -> None:
    (found,) = upgraded(here, INDEXED, deployment("{name: proxy, image: 'p:1'}, " + APP))
    assert (found["rule"], found["severity"]) == ("overlay-orphaned", "blocker")
    assert {"name": "app"} in found["path"]


@pytest.mark.parametrize("overlay", [STRATEGIC, SELECTED, INDEXED, IMAGES])
def test_an_overlay_that_still_does_its_work_says_nothing(here: Path, overlay: str) -> None:
    changed = APP.replace(":1'", ":2', args: [--fast]")
    assert upgraded(here, overlay, deployment(changed + ", {name: more, image: 'm:1'}")) == []


def test_what_the_chart_says_by_itself_now_is_low(here: Path) -> None:
    (found,) = upgraded(here, SELECTED, deployment(APP, more="  minReadySeconds: 30\n"))
    assert (found["rule"], found["severity"]) == ("overlay-noop", "low")


def test_a_patch_that_was_taken_out_along_with_the_upgrade_is_no_drift(here: Path) -> None:
    edited = {KUSTOMIZATION: "resources: [chart.yaml]\n"}
    assert upgraded(here, SELECTED, deployment(APP.replace(":1", ":2")), edited) == []


def test_an_index_without_effects_is_not_evaluated(here: Path) -> None:
    upgraded(here, STRATEGIC, deployment(APP.replace("name: app", "name: server")))
    index = Path("rendered/.pipeline/default/web.json")
    data = json.loads(index.read_text())
    del data["overlaid"]
    index.write_text(json.dumps(data))
    run(["diff", "ref:HEAD", "worktree", "-o", "json=../report.json"])
    skipped = json.loads(Path("../report.json").read_text())["not_evaluated"]
    assert {"overlay-orphaned", "overlay-noop"} <= {one["rule"] for one in skipped}
