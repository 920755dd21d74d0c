"""What a render refuses or keeps as it is: objects rendered twice, objects that the server names, overlays."""

from pathlib import Path

import pytest

from pipeline.cli import run
from tests.support.platforms import platform, verbs, write
from tests.support.tools import tool

ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: shared, labels: {from: %s}}\n"
JOB = (
    "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: %s}\n"
    "spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: 'r.example.org/%s:1'}]}}}\n"
)
SHOP = "rendered/default/web/shop"
SAME_OBJECT = {
    "in two templates": (
        {"b.yaml": ACCOUNT % "b", "c.yaml": ACCOUNT % "c"},
        "web/templates/b.yaml and web/templates/c",
    ),
    "in one template": ({"b.yaml": ACCOUNT % "b" + "---\n" + ACCOUNT % "c"}, "twice by web/templates/b.yaml"),
    "with and without the namespace": (
        {"b.yaml": ACCOUNT % "b", "c.yaml": (ACCOUNT % "c").replace("shared,", "shared, namespace: shop,")},
        "ServiceAccount shop/shared",
    ),
    "in two versions of its API": (
        {
            "b.yaml": "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: x}\n",
            "c.yaml": "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: x}\n",
        },
        "PodDisruptionBudget.policy shop/x",
    ),
    "in a List": (
        {
            "b.yaml": ACCOUNT % "b",
            "c.yaml": "apiVersion: v1\nkind: List\nitems: [" + "{apiVersion: v1, kind: "
            "ServiceAccount, metadata: {name: shared}}]\n",
        },
        "web/templates/b.yaml and web/templates/c.yaml",
    ),
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = platform(tmp_path / "platform")
    monkeypatch.chdir(root)
    return root


def templates(root: Path, files: dict[str, str]) -> None:
    write(root, {f"charts/web/templates/{name}": text for name, text in files.items()})


@pytest.mark.parametrize(("files", "said"), SAME_OBJECT.values(), ids=SAME_OBJECT)
def test_an_object_rendered_twice_is_an_error_naming_both_templates(
    here: Path, capsys: pytest.CaptureFixture[str], files: dict[str, str], said: str
) -> None:
    templates(here, files)
    verbs("vendor")
    assert run(["render"]) == 1
    assert said in capsys.readouterr().err
    assert not (here / "rendered").exists()


def test_objects_that_the_server_names_are_all_kept(here: Path) -> None:
    templates(here, {"b.yaml": "---\n".join([JOB % ("before-", "a"), JOB % ("after-", "b"), JOB % ("before-", "c")])})
    verbs("vendor", "render", "render --check")
    texts = {path.name: path.read_text() for path in (here / SHOP).glob("job.*")}
    assert sorted(texts) == ["job.batch-after-.yaml", "job.batch-before-.yaml", "job.batch-before-_2.yaml"]
    assert "r.example.org/a:1" in texts["job.batch-before-.yaml"]
    assert "r.example.org/c:1" in texts["job.batch-before-_2.yaml"]


def test_a_change_of_an_object_that_the_server_names_is_seen(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = [JOB % ("before-", "a"), JOB % ("before-", "b")]
    templates(here, {"b.yaml": "---\n".join(both)})
    write(
        here.parent,
        {
            f"old/{f.relative_to(here / 'charts/web')}": f.read_text()
            for f in (here / "charts/web").rglob("*")
            if f.is_file()
        },
    )
    write(
        here.parent,
        {
            "new/templates/b.yaml": "---\n".join([both[0], both[1].replace("b:1", "b:2")]),
            "new/Chart.yaml": "apiVersion: v2\nname: web\nversion: 2.0.0\n",
        },
    )
    run(["diff", "chart:../old", "chart:../new", "--engine", "embedded"])
    assert "~ Job default/before-_2" in capsys.readouterr().out


APP = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app}\nspec:\n  selector: {matchLabels: {a: b}}\n"
    "  template:\n    metadata: {labels: {a: b}}\n    spec: {containers: [{name: app, image: 'r.example.org/app:1'}]}\n"
    "---\napiVersion: mon.example.org/v1\nkind: Probe\nmetadata: {name: app}\nspec: {interval: 30s}\n"
)
CRD = (
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: probes.mon.example.org}\n"
    "spec:\n  group: mon.example.org\n  scope: Namespaced\n  names: {kind: Probe, plural: probes}\n"
    "  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, "
    "x-kubernetes-preserve-unknown-fields: true}}}]\n"
)
OVERLAYS = {
    "a reference to a generated name is followed": (
        (
            "configMapGenerator: [{name: extra, literals: [LOG=debug]}]\npatches:\n"
            "- target: {kind: Deployment, name: app}\n"
            "  patch: |\n    - op: add\n      path: /spec/template/spec/containers/0/envFrom\n"
            "      value: [{configMapRef: {name: extra}}]\n"
        ),
        "deployment.apps-app.yaml",
        "name: extra-ttchg99576",
    ),
    "a strategic merge patch without a namespace": (
        "patches: [{patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: app}, spec: {replicas: 3}}'}]\n",
        "deployment.apps-app.yaml",
        "replicas: 3",
    ),
    "a generator that merges": (
        (
            "configMapGenerator: [{name: settings, behavior: merge, literals: [b=2], "
            "options: {disableNameSuffixHash: true}}]\n"
        ),
        "configmap-settings.yaml",
        "b: '2'",
    ),
    "a patch of a custom resource": (
        (
            "patches: [{patch: '{apiVersion: mon.example.org/v1, kind: Probe, metadata: {name: app}, "
            "spec: {interval: 60s}}'}]\n"
        ),
        "probe.mon.example.org-app.yaml",
        "interval: 60s",
    ),
    "a generated Secret's name is followed": (
        (
            "secretGenerator: [{name: login, literals: [user=ada]}]\npatches:\n- target: {kind: Deployment}\n"
            "  patch: |\n    - op: add\n      path: /spec/template/spec/containers/0/envFrom\n"
            "      value: [{secretRef: {name: login}}]\n"
        ),
        "deployment.apps-app.yaml",
        "name: login-",
    ),
}


