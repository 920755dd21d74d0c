"""``pipeline render``: values, overlays, the tree and its index, --check, and failures that name the place."""

import json
from pathlib import Path

import pytest

from pipeline.cli import run
from tests.support.platforms import CHART, CONFIG, platform, snapshot, verbs, write
from tests.support.tools import tool

SERVICE = "rendered/default/web/shop/service-web.yaml"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = platform(tmp_path / "platform")
    monkeypatch.chdir(root)
    return root


def rendered(root: Path) -> dict[str, bytes]:
    return {path: data for path, data in snapshot(root).items() if path.startswith("rendered/")}


def test_one_canonical_file_an_object_and_an_index(here: Path) -> None:
    verbs("vendor", "render")
    files = rendered(here)
    assert sorted(files) == [
        "rendered/.pipeline/default/web.json",
        "rendered/default/web/shop/configmap-settings.yaml",
        SERVICE,
    ]
    assert files[SERVICE].decode() == (
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  namespace: shop\n"
        "spec:\n  ports:\n  - name: http\n    port: 80\n"
    )
    index = json.loads(files["rendered/.pipeline/default/web.json"])
    assert index["chart"]["version"] == "1.0.0"
    assert index["files"]["shop/service-web.yaml"]["source"] == "web/templates/a.yaml"
    verbs("render", "render --check")
    assert rendered(here) == files


def test_values_layers_win_in_their_order(here: Path) -> None:
    layers = {
        "values/web/common.yaml": "port: 81\n",
        "extra.yaml": "port: 82\n",
        "values/web/default.yaml": "port: 83\n",
    }
    write(here, layers | {"pipeline.yaml": CONFIG.replace("shop}", "shop, values: [extra.yaml]}")})
    verbs("vendor", "render")
    assert "port: 83" in (here / SERVICE).read_text()
    (here / "values/web/default.yaml").unlink()
    assert run(["render", "--check"]) == 4
    verbs("render")
    assert "port: 82" in (here / SERVICE).read_text()
    (here / "extra.yaml").unlink()
    assert run(["render"]) == 64


def test_orphans_go_by_the_index_and_nothing_else_does(here: Path) -> None:
    verbs("vendor", "render")
    write(here, {"rendered/default/web/shop/notes.md": "mine", "rendered/default/web/shop/own.yaml": "a: 1"})
    one = CHART["templates/a.yaml"].partition("---")[0]
    write(
        here,
        {"charts/web/templates/a.yaml": one, "charts/web/Chart.yaml": CHART["Chart.yaml"].replace("1.0.0", "1.0.1")},
    )
    verbs("vendor --update", "render")
    names = {path.rpartition("/")[2] for path in rendered(here)}
    assert names == {"web.json", "service-web.yaml", "notes.md", "own.yaml"}


def test_a_release_that_is_no_more_takes_its_files_along(here: Path) -> None:
    verbs("vendor", "render")
    write(here, {"pipeline.yaml": "releases: []\n"})
    verbs("vendor", "render")
    assert rendered(here) == {}


def test_an_index_that_names_files_elsewhere_deletes_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verbs("vendor", "render")
    index = here / "rendered/.pipeline/default/web.json"
    index.write_text(index.read_text().replace("shop/service-web.yaml", "../../../pipeline.yaml"))
    before, config = index.read_bytes(), (here / "pipeline.yaml").read_bytes()
    assert run(["render", "--check"]) == 4
    assert run(["diff", f"dir:{here}", f"dir:{here}"]) == 4
    assert "outside its folder" in capsys.readouterr().err
    verbs("render", "render --check")
    assert (here / "pipeline.yaml").read_bytes() == config
    assert [path.read_bytes() for path in (here / ".git/pipeline/kept").rglob("web.json")] == [before]


