"""``pipeline init --from helmfile.yaml`` where helmfile is installed: templates are resolved by it.

A program stands in for helmfile here. What it prints is laid out as helmfile 1.8.0 prints it.
"""

import os
from pathlib import Path

import pytest

from pipeline.cli import run
from tests.support.platforms import CHART, git, write

TEMPLATED = """environments:
  staging: {}
  prod: {values: [{port: 8443}]}
---
releases:
{{- range $name := list "web" "api" }}
- name: {{ $name }}
  namespace: shop
  chart: ./charts/web
  values: [{port: {{ $.Values | get "port" 8080 }}}]
{{- end }}
helmfiles: [parts/helmfile.yaml]
"""
BUILT = """---
#  Source: {folder}/parts/helmfile.yaml

filepath: helmfile.yaml
helmBinary: helm
kustomizeBinary: kustomize
releases:
- chart: ../charts/web
  chartPath: ../charts/web
  name: part
  namespace: shop
  labels: {{chart: web, name: part, namespace: shop}}
templates: {{}}
renderedvalues: {{}}
---
#  Source: {folder}/helmfile.yaml

filepath: helmfile.yaml
helmBinary: helm
kustomizeBinary: kustomize
environments:
  staging: {{}}
  prod: {{values: [{{port: 8443}}]}}
helmfiles:
- path: parts/helmfile.yaml
releases:
- chart: ./charts/web
  chartPath: charts/web
  name: web
  namespace: shop
  labels: {{chart: web, name: web, namespace: shop}}
  values: [{{port: {port}}}]
- {{chart: ./charts/web, name: api, namespace: shop, condition: api.enabled}}
templates: {{}}
renderedvalues:
  api: {{enabled: {enabled}}}
"""


def stand_in(root: Path, lines: str) -> Path:
    program = write(root / "bin", {"helmfile": f"#!/bin/sh\n{lines}\n"}) / "helmfile"
    program.chmod(0o755)
    return program.parent


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    here = write(tmp_path / "work", {f"charts/web/{name}": text for name, text in CHART.items()})
    write(here, {"helmfile.yaml": TEMPLATED, "parts/helmfile.yaml": "releases: []\n"})
    git(here, "init", "--quiet")
    folder = here.resolve()
    for name, port, enabled in (("staging", 8080, "true"), ("prod", 8443, "false")):
        write(tmp_path / "built", {name: BUILT.format(folder=folder, port=port, enabled=enabled)})
    write(tmp_path / "built", {"alone": BUILT.format(folder=folder, port=1, enabled="true")})
    asked = f'echo "$@ $HELMFILE_DISABLE_INSECURE_FEATURES" >> {tmp_path}/asked\ncat {tmp_path}/built/"$4"'
    monkeypatch.setenv("PATH", f"{stand_in(tmp_path, asked)}:{os.environ['PATH']}")
    monkeypatch.chdir(here)
    return here


def test_helmfile_resolves_what_is_a_template(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "--from", "helmfile.yaml", "."]) == 0
    assert "not taken over" not in capsys.readouterr().err
    config = (root / "pipeline.yaml").read_text()
    assert config.count("chart: './charts/web'") == 3
    assert "- name: part" in config
    assert "port: 8443" in (root / "values/web/prod.yaml").read_text()
    assert "port: 8080" in (root / "values/web/staging.yaml").read_text()
    assert run(["vendor"]) == 0
    assert run(["render"]) == 0
    assert sorted(path.name for path in (root / "rendered/prod").iterdir()) == ["part", "web"]
    assert sorted(path.name for path in (root / "rendered/staging").iterdir()) == ["api", "part", "web"]
    for asked in (root.parent / "asked").read_text().splitlines():
        assert asked.endswith(" build --embed-values true"), "programs that it names are not run unasked"


def test_helmfile_says_which_environments_there_are_where_no_part_of_the_file_does(root: Path) -> None:
    """Only then it is asked for its default one, which need not build: a condition may lack its value there."""
    (root.parent / "built/alone").rename(root.parent / "built/default")
    write(root, {"helmfile.yaml": TEMPLATED.partition("---\n")[2]})
    assert run(["init", "--from", "helmfile.yaml", "."]) == 0
    assert sorted(path.stem for path in (root / "values/web").iterdir()) == ["prod", "staging"]


def test_what_helmfile_says_is_told_where_it_fails(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = stand_in(root / "other", "echo 'function \"exec\" is disabled' >&2; exit 1")
    monkeypatch.setenv("PATH", f"{failing}:{os.environ['PATH']}")
    assert run(["init", "--from", "helmfile.yaml", "new"]) == 64
    assert 'function "exec" is disabled' in capsys.readouterr().err
    plain = "releases:\n- {name: web, namespace: a, chart: ./charts/web, version: '{{ exec \"v\" (list) }}'}\n"
    write(root, {"helmfile.yaml": plain})
    assert run(["init", "--from", "helmfile.yaml", "."]) == 0
    said = capsys.readouterr().err
    assert "its version is a template" in said
    assert "HELMFILE_DISABLE_INSECURE_FEATURES=false" in said


def test_helmfile_is_not_asked_without_need_nor_for_a_diff(root: Path) -> None:
    write(root, {"helmfile.yaml": "releases:\n- {name: web, namespace: a, chart: ./charts/web}\n"})
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "start")
    assert run(["init", "--from", "helmfile.yaml", "."]) == 0
    write(root, {"helmfile.yaml": TEMPLATED})
    assert run(["diff", "--helmfile", "helmfile.yaml"]) == 64
    assert not (root.parent / "asked").exists()
