"""What an install renders and an upgrade does not, or the reverse: the tree's form, and what is said of the other."""

import json
from pathlib import Path

import pytest

from pipeline.cli import run
from tests.support.platforms import CONFIG, git, platform, verbs, write

HOOK = (
    "{{- if .Release.IsUpgrade }}\napiVersion: batch/v1\nkind: Job\nmetadata:\n  name: schema\n"
    "  annotations: {helm.sh/hook: pre-upgrade}\n"
    "spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: 'a:1'}]}}}\n{{- end }}\n"
)
ONCE = (
    "{{- if .Release.IsInstall }}\napiVersion: v1\nkind: Secret\nmetadata: {name: once}\nstringData: {a: b}\n{{ end }}"
)
MODE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mode}\ndata: {upgrade: '{{ .Release.IsUpgrade }}'}\n"
REFUSES = MODE + "{{ if .Release.IsUpgrade }}{{ fail `give me the password` }}{{ end }}"
CRD = (
    "{{- $found := lookup `apiextensions.k8s.io/v1` `CustomResourceDefinition` `` `a.example.org` }}\n"
    "{{- if not $found }}\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
    "metadata: {name: a.example.org}\nspec: {group: example.org, scope: Cluster, names: {kind: A, plural: as}, "
    "versions: []}\n{{- end }}\n"
)
INDEX = "rendered/.pipeline/default/web.json"


@pytest.fixture(params=["cli", "embedded"])
def here(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    if request.param == "cli":
        from tests.support.tools import tool

        monkeypatch.setenv("PATH", f"{Path(tool('helm')).parent}:/usr/bin:/bin")
    config = CONFIG.replace("embedded", request.param) + "secrets: {rendered: allow}\n"
    root = platform(tmp_path / "platform", {"pipeline.yaml": config})
    monkeypatch.chdir(root)
    return root


def first(here: Path, template: str, capsys: pytest.CaptureFixture[str]) -> str:
    write(here, {"charts/web/templates/x.yaml": template})
    verbs("vendor")
    capsys.readouterr()
    verbs("render")
    return capsys.readouterr().err


def later(here: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What is said once the first render is committed, and a value changes."""
    git(here, "add", ".")
    git(here, "commit", "--quiet", "--message", "one")
    verbs("render --check")
    write(here, {"values/web/common.yaml": "port: 81\n"})
    capsys.readouterr()
    verbs("render")
    said = capsys.readouterr().err
    verbs("render --check")
    return said


def form(here: Path) -> str:
    return str(json.loads((here / INDEX).read_text()).get("form", ""))


def test_an_install_says_what_an_upgrade_would_add(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = first(here, HOOK, capsys)
    assert "rendered by upgrades only (.Release.IsUpgrade): Job.batch shop/schema" in said
    assert form(here) == "install"
    assert not list((here / "rendered").rglob("*schema*"))


def test_what_is_committed_is_rendered_as_an_upgrade(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first(here, HOOK, capsys)
    said = later(here, capsys)
    assert "the tree holds what an upgrade renders" in said
    assert form(here) == "upgrade"
    assert list((here / "rendered").rglob("*schema*"))


def test_a_secret_made_once_is_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first(here, ONCE, capsys)
    assert (here / "rendered/default/web/shop/secret-once.yaml").exists()
    said = later(here, capsys)
    assert "rendered by installs only (.Release.IsInstall): Secret shop/once" in said


def test_an_object_that_differs_is_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = first(here, MODE, capsys)
    assert "another for an upgrade than for an install: ConfigMap shop/mode" in said
    later(here, capsys)
    assert "upgrade: 'true'" in (here / "rendered/default/web/shop/configmap-mode.yaml").read_text()


def test_a_first_render_that_is_not_committed_stays_an_install(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first(here, MODE, capsys)
    write(here, {"values/web/common.yaml": "port: 81\n"})
    verbs("render", "render --check")
    assert form(here) == "install"


def test_a_chart_that_refuses_an_upgrade_is_rendered_as_an_install(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = first(here, REFUSES, capsys)
    assert "it does not render as an upgrade" in said
    said = later(here, capsys)
    assert "it does not render as an upgrade, so it is rendered as an install (web/templates/x.yaml:5)" in said
    assert "upgrade: 'false'" in (here / "rendered/default/web/shop/configmap-mode.yaml").read_text()


def test_a_chart_that_does_not_ask_has_no_form(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first(here, MODE.replace("{{ .Release.IsUpgrade }}", "x"), capsys)
    later(here, capsys)
    assert form(here) == ""


def test_a_crd_behind_lookup_is_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = first(here, CRD, capsys)
    assert "templates/x.yaml:2: lookup decides whether it is rendered" in said
    assert "with a CRD all its custom resources: CustomResourceDefinition.apiextensions.k8s.io a.example.org" in said


def test_lookup_that_only_fills_in_a_value_is_not_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = MODE.replace("{{ .Release.IsUpgrade }}", "{{ (lookup `v1` `Secret` `a` `b`).x | default `none` }}")
    assert "lookup decides" not in first(here, text, capsys)
    assert run(["render", "--check"]) == 0