def test_a_failure_names_release_chart_template_and_line_and_writes_nothing(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verbs("vendor", "render")
    before = rendered(here)
    write(here, {"charts/web/templates/b.yaml": "a: b\nc: {{ .Values.x.y.z }}\n"})
    verbs("vendor --update")
    assert run(["render"]) == 1
    said = capsys.readouterr().err
    assert "release 'web': chart web 1.0.0 does not render at web/templates/b.yaml:2" in said
    assert rendered(here) == before
    assert run(["render", "--check"]) == 1


def test_what_is_not_vendored_or_changed_by_hand_is_not_rendered(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["render"]) == 4
    assert "release 'web' is not vendored" in capsys.readouterr().err
    verbs("vendor")
    write(here, {"vendor_charts/web/1.0.0/values.yaml": "port: 1\n"})
    assert run(["render"]) == 4
    assert "is not what pipeline.lock says" in capsys.readouterr().err


def test_an_overlay_is_real_kustomize(here: Path) -> None:
    tool("kubectl")
    base = "resources: [chart.yaml]\ncommonAnnotations: {team: shop}\n"
    patch = (
        "resources: [../base]\npatches:\n- target: {kind: Service}\n"
        "  patch: |\n    - {op: replace, path: /spec/ports/0/port, value: 8080}\n"
    )
    write(here, {"overlays/web/base/kustomization.yaml": base, "overlays/web/default/kustomization.yaml": patch})
    verbs("vendor", "render")
    text = (here / SERVICE).read_text()
    assert "port: 8080" in text
    assert "team: shop" in text
    index = json.loads((here / "rendered/.pipeline/default/web.json").read_text())
    assert index["files"]["shop/service-web.yaml"]["source"] == "web/templates/a.yaml"
    assert sorted(index["overlay"]) == ["base/kustomization.yaml", "default/kustomization.yaml"]


def test_an_overlay_that_does_not_build_says_which(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tool("kubectl")
    write(here, {"overlays/web/kustomization.yaml": "resources: [chart.yaml, gone.yaml]\n"})
    verbs("vendor")
    assert run(["render"]) == 1
    said = capsys.readouterr().err
    assert "overlays/web/kustomization.yaml: " in said
    assert "gone.yaml" in said
    assert "/tmp" not in said


def test_both_engines_write_the_same_tree(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(Path(tool("helm")).parent), prepend=":")
    verbs("vendor", "render")
    embedded = rendered(here)
    write(here, {"pipeline.yaml": CONFIG.replace("embedded", "cli")})
    verbs("render --check", "render")
    assert rendered(here) == embedded


def test_a_chart_sees_the_apis_of_the_crds_that_the_repository_renders(here: Path) -> None:
    crd = (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: ms.x.io}\nspec:\n"
        "  {group: x.io, scope: Cluster, names: {kind: M, plural: ms}, versions: [{name: v1, served: true}]}\n"
    )
    asks = "apiVersion: y.io/v1\nkind: A\nmetadata: {name: a}\nhas: {{ .Capabilities.APIVersions.Has `x.io/v1/M` }}\n"
    write(here, {"charts/web/templates/b.yaml": asks, "charts/crds/Chart.yaml": "name: crds\nversion: 1.0.0\n"})
    write(here, {"charts/crds/crds/m.yaml": crd})
    verbs("vendor", "render")
    path = here / "rendered/default/web/_cluster/a.y.io-a.yaml"
    assert "has: false" in path.read_text()
    text = CONFIG.replace("helm:", "  - {name: crds, chart: ./charts/crds, namespace: shop}\nhelm:")
    write(here, {"pipeline.yaml": text})
    verbs("vendor", "render")
    assert "has: true" in path.read_text()
    assert (here / "rendered/default/crds/_crds").is_dir()
    before = rendered(here)
    verbs("render web")
    assert rendered(here) == before


def test_secrets_can_be_left_out(here: Path) -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: hunter2hunter2}\n"
    write(here, {"charts/web/templates/s.yaml": secret, "pipeline.yaml": CONFIG + "secrets: {rendered: omit}\n"})
    verbs("vendor", "render")
    assert not any(b"hunter2" in data for data in rendered(here).values())


CRD = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: zones.example.org}
spec:
  group: example.org
  scope: Cluster
  names: {kind: Zone, plural: zones}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
"""
ZONE = "apiVersion: example.org/v1\nkind: Zone\nmetadata: {name: z}\n"


def test_the_shards_of_a_render_are_the_whole_and_know_the_crds_of_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"r{number}" for number in range(5)]
    lines = "".join(f"  - {{name: {name}, chart: ./charts/{name}, namespace: shop}}\n" for name in names)
    files = {"pipeline.yaml": f"releases:\n{lines}helm: {{engine: embedded}}\n"}
    for name in names:
        files[f"charts/{name}/Chart.yaml"] = f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n"
        files[f"charts/{name}/templates/a.yaml"] = CRD if name == "r0" else ZONE
    root = platform(tmp_path, files)
    monkeypatch.chdir(root)
    verbs("vendor", "render")
    whole = snapshot(root)
    assert "rendered/default/r1/_cluster/zone.example.org-z.yaml" in whole
    for shard in ("1/3", "2/3", "3/3"):
        verbs(f"render --check --shard {shard}", f"render --shard {shard}")
    assert snapshot(root) == whole
    write(root, {"values/r3/common.yaml": "a: b\n"})
    assert sorted(run(["render", "--check", "--shard", f"{number}/3"]) for number in (1, 2, 3)) == [0, 0, 4]
