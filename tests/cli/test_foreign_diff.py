"""``pipeline diff --flux``, ``--argocd``, ``--helmfile``: the verdict on a repository that nobody has migrated."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from pipeline.cli import run
from tests.cli.test_import import FLUX
from tests.support.platforms import CHART, git, publish, served, snapshot, write

MOVED = CHART | {"templates/a.yaml": CHART["templates/a.yaml"].replace("name: http", "name: web")}
OWN = {f"charts/own/{name}": text.replace("name: web", "name: own", 1) for name, text in CHART.items()}
APPLICATION = """apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: NAME, namespace: argocd}
spec:
  destination: {namespace: shop}
"""
ARGO = {
    "apps/web.yaml": APPLICATION.replace("NAME", "web")
    + "  source: {repoURL: 'URL', chart: web, targetRevision: 1.0.0, helm: {valuesObject: {port: 81}}}\n",
    "apps/own.yaml": APPLICATION.replace("NAME", "own")
    + "  source: {repoURL: 'git@github.com:o/r.git', path: charts/own, helm: {valueFiles: [values-prod.yaml]}}\n",
    "charts/own/values-prod.yaml": "port: 90\n",
} | OWN
HELMFILE = {
    "deploy/helmfile.yaml": (
        "repositories: [{name: shop, url: 'URL'}]\n"
        "environments: {dev: {values: [{version: 1.0.0}]}, prod: {values: [{version: 1.1.0}]}}\n---\n"
        "releases:\n"
        "  - {name: web, namespace: 'shop-{{ .Environment.Name }}', chart: shop/web, version: '{{ .Values.version }}',"
        " values: ['values/web/{{ .Environment.Name }}.yaml', {port: 82}]}\n"
        "  - {name: own, namespace: own, chart: ../charts/own}\n"
    ),
    "deploy/values/web/dev.yaml": "port: 81\n",
    "deploy/values/web/prod.yaml": "port: 82\n",
}


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    publish(tmp_path / "charts", {"1.0.0": CHART, "1.1.0": CHART, "2.0.0": MOVED})
    with served(tmp_path / "charts") as where:
        yield where


def repository(root: Path, files: Mapping[str, str], url: str) -> Path:
    write(root, {name: text.replace("'URL'", url) for name, text in files.items()})
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "remote", "add", "origin", "https://github.com/o/r.git")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "start")
    git(root, "switch", "--quiet", "--create", "change")
    return root


def edit(root: Path, file: str, old: str, new: str) -> None:
    text = (root / file).read_text()
    assert old in text
    (root / file).write_text(text.replace(old, new))


def test_flux_on_day_one(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = repository(tmp_path / "fleet", FLUX, url)
    monkeypatch.chdir(root)
    edit(root, "apps/base/release.yaml", "version: ^1", "version: ^2")
    before = snapshot(root)
    capsys.readouterr()
    assert run(["diff", "--flux", ".", "--fail-on", "medium"]) == 3
    said = capsys.readouterr().out
    assert "service-port-renamed" in said
    assert "web 1.1.0 → 2.0.0" in said
    assert snapshot(root) == before
    assert run(["diff", "--flux", ".", "-e", "staging", "HEAD", "worktree", "--detailed-exitcode"]) == 2
    assert "prod" not in capsys.readouterr().out
    git(root, "commit", "--quiet", "--all", "--message", "upgrade")
    assert run(["diff", "--flux", ".", "HEAD", "worktree", "--detailed-exitcode"]) == 0
    assert run(["diff", "--flux", ".", "-e", "live"]) == 64
    assert "no environment 'live' is declared" in capsys.readouterr().err


def test_argo_cd_with_a_chart_of_the_repository_itself(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = repository(tmp_path / "apps", ARGO, url)
    monkeypatch.chdir(root)
    edit(root, "charts/own/values-prod.yaml", "port: 90", "port: 91")
    edit(root, "apps/web.yaml", "port: 81", "port: 82")
    capsys.readouterr()
    assert run(["diff", "--argocd", "apps", "-o", "markdown", "--detailed-exitcode"]) == 2
    said = capsys.readouterr()
    assert "90" in said.out
    assert "91" in said.out
    assert "81" in said.out
    assert said.err.count("not compared") == 0
    assert run(["diff", "--flux", "apps"]) == 64
    assert run(["diff", "--flux", ".", "--argocd", "apps"]) == 64


def test_a_helmfile_whose_environments_have_versions_of_their_own(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = repository(tmp_path / "platform", HELMFILE | OWN, url)
    monkeypatch.chdir(root / "deploy")
    edit(root, "deploy/helmfile.yaml", "version: 1.1.0", "version: 2.0.0")
    capsys.readouterr()
    assert run(["diff", "--helmfile", "helmfile.yaml", "--kube-version", "1.34.0", "--detailed-exitcode"]) == 2
    said = capsys.readouterr()
    assert "web 1.1.0 → 2.0.0" in said.out
    assert "shop-prod/web" in said.out
    assert "port=82" in said.out
    assert "shop-dev" not in said.out
    assert run(["diff", "--helmfile", "nowhere.yaml"]) == 64
    git(root, "mv", "deploy/helmfile.yaml", "deploy/state.yaml")
    assert run(["diff", "--helmfile", "state.yaml", "-l", "own", "--detailed-exitcode"]) == 2
    assert "added" in capsys.readouterr().out, "it is not there in the merge base"


def test_a_failing_side_is_named(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = repository(tmp_path / "fleet", FLUX, url)
    monkeypatch.chdir(root)
    edit(root, "apps/base/release.yaml", "version: ^1", "version: ^9")
    capsys.readouterr()
    assert run(["diff", "--flux", "."]) == 64
    assert "no version in shop matches '^9'" in capsys.readouterr().err
    assert run(["diff", "--flux", ".", "dir:.", "worktree"]) == 64
    assert run(["diff", "--flux", str(tmp_path)]) == 64
    capsys.readouterr()
    assert run(["diff", "--flux", "clusters", "HEAD", "worktree"]) == 64
    said = capsys.readouterr().err
    assert "): clusters: nothing there is declared" in said
    assert "try: name the folder that holds all of it: --flux ." in said
    assert "private" not in said
