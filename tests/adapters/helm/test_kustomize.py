"""An overlay reads nothing outside of itself, runs nothing, and opens no socket; what is inside is built as ever."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.adapters.helm.kustomize import KustomizeCli, find
from pipeline.core.budget import RenderLimits
from pipeline.core.errors import WorldError
from pipeline.core.render.overlay import Overlay
from tests.support.canary_server import CanaryServer
from tests.support.tools import tool

CHART = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {mode: plain}\n"
CANARY = "canary-7f3a"
PATCH = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {mode: patched}\n"


@pytest.fixture
def kustomize() -> KustomizeCli:
    tool("kubectl")
    return find()


@pytest.fixture
def server() -> Iterator[CanaryServer]:
    found = CanaryServer()
    yield found
    found.close()


def overlay(files: dict[str, str], folder: str = "overlays/web") -> Overlay:
    return Overlay("web", folder, {name: text.encode() for name, text in files.items()})


BASE = "resources: [chart.yaml]\n"
AWAY = "http://127.0.0.1:PORT/x"
OUT = {
    "a web resource": f"resources: [chart.yaml, '{AWAY}.yaml']\n",
    "a git resource": "resources: [chart.yaml, 'https://127.0.0.1:PORT/a/b.git//c?ref=v1']\n",
    "a git resource by ssh": "resources: [chart.yaml, 'git@127.0.0.1:a/b.git']\n",
    "a git resource in short": "resources: [chart.yaml, 'github.com/a/b//c?ref=v1']\n",
    "a git resource by file": "resources: [chart.yaml, 'file://FOLDER/b?ref=main']\n",
    "a base": f"bases: ['{AWAY}']\n{BASE}",
    "a component": f"components: ['{AWAY}']\n{BASE}",
    "a crd": f"crds: ['{AWAY}']\n{BASE}",
    "a configuration": f"configurations: ['{AWAY}']\n{BASE}",
    "openapi": f"openapi: {{path: '{AWAY}'}}\n{BASE}",
    "a patch": f"patches: [{{path: '{AWAY}', target: {{kind: ConfigMap}}}}]\n{BASE}",
    "an old patch": f"patchesStrategicMerge: ['{AWAY}']\n{BASE}",
    "a JSON patch": f"patchesJson6902: [{{path: '{AWAY}', target: {{version: v1, kind: ConfigMap, name: a}}}}]\n{BASE}",
    "a replacement": f"replacements: [{{path: '{AWAY}'}}]\n{BASE}",
    "a generated file": f"configMapGenerator: [{{name: b, files: ['k={AWAY}']}}]\n{BASE}",
    "a generated Secret": f"secretGenerator: [{{name: b, envs: ['{AWAY}']}}]\n{BASE}",
    "a generator": f"generators: ['{AWAY}']\n{BASE}",
    "a transformer": f"transformers: ['{AWAY}']\n{BASE}",
    "a validator": f"validators: ['{AWAY}']\n{BASE}",
    "an inline plugin": (
        "transformers:\n- |\n  apiVersion: builtin\n  kind: PatchTransformer\n  metadata: {name: p}\n"
        f"  path: {AWAY}\n{BASE}"
    ),
    "an inline generator": (
        "generators:\n- |\n  apiVersion: builtin\n  kind: ConfigMapGenerator\n  metadata: {name: p}\n"
        f"  files: ['k={AWAY}']\n{BASE}"
    ),
    "a function": (
        "transformers:\n- |\n  apiVersion: a/v1\n  kind: B\n  metadata:\n    name: p\n    annotations:\n"
        f"      config.kubernetes.io/function: 'exec: {{path: /bin/true}}'\n{BASE}"
    ),
    "a chart": f"helmCharts: [{{name: a, repo: '{AWAY}'}}]\n{BASE}",
    "a file above": f"configMapGenerator: [{{name: b, files: ['../../secret']}}]\n{BASE}",
    "an absolute file": f"configMapGenerator: [{{name: b, files: ['FOLDER/secret']}}]\n{BASE}",
    "a folder above": "resources: [chart.yaml, '../../../other']\n",
}


@pytest.mark.parametrize("text", OUT.values(), ids=OUT.keys())
@pytest.mark.parametrize("place", ["", "base/"])
def test_what_leads_out_is_refused_by_name(
    kustomize: KustomizeCli, server: CanaryServer, tmp_path: Path, text: str, place: str
) -> None:
    (tmp_path / "secret").write_text(CANARY)
    text = text.replace("PORT", str(server.port)).replace("FOLDER", str(tmp_path))
    files = {f"{place}kustomization.yaml": text}
    if place:
        files["kustomization.yaml"] = "resources: [base]\n"
    with pytest.raises(WorldError, match=rf"^overlays/web/{place}kustomization\.yaml: ") as caught:
        kustomize.build(overlay(files), CHART)
    assert CANARY not in str(caught.value)
    assert server.connections == 0


PLUGIN = "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: p}\npath: p.yaml\ntarget: {kind: ConfigMap}\n"
COMPONENT = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: [{path: p.yaml}]\n"
INLINE = "patchesStrategicMerge:\n- |\n  " + PATCH.replace("\n", "\n  ") + "\n"
MAPS = "configMapGenerator: [{name: b, files: [k=x.txt, x.txt], envs: [e]}]\n"
IN = {
    "a patch": ({"": f"patches: [{{path: p.yaml}}]\n{BASE}", "p.yaml": PATCH}, "patched"),
    "an inline patch": ({"": INLINE + BASE}, "patched"),
    "a base": ({"": "resources: [b]\n", "b/kustomization.yaml": BASE}, "plain"),
    "a component": (
        {"": f"components: [c/]\n{BASE}", "c/kustomization.yaml": COMPONENT, "c/p.yaml": PATCH},
        "patched",
    ),
    "a plugin": ({"": f"transformers: [t.yaml]\n{BASE}", "t.yaml": PLUGIN, "p.yaml": PATCH}, "patched"),
    "files": ({"": MAPS + BASE, "x.txt": "built", "e": "A=b"}, "built"),
}


@pytest.mark.parametrize(("files", "words"), IN.values(), ids=IN.keys())
def test_what_is_inside_is_built(kustomize: KustomizeCli, files: dict[str, str], words: str) -> None:
    files = {name or "kustomization.yaml": text for name, text in files.items()}
    assert words in kustomize.build(overlay(files), CHART)


ODD = {
    "no YAML": "a: [",
    "deep": "[" * 5000,
    "NUL": "resources: ['a\0b']",
    "an escaped NUL": 'resources: ["a\\0b"]',
    "a list": "[]",
    "text": "hello",
    "numbers": "resources: [1, null, {}]",
    "another shape": "resources: {a: b}\npatches: 5\nconfigMapGenerator: [5]\nopenapi: []",
    "an alias to itself": "&a [*a]",
    "a very long name": f"resources: [{'x' * 100_000}]",
    "empty": "",
    "control characters": "resources: ['\x1b[2J']",
    "unpaired surrogate": 'resources: ["\\ud800"]',
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_an_odd_kustomization_is_one_clear_error(kustomize: KustomizeCli, text: str) -> None:
    with pytest.raises(WorldError, match="overlay"):
        kustomize.build(overlay({"kustomization.yaml": text}), CHART)


def test_an_overlay_within_limits_only(kustomize: KustomizeCli) -> None:
    small = KustomizeCli(kustomize.argv, RenderLimits(60, 2048, 1))
    with pytest.raises(WorldError, match=r"overlay overlays/web: it renders to more than 1 MiB"):
        small.build(overlay({"kustomization.yaml": BASE}), CHART.replace("plain", "x" * 2_000_000))
