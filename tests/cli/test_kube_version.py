"""``--kube-version`` and ``kubeVersion``: what a version removed is proven, and one that nobody knows is an error."""

import json
from pathlib import Path

import pytest

from pipeline.cli import run
from tests.support.platforms import platform, verbs, write

BUDGET = """{{- $new := .Capabilities.APIVersions.Has "%s" }}
apiVersion: policy/{{ if $new }}v1{{ else }}v1beta1{{ end }}
kind: PodDisruptionBudget
metadata: {name: web}
spec: {maxUnavailable: %d, selector: {matchLabels: {app: web}}}
"""
OLD = """apiVersion: policy/v1beta1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {maxUnavailable: %d}
"""


def charts(tmp_path: Path, template: str) -> list[str]:
    sides = []
    for version, number in (("1.0.0", 1), ("1.1.0", 2)):
        folder = tmp_path / version
        (folder / "templates").mkdir(parents=True)
        (folder / "Chart.yaml").write_text(f"apiVersion: v2\nname: web\nversion: {version}\n")
        (folder / "templates" / "a.yaml").write_text(template.replace("%d", str(number)))
        sides.append(f"chart:{folder}")
    return ["-q", "diff", *sides, "--engine", "embedded"]


def test_an_api_that_the_version_removed_is_proven(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template = OLD.replace("maxUnavailable: %d", "maxUnavailable: 1")
    asked = charts(tmp_path, template)
    (tmp_path / "1.0.0" / "templates" / "a.yaml").write_text("")
    assert run([*asked, "--kube-version", "1.34.0"]) == 3
    said = capsys.readouterr().out
    assert "BLOCKER api-version-removed" in said
    assert "likely" not in said
    assert run([*asked, "--kube-version", "1.24.0"]) == 0


@pytest.mark.parametrize("api", ["policy/v1", "policy/v1/PodDisruptionBudget"])
def test_a_chart_that_asks_is_told_every_api_of_the_version(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], api: str
) -> None:
    assert run([*charts(tmp_path, BUDGET.replace("%s", api)), "--kube-version", "1.34.0"]) == 0
    assert "api-version-removed" not in capsys.readouterr().out


@pytest.mark.parametrize("version", ["1.99.0", "2.0.0", "1.2.0"])
def test_a_version_that_no_table_knows_is_an_error_that_names_the_newest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], version: str
) -> None:
    assert run([*charts(tmp_path, OLD), "--kube-version", version]) == 64
    assert "the newest known version is 1." in capsys.readouterr().err


def test_so_is_one_in_pipeline_yaml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pipeline.yaml").write_text(
        "releases: [{name: web, chart: ./web, namespace: w}]\nenvironments:\n  prod: {kubeVersion: '1.99'}\n"
    )
    monkeypatch.chdir(tmp_path)
    assert run(["render"]) == 64
    assert "pipeline.yaml:3:10: no table knows Kubernetes 1.99; the newest known" in capsys.readouterr().err


CHART = {
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "charts/web/templates/a.yaml": OLD.replace("%d", "1"),
    "charts/web/templates/b.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: same}\ndata: {a: b}\n",
    "charts/web/templates/c.yaml": (
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  serviceName: db\n"
        "  selector: {matchLabels: {a: b}}\n"
        "  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: Db, image: 'r.example.org/db:1'}]}}\n"
    ),
}
CONFIG = "releases: [{{name: web, chart: ./charts/web, namespace: shop}}]\nhelm: {{engine: embedded}}\n"
CONFIG += "environments: {{prod: {{kubeVersion: '{0}'}}}}\n"


@pytest.mark.parametrize(
    ("past", "now", "rules"),
    [
        ("1.24", "1.34", {"api-version-removed", "api-value-invalid"}),
        ("1.24", "1.32", {"api-version-removed"}),
        ("1.32", "1.33", set()),
        ("1.33", "1.34", {"api-value-invalid"}),
    ],
)
def test_a_raised_version_is_judged_like_an_upgrade_of_every_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, past: str, now: str, rules: set[str]
) -> None:
    root = platform(tmp_path / "r", {"pipeline.yaml": CONFIG.format(past)} | CHART)
    monkeypatch.chdir(root)
    verbs("vendor", "render", "commit")
    write(root, {"pipeline.yaml": CONFIG.format(now)})
    verbs("render")
    out = tmp_path / "report.json"
    assert run(["-q", "diff", "ref:HEAD", "worktree", "--double-check", "-o", f"json={out}"]) == (3 if rules else 0)
    blockers = {one["rule"] for one in json.loads(out.read_text())["findings"] if one["severity"] == "blocker"}
    assert blockers == rules
