"""``pipeline show``: one rendered object, where each line came from, and no secret value."""

import json
from pathlib import Path

import pytest

from pipeline.cli import run
from tests.support.platforms import CONFIG, git, platform, verbs, write

Output = pytest.CaptureFixture[str]
DEPLOYMENT = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
    "  replicas: {{ .Values.replicas }}\n  selector: {matchLabels: {app: web}}\n"
    "  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n"
    '          image: "{{ .Values.image.name }}:{{ .Values.image.tag }}"\n'
    "          resources:\n            {{- toYaml .Values.resources | nindent 12 }}\n"
    "---\napiVersion: v1\nkind: Secret\nmetadata: {name: token}\nstringData: {token: {{ .Values.token }}}\n"
)
FILES = {
    "pipeline.yaml": CONFIG + "secrets: {rendered: allow}\n",
    "charts/web/templates/b.yaml": DEPLOYMENT,
    "charts/web/values.yaml": "port: 80\nreplicas: 1\nimage:\n  name: web\n  tag: '1.0'\nresources: {}\ntoken: none\n",
    "values/web/common.yaml": "replicas: 3\ntoken: canary-4711\nresources:\n  requests:\n    memory: 64Mi\n",
    "overlays/web/kustomization.yaml": (
        "resources: [chart.yaml]\npatches:\n  - target: {kind: Deployment, name: web}\n    patch: |\n"
        "      - {op: add, path: /spec/paused, value: true}\n"
    ),
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    here = platform(tmp_path / "platform", FILES)
    monkeypatch.chdir(here)
    verbs("vendor", "render")
    git(here, "add", "--all")
    git(here, "commit", "--quiet", "--message", "rendered")
    return here


def test_each_line_says_where_it_came_from(root: Path, capsys: Output) -> None:
    write(root, {"values/web/common.yaml": FILES["values/web/common.yaml"].replace("replicas: 3", "replicas: 4")})
    verbs("render")
    capsys.readouterr()
    for line, replicas in (("show deployment/web", 4), ("show Deployment/shop/web --at HEAD", 3)):
        assert run(line.split()) == 0
        text = capsys.readouterr().out
        found = [tuple(part.strip() for part in row.split("  # ")) for row in text.splitlines() if "  # " in row]
        assert found == [
            ("paused: true", "overlay"),
            (f"replicas: {replicas}", "values/web/common.yaml:1"),
            ("- image: web:1.0", "vendor_charts/web/1.0.0/values.yaml:4"),
            ("memory: 64Mi", "values/web/common.yaml:5"),
        ]
        assert "# web/templates/b.yaml" in text
        assert "# default/web  rendered/default/web/shop/deployment.apps-web.yaml" in text


@pytest.mark.usefixtures("root")
def test_no_secret_value_is_shown(capsys: Output) -> None:
    capsys.readouterr()
    for form in ("terminal", "json"):
        assert run(["show", "secret/token", "-o", form]) == 0
        text = capsys.readouterr().out
        assert "kind: Secret" in text
        assert "canary" not in text
    assert json.loads(text)[0]["template"] == "web/templates/b.yaml"


@pytest.mark.usefixtures("root")
def test_an_unknown_object_names_those_there_are(capsys: Output) -> None:
    assert run(["show", "Deployment/api"]) == 64
    assert "there are Deployment/web" in capsys.readouterr().err
    assert run(["show", "web"]) == 64
