"""``pipeline init --from``: what other tools declare, taken over and rendered, from a real chart repository."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.cli import run
from tests.support.platforms import CHART, publish, served, snapshot, verbs, write

FLUX = {
    "clusters/staging/apps.yaml": (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps}\n"
        "spec: {path: ./apps/staging}\n"
    ),
    "clusters/prod/apps.yaml": (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps}\n"
        "spec: {path: ./apps/prod}\n"
    ),
    "apps/base/kustomization.yaml": "resources: [release.yaml]\n",
    "apps/base/release.yaml": (
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {name: shop, namespace: shop}\n"
        "spec: {url: 'URL'}\n---\n"
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web, namespace: shop}\n"
        "spec: {chart: {spec: {chart: web, version: ^1, sourceRef: {kind: HelmRepository, name: shop}}}}\n"
    ),
    "apps/staging/kustomization.yaml": "resources: [../base]\n",
    "apps/prod/kustomization.yaml": "resources: [../base]\npatches: [{path: values.yaml}]\n",
    "apps/prod/values.yaml": (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web, namespace: shop}\n"
        "spec: {values: {port: 8443}}\n"
    ),
}


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    publish(tmp_path / "charts", {"1.0.0": CHART, "1.1.0": CHART, "2.0.0": CHART})
    monkeypatch.chdir(write(tmp_path / "work", {"x": ""}))
    with served(tmp_path / "charts") as where:
        yield where


def rendered(root: Path, environment: str) -> str:
    (file,) = (root / "rendered" / environment / "web").rglob("service*.yaml")
    return file.read_text()


def test_a_flux_tree_with_two_clusters(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "fleet", {name: text.replace("URL", url) for name, text in FLUX.items()})
    before = snapshot(tmp_path / "fleet")
    assert run(["init", "--from", str(tmp_path / "fleet"), str(tmp_path / "new")]) == 0
    assert snapshot(tmp_path / "fleet") == before
    assert sorted(snapshot(tmp_path / "new")) == ["pipeline.yaml", "values/web/prod.yaml"]
    monkeypatch.chdir(tmp_path / "new")
    verbs("vendor", "render")
    assert "port: 8443" in rendered(tmp_path / "new", "prod")
    assert "port: 80\n" in rendered(tmp_path / "new", "staging")
    assert "vendor_charts/web/1.1.0/Chart.yaml" in snapshot(tmp_path / "new")
    assert run(["init", "--from", str(tmp_path / "fleet")]) == 64, "a repository is there already"


def test_a_helmfile_beside_its_values(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        f"repositories: [{{name: shop, url: '{url}'}}]\n"
        "environments: {prod: {values: [{port: 8080}]}, dev: {}}\n"
        "releases:\n"
        "  - {name: web, namespace: shop, chart: shop/web, version: 2.0.0,"
        " values: [port.yaml, 'own/{{ .Environment.Name }}.yaml']}\n"
    )
    root = write(
        tmp_path / "helmfile", {"helmfile.yaml": text, "port.yaml": "port: 81\n", "own/prod.yaml": "port: 82\n"}
    )
    monkeypatch.chdir(root)
    assert run(["init", "--from", "helmfile.yaml"]) == 0
    verbs("vendor", "render")
    assert "port: 82\n" in rendered(root, "prod")
    assert "port: 81\n" in rendered(root, "dev")


def test_what_helm_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listing = '[{"name":"web","namespace":"shop","chart":"web-app-1.2.0","app_version":"1","status":"deployed"}]'
    write(tmp_path / "dump", {"list.json": listing, "web.yaml": "port: 81\n"})
    capsys.readouterr()
    assert run(["init", "--from", str(tmp_path / "dump"), str(tmp_path / "new")]) == 0
    said = capsys.readouterr()
    assert "Helm does not record the repository of web-app" in said.err
    assert "1 thing was not taken over: see above" in said.err
    config = (tmp_path / "new/pipeline.yaml").read_text()
    assert "- name: web\n  chart: unknown/web-app\n  namespace: shop\n  version: '1.2.0'\n" in config
    assert (tmp_path / "new/values/web/common.yaml").read_text() == "port: 81\n"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a.yaml": "apiVersion: v1\nkind: ConfigMap\n"}, "nothing there is declared"),
        ({"helmfile.yaml": "releases:\n{{ range .x }}\n- {name: a\n{{ end }}"}, "helmfile build"),
    ],
)
def test_what_cannot_be_imported(
    files: dict[str, str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "old", files)
    assert run(["init", "--from", str(tmp_path / "old"), str(tmp_path / "new")]) == 64
    assert words in capsys.readouterr().err
    assert run(["init", "--from", str(tmp_path / "nowhere"), str(tmp_path / "new")]) == 64
    assert not (tmp_path / "new").exists()


def test_a_name_leads_nowhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listing = (
        '[{"name":"../../x","namespace":"a","chart":"web-1.0.0"},{"name":"ok","namespace":"a","chart":"web-1.0.0"}]'
    )
    write(tmp_path / "dump", {"list.json": listing})
    assert run(["init", "--from", str(tmp_path / "dump"), str(tmp_path / "new")]) == 0
    assert sorted(snapshot(tmp_path / "new")) == ["pipeline.yaml"]
    assert "rename it" in capsys.readouterr().err


def test_kustomize_fetches_nothing(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = {name: text.replace("URL", url) for name, text in FLUX.items()}
    tree["apps/staging/kustomization.yaml"] = f"resources: [../base, '{url}/web.yaml']\n"
    write(tmp_path / "fleet", tree)
    assert run(["init", "--from", str(tmp_path / "fleet"), str(tmp_path / "new")]) == 0
    assert "names something outside of fleet/" in capsys.readouterr().err
    assert "environments:\n  prod: {}\n" in (tmp_path / "new/pipeline.yaml").read_text()