@pytest.mark.parametrize("crd", ["", "another release brings the CRD"])
@pytest.mark.parametrize(("overlay", "file", "text"), OVERLAYS.values(), ids=OVERLAYS)
def test_an_overlay_sees_what_helm_wrote(here: Path, crd: str, overlay: str, file: str, text: str) -> None:
    tool("kubectl")
    templates(here, {"d.yaml": APP})
    write(
        here,
        {
            "overlays/web/kustomization.yaml": f"resources: [chart.yaml]\n{overlay}",
            "pipeline.yaml": (here / "pipeline.yaml").read_text() + "secrets: {rendered: allow}\n",
        },
    )
    if crd:
        more = "  - {name: mon, chart: ./charts/mon, namespace: mon}\nhelm:"
        write(
            here,
            {
                "charts/mon/Chart.yaml": "apiVersion: v2\nname: mon\nversion: 1.0.0\n",
                "charts/mon/crds/p.yaml": CRD,
                "pipeline.yaml": (here / "pipeline.yaml").read_text().replace("helm:", more),
            },
        )
    verbs("vendor", "render", "render --check")
    found = here / SHOP / file
    if "probe" in file and not crd:  # no one says that the kind has namespaces
        found = here / "rendered/default/web/_cluster" / file
    assert text in found.read_text()
    assert "namespace: shop" in (here / SHOP / "deployment.apps-app.yaml").read_text()


def test_an_object_that_an_overlay_deletes_is_gone(here: Path) -> None:
    tool("kubectl")
    delete = "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, $patch: delete}"
    write(here, {"overlays/web/kustomization.yaml": f"resources: [chart.yaml]\npatches: [{{patch: '{delete}'}}]\n"})
    verbs("vendor", "render")
    assert [path.name for path in (here / SHOP).iterdir()] == ["service-web.yaml"]


def test_an_object_that_an_overlay_moves_keeps_its_template(here: Path) -> None:
    tool("kubectl")
    write(here, {"overlays/web/kustomization.yaml": "resources: [chart.yaml]\nnamespace: other\nnamePrefix: x-\n"})
    verbs("vendor", "render")
    assert "web/templates/a.yaml" in "".join(p.read_text() for p in (here / "rendered").rglob("*.json"))
    assert (here / "rendered/default/web/other/service-x-web.yaml").exists()


def test_a_component_that_overlays_share_is_built(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tool("kubectl")
    component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nlabels: [{pairs: {team: blue}}]\n"
    nested = component.replace("labels: [{pairs: {team: blue}}]", "components: [../_parts/two]")
    write(
        here,
        {
            "overlays/web/kustomization.yaml": "resources: [chart.yaml]\ncomponents: [../_components/team]\n",
            "overlays/_components/team/kustomization.yaml": nested,
            "overlays/_components/_parts/two/kustomization.yaml": component,
        },
    )
    verbs("vendor", "render", "render --check")
    assert "team: blue" in (here / SHOP / "service-web.yaml").read_text()
    write(here, {"overlays/_components/_parts/two/kustomization.yaml": component.replace("blue", "red")})
    assert run(["render", "--check"]) == 4
    write(here, {"overlays/web/kustomization.yaml": "resources: [chart.yaml]\ncomponents: [../../charts/web]\n"})
    assert run(["render"]) == 1
    assert "overlays/web/kustomization.yaml: it refers to '../../charts/web', which is outside of overlays/" in (
        capsys.readouterr().err
    )
