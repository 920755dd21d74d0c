"""A release that fails keeps its tree and stops no other; all failures are listed last, and the next run repairs."""

from pathlib import Path

import pytest

from pipeline.cli import run
from tests.support.platforms import platform, snapshot, verbs, write

CONFIG = """releases:
  - {name: api, chart: ./charts/web, namespace: shop}
  - {name: crds, chart: ./charts/crds, namespace: shop}
  - {name: user, chart: ./charts/user, namespace: shop}
  - {name: web, chart: ./charts/web, namespace: shop}
helm: {engine: embedded}
"""
CRD = (
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: gadgets.example.org}\n"
    "spec: {group: example.org, scope: Cluster, names: {plural: gadgets, singular: gadget, kind: Gadget},\n"
    "  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]}\n"
)
CHARTS = {
    "charts/crds/Chart.yaml": "apiVersion: v2\nname: crds\nversion: 1.0.0\n",
    "charts/crds/crds/gadget.yaml": CRD,
    "charts/crds/values.yaml": "name: one\n",
    "charts/crds/templates/a.yaml": (
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ required "a name" .Values.name }}}\n'
    ),
    "charts/user/Chart.yaml": "apiVersion: v2\nname: user\nversion: 1.0.0\n",
    "charts/user/templates/a.yaml": (
        '{{ if .Capabilities.APIVersions.Has "example.org/v1" }}apiVersion: example.org/v1\nkind: Gadget\n'
        "metadata: {name: mine}\n{{ else }}apiVersion: v1\nkind: ConfigMap\nmetadata: {name: none}\n{{ end }}"
    ),
}  # fmt: skip
GADGET = "rendered/default/user/_cluster/gadget.example.org-mine.yaml"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = platform(tmp_path / "platform", {"pipeline.yaml": CONFIG} | CHARTS)
    monkeypatch.chdir(root)
    verbs("vendor", "render")
    return root


def rendered(root: Path, release: str = "") -> dict[str, bytes]:
    every = {path: data for path, data in snapshot(root).items() if path.startswith("rendered/")}
    return {path: data for path, data in every.items() if f"/{release}" in path}


def test_the_others_are_written_and_the_failures_listed_last(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = rendered(here)
    write(here, {"values/api/common.yaml": "port: {a: 1}\n", "values/web/common.yaml": "port: 81\n"})
    write(here, {"values/crds/common.yaml": "name: null\n"})
    write(here, {"values/user/common.yaml": "a: [\n"})
    assert run(["render"]) == 1
    told = capsys.readouterr()
    assert "rendered 1 release, 2 objects: 2 files written, 0 removed" in told.out
    last = told.err[told.err.index("pipeline: 3 of 4 releases failed") :]
    assert "default/user: values/user/common.yaml:2:1: not valid YAML" in last
    assert "default/api: release 'api': chart web 1.0.0" in last
    assert "default/crds: release 'crds': chart crds 1.0.0 does not render at crds/templates/a.yaml:3" in last
    assert "what failed is as it was" in last
    for release in ("api", "crds", "user"):
        assert rendered(here, release) == {path: data for path, data in before.items() if f"/{release}" in path}
    assert b"port: 81" in rendered(here)["rendered/default/web/shop/service-web.yaml"]


def test_the_next_run_repairs(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(here, {"values/crds/common.yaml": "name: null\n", "values/web/common.yaml": "port: 81\n"})
    assert run(["render"]) == 1
    assert run(["render", "--check"]) == 1
    told = capsys.readouterr()
    assert "up to date: 3 releases" in told.out
    assert "1 of 4 releases failed\ndefault/crds: release 'crds'" in told.err
    write(here, {"values/crds/common.yaml": "name: two\n"})
    assert run(["render", "--check"]) == 4
    verbs("render", "render --check")
    assert "rendered/default/crds/shop/configmap-two.yaml" in rendered(here)


def test_check_tells_stale_files_and_failures(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(here, {"values/crds/common.yaml": "name: null\n", "values/web/common.yaml": "port: 81\n"})
    before = rendered(here)
    assert run(["render", "--check"]) == 1
    told = capsys.readouterr()
    assert "rendered/default/web/shop/service-web.yaml" in told.out
    assert "1 of 4 releases failed" in told.err
    assert rendered(here) == before


def test_the_crds_of_a_failed_release_are_those_of_its_tree(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert GADGET in rendered(here)
    write(here, {"values/crds/common.yaml": "name: null\n", "values/user/common.yaml": "x: 1\n"})
    assert run(["render"]) == 1
    said = capsys.readouterr().err
    assert "default/user: uses CRDs of default/crds, which failed: it is rendered with those of its tree" in said
    assert GADGET in rendered(here)


def test_without_a_tree_its_users_are_rendered_without_its_crds(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in rendered(here):
        (here / path).unlink()
    write(here, {"values/crds/common.yaml": "name: null\n"})
    assert run(["render"]) == 1
    said = capsys.readouterr().err
    assert "default/user: uses CRDs of default/crds, which failed: it is rendered without them" in said
    assert GADGET not in rendered(here)
    write(here, {"values/crds/common.yaml": "name: two\n"})
    verbs("render", "render --check")
    assert GADGET in rendered(here)
    assert not any("configmap-none" in path for path in rendered(here))


def test_a_chart_that_demands_crds_of_another_gets_them(here: Path) -> None:
    demand = '{{ if not (.Capabilities.APIVersions.Has "example.org/v1") }}{{ fail "no gadgets" }}{{ end }}'
    write(here, {"charts/user/templates/b.yaml": demand})
    for path in rendered(here):
        (here / path).unlink()
    verbs("vendor --update", "render", "render --check")
    write(here, {"values/crds/common.yaml": "name: null\n"})
    assert run(["render"]) == 1


def test_an_overlay_that_does_not_build_stops_no_other(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = rendered(here, "web")
    overlay = "resources: [chart.yaml]\npatches: [{target: {kind: Deployment}, patch: '[]'}]\n"
    write(here, {"overlays/web/default/kustomization.yaml": overlay, "values/api/common.yaml": "port: 81\n"})
    assert run(["render"]) == 1
    assert "1 of 4 releases failed\ndefault/web: " in capsys.readouterr().err
    assert rendered(here, "web") == before
    assert b"port: 81" in rendered(here)["rendered/default/api/shop/service-api.yaml"]


def test_one_mistake_of_all_is_told_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(here, {"charts/web/templates/b.yaml": '{{ fail "no" }}'})
    verbs("vendor --update")
    text = (here / "pipeline.yaml").read_text()
    write(here, {"pipeline.yaml": f"{text}environments: {{prod: {{}}, test: {{}}}}\n"})
    assert run(["render", "web"]) == 1
    said = capsys.readouterr().err
    assert "pipeline: 2 of 2 releases failed\nprod/web, test/web: release 'web': chart web 1.0.0 does" in said
    assert said.count("does not render") == 1
