"""Imports of the shapes that public repositories have, each rebuilt small: what is rendered is what the tool renders.

The oracle is what the tool itself runs for a release: ``helm template`` with the same chart, name, namespace and
values, stated beside each shape; patches are stated as what they change. helmfile 1.8.0 itself renders the same of each
of its shapes, once those with templates are named helmfile.yaml.gotmpl.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import run
from pipeline.core.yaml.reader import load_all
from tests.support.platforms import publish, served, verbs, write
from tests.support.tools import tool

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "values.yaml": "port: 80\nlabels: {tier: web}\nhosts: [a]\nname: ''\n",
    "templates/a.yaml": (
        "apiVersion: v1\nkind: ConfigMap\n"
        "metadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}, "
        "labels: {{ toJson .Values.labels }}}\n"
        'data: {port: {{ .Values.port | quote }}, hosts: {{ join "," .Values.hosts | quote }},'
        " name: {{ .Values.name | quote }}, version: {{ .Chart.Version | quote }}}\n"
    ),
}


@dataclass(frozen=True)
class Helm:
    """One ``helm template``, in ``environment``."""

    name: str
    namespace: str
    version: str = "1.0.0"
    values: Mapping[str, Any] = field(default_factory=dict)
    environment: str = "default"
    patched: Mapping[str, str] = field(default_factory=dict)
    """Data that a patch changes."""


@dataclass(frozen=True)
class Shape:
    files: Mapping[str, str]
    expected: tuple[Helm, ...]
    start: str = "."
    left_out: int = 0


REPOSITORY = "repositories:\n- name: shop\n  url: 'URL'\n"
HELMFILES = {
    "one file, releases inline": Shape(
        {
            "helmfile.yaml": REPOSITORY
            + "releases:\n- name: web\n  namespace: front\n  chart: shop/web\n  version: 1.0.0\n"
            "  values:\n  - values/web.yaml\n  - port: 82\n  set:\n  - {name: 'hosts[1]', value: b}\n",
            "values/web.yaml": "port: 81\nname: file\nhosts: [x]\n",
        },
        (Helm("web", "front", values={"port": 82, "name": "file", "hosts": ["x", "b"]}),),
    ),
    "environments with their values and files": Shape(
        {
            "helmfile.yaml": REPOSITORY
            + "environments:\n  dev:\n    values: [env/dev.yaml]\n  prod:\n    values: [env/prod.yaml]\n"
            "---\nreleases:\n- name: web\n  namespace: web-{{ .Environment.Name }}\n  chart: shop/web\n"
            "  version: {{ .Values.web.version }}\n  values:\n  - config/{{ .Environment.Name }}/web.yaml\n"
            '  - port: {{ .Environment.Values | get "web.port" 90 }}\n',
            "env/dev.yaml": "web: {version: 1.1.0}\n",
            "env/prod.yaml": "web: {version: 1.0.0, port: 91}\n",
            "config/dev/web.yaml": "name: d\n",
            "config/prod/web.yaml": "name: p\n",
        },
        (
            Helm("web", "web-dev", "1.1.0", {"name": "d", "port": 90}, "dev"),
            Helm("web", "web-prod", "1.0.0", {"name": "p", "port": 91}, "prod"),
        ),
    ),
    "templates by anchor and by inherit": Shape(
        {
            "helmfile.yaml": REPOSITORY
            + "templates:\n  default: &default\n    namespace: apps\n    chart: shop/web\n    version: 1.0.0\n"
            "    values:\n    - config/{{`{{ .Release.Name }}`}}.yaml\n"
            "releases:\n- <<: *default\n  name: one\n- name: two\n  inherit:\n"
            "  - template: default\n  namespace: other\n",
            "config/one.yaml": "name: 1st\n",
            "config/two.yaml": "name: 2nd\n",
        },
        (Helm("one", "apps", values={"name": "1st"}), Helm("two", "other", values={"name": "2nd"})),
    ),
    "bases and sub-helmfiles": Shape(
        {
            "helmfile.yaml": "bases: [base.yaml]\n---\nhelmfiles:\n"
            "- path: parts/front/helmfile.yaml\n- parts/back.yaml\n"
            "releases:\n- {name: top, namespace: top, chart: shop/web, version: 1.0.0}\n",
            "base.yaml": REPOSITORY,
            "parts/front/helmfile.yaml": REPOSITORY
            + "releases:\n- {name: front, namespace: f, chart: shop/web, version: 1.1.0, values: [../shared.yaml]}\n",
            "parts/back.yaml": REPOSITORY
            + "releases:\n- {name: back, namespace: b, chart: shop/web, version: 1.0.0, values: [shared.yaml]}\n",
            "parts/shared.yaml": "port: 7\n",
        },
        (
            Helm("top", "top"),
            Helm("front", "f", "1.1.0", {"port": 7}),
            Helm("back", "b", "1.0.0", {"port": 7}),
        ),
    ),
    "conditions, needs, and what is not installed": Shape(
        {
            "helmfile.yaml": REPOSITORY
            + "environments:\n  default:\n    values:\n    - extra: {enabled: false}\n---\nreleases:\n"
            "- {name: db, namespace: data, chart: shop/web, version: 1.0.0}\n"
            "- {name: web, namespace: front, chart: shop/web, version: 1.0.0, "
            "needs: [data/db], wait: true, atomic: true}\n"
            "- {name: extra, namespace: x, chart: shop/web, condition: extra.enabled}\n"
            "- {name: old, namespace: x, chart: shop/web, installed: false}\n",
        },
        (Helm("db", "data"), Helm("web", "front")),
    ),
    "a chart of the repository, and two of one name": Shape(
        {
            "helmfile.yaml": "releases:\n- {name: web, namespace: a, chart: ./charts/web}\n"
            "- {name: web, namespace: b, chart: ./charts/web, values: [{name: second}]}\n",
            **{f"charts/web/{name}": text for name, text in CHART.items()},
        },
        (Helm("web", "a"), Helm("web", "b", values={"name": "second"})),
    ),
}

HELM_REPOSITORY = (
    "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {name: shop, namespace: flux-system}\n"
    "spec: {interval: 1h, url: 'URL'}\n"
)


def helm_release(name: str, rest: str, version: str = "1.0.0", namespace: str = "apps") -> str:
    source = "sourceRef: {kind: HelmRepository, name: shop, namespace: flux-system}"
    return (
        f"apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
        f"metadata: {{name: {name}, namespace: {namespace}}}\n"
        f"spec:\n  interval: 5m\n  chart: {{spec: {{chart: web, version: '{version}', {source}}}}}\n{rest}"
    )


def kustomization(name: str, path: str) -> str:
    return (
        f"apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        f"metadata: {{name: {name}, namespace: flux-system}}\n"
        f"spec: {{interval: 10m, path: ./{path}, prune: true, sourceRef: {{kind: GitRepository, name: flux-system}}}}\n"
    )


FLUX = {
    "base and overlays by cluster": Shape(
        {
            "clusters/dev/apps.yaml": kustomization("apps", "apps/dev"),
            "clusters/prod/apps.yaml": kustomization("apps", "apps/prod"),
            "apps/base/web/kustomization.yaml": "resources: [repository.yaml, release.yaml]\n",
            "apps/base/web/repository.yaml": HELM_REPOSITORY,
            "apps/base/web/release.yaml": helm_release("web", "  values: {port: 81, labels: {app: web}}\n"),
            "apps/dev/kustomization.yaml": "resources: [../base/web]\npatches: [{path: web.yaml}]\n",
            "apps/dev/web.yaml": helm_release("web", "  values: {name: dev}\n", "1.1.0"),
            "apps/prod/kustomization.yaml": "resources: [../base/web]\n",
        },
        (
            Helm("web", "apps", "1.1.0", {"port": 81, "labels": {"app": "web"}, "name": "dev"}, "dev"),
            Helm("web", "apps", "1.0.0", {"port": 81, "labels": {"app": "web"}}, "prod"),
        ),
    ),
    "values from ConfigMaps, a path in one, and inline last": Shape(
        {
            "repository.yaml": HELM_REPOSITORY,
            "release.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web-values, namespace: apps}\n"
            "data:\n  values.yaml: |\n    port: 81\n    name: common\n  host: h.example.org\n---\n"
            + helm_release(
                "web",
                "  valuesFrom:\n  - {kind: ConfigMap, name: web-values}\n"
                "  - {kind: ConfigMap, name: web-values, valuesKey: host, targetPath: labels.host}\n"
                "  - {kind: Secret, name: web-secret}\n  values: {name: inline}\n",
            ),
        },
        (Helm("web", "apps", values={"port": 81, "labels": {"host": "h.example.org"}, "name": "inline"}),),
        left_out=1,
    ),
    "a release name, a target namespace, dependsOn": Shape(
        {
            "sources/shop.yaml": HELM_REPOSITORY,
            "infra/db.yaml": helm_release("db", "  targetNamespace: data\n"),
            "apps/web.yaml": helm_release(
                "web", "  releaseName: web-one\n  targetNamespace: front\n  dependsOn: [{name: db}]\n"
            ),
        },
        (Helm("data-db", "data"), Helm("web-one", "front")),
    ),
    "post-renderers, and one name in two namespaces": Shape(
        {
            "repository.yaml": HELM_REPOSITORY,
            "a.yaml": helm_release(
                "web",
                "  postRenderers:\n  - kustomize:\n      patches:\n"
                "      - target: {kind: ConfigMap}\n        patch: |\n"
                "          - {op: replace, path: /data/name, value: patched}\n",
            ),
            "b.yaml": helm_release("web", "  values: {port: 82}\n", namespace="other"),
        },
        (
            Helm("web", "apps", patched={"name": "patched"}),
            Helm("web", "other", values={"port": 82}),
        ),
    ),
}


def application(name: str, source: str) -> str:
    return (
        f"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}, namespace: argocd}}\n"
        f"spec:\n  project: default\n"
        f"  destination: {{server: 'https://kubernetes.default.svc', namespace: front}}\n{source}"
    )


FROM_SHOP = "chart: web, repoURL: 'URL', targetRevision: 1.0.0"
ARGO = {
    "values as text, with parameters over it": Shape(
        {
            "apps/web.yaml": application(
                "web",
                f"  source: {{{FROM_SHOP}, helm: {{releaseName: site, values: 'port: 81', parameters:"
                " [{name: name, value: given}, {name: labels.n, value: '1', forceString: true}]}}\n",
            )
        },
        (Helm("site", "front", values={"port": 81, "name": "given", "labels": {"n": "1"}}),),
    ),
    "several sources, values beside them": Shape(
        {
            "apps/web.yaml": application(
                "web",
                f"  sources:\n  - {{{FROM_SHOP}, helm: {{valueFiles: [$values/env/prod.yaml]}}}}\n"
                "  - {repoURL: 'https://git.example.org/o/r.git', targetRevision: main, ref: values}\n",
            ),
            "env/prod.yaml": "port: 8443\nname: prod\n",
        },
        (Helm("web", "front", values={"port": 8443, "name": "prod"}),),
    ),
    "app of apps with valuesObject": Shape(
        {
            "root.yaml": application("root", "  source: {repoURL: 'https://git.example.org/o/r.git', path: apps}\n"),
            "apps/one.yaml": application(
                "one", f"  source: {{{FROM_SHOP}, helm: {{valuesObject: {{hosts: [x, z]}}}}}}\n"
            ),
            "apps/two.yaml": application("two", f"  source: {{{FROM_SHOP.replace('1.0.0', '1.1.0')}}}\n"),
        },
        (Helm("one", "front", values={"hosts": ["x", "z"]}), Helm("two", "front", "1.1.0")),
        left_out=1,
    ),
    "Kustomize and an ApplicationSet beside a chart": Shape(
        {
            "web.yaml": application("web", f"  source: {{{FROM_SHOP}}}\n"),
            "kustomized.yaml": application(
                "site", "  source: {repoURL: 'https://g.example.org/o/r', path: k, kustomize: {}}\n"
            ),
            "set.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\n"
            "metadata: {name: many}\nspec: {generators: []}\n",
        },
        (Helm("web", "front"),),
        left_out=2,
    ),
}
SHAPES = {
    f"{tool}: {name}": shape
    for tool, of in (("helmfile", HELMFILES), ("flux", FLUX), ("argocd", ARGO))
    for name, shape in of.items()
}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("shop")
    publish(folder, {"1.0.0": CHART, "1.1.0": CHART})
    with served(folder) as where:
        yield where


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_what_is_imported_renders_as_the_tool_itself_does(
    shape: Shape, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = write(tmp_path / "theirs", {name: text.replace("'URL'", f"'{url}'") for name, text in shape.files.items()})
    monkeypatch.chdir(root)
    capsys.readouterr()
    assert run(["init", "--from", shape.start]) == 0
    assert capsys.readouterr().err.count("\n  try: ") == shape.left_out
    text = (root / "pipeline.yaml").read_text()
    (root / "pipeline.yaml").write_text(f"{text}helm: {{engine: embedded}}\n")
    verbs("vendor", "render")
    theirs = (by_helm(helm, tmp_path) for helm in shape.expected)
    assert sorted(rendered(root), key=as_json) == sorted(theirs, key=as_json)


def rendered(root: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for environment in (path for path in (root / "rendered").iterdir() if path.is_dir() and path.name[0] != "."):
        for file in environment.rglob("*.yaml"):
            yield from ((environment.name, document) for document in load_all(file.read_text()) if kind(document))


def as_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def kind(document: Any) -> bool:
    return isinstance(document, dict) and document.get("kind") == "ConfigMap"


def by_helm(helm: Helm, folder: Path) -> tuple[str, dict[str, Any]]:
    chart = write(
        folder / f"chart-{helm.version}", {name: text.replace("1.0.0", helm.version) for name, text in CHART.items()}
    )
    (folder / "values.json").write_text(json.dumps(helm.values))
    command = [
        tool("helm"),
        "template",
        helm.name,
        str(chart),
        "--namespace",
        helm.namespace,
        "--values",
        str(folder / "values.json"),
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    (document,) = load_all(done.stdout)
    return helm.environment, {**document, "data": {**document["data"], **helm.patched}}
