"""A rule of an overlay that matches nothing is an error with file and line; one that matches is none."""

from pathlib import Path

import pytest

from pipeline.cli import run
from tests.support.platforms import platform, verbs, write
from tests.support.tools import tool

APP = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app, labels: {tier: front}, annotations: null}\nspec:\n"
    "  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n"
    "    spec: {containers: [{name: app, image: 'r.example.org/app:1', resources: null}]}\n"
)
ADD = '[{"op": "add", "path": "/metadata/labels", "value": {"x": "y"}}]'
SAME = ADD.replace("x", "tier").replace("y", "front")
KUSTOMIZATION = "overlays/web/kustomization.yaml"
IDLE = {
    "a name": (
        f"patches:\n- target: {{kind: Deployment, name: ap}}\n  patch: '{ADD}'\n",
        f"{KUSTOMIZATION}:3: this patch matches nothing: kind Deployment, name ap; did you mean app?",
    ),
    "a kind": (
        f"patches:\n- target: {{kind: Deploymint}}\n  patch: '{ADD}'\n",
        ":3: this patch matches nothing: kind Deploymint; did you mean Deployment?",
    ),
    "a label": (
        f"patches:\n- target: {{labelSelector: tier=back}}\n  patch: '{ADD}'\n",
        ":3: this patch matches nothing",
    ),
    "a namespace": (
        f"patches:\n- target: {{kind: Deployment, namespace: shop}}\n  patch: '{ADD}'\n",
        ":3: this patch matches nothing",
    ),
    "a name that is no longer there": (
        (
            "patches:\n- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: app}, $patch: delete}'\n"
            f"- target: {{kind: DaemonSet, name: app}}\n  patch: '{ADD}'\n"
        ),
        ":4: this patch matches nothing",
    ),
    "an image": (
        "images:\n- {name: r.example.org/app, newTag: '2'}\n- {name: example.org/app, newTag: '3'}\n",
        ":4: this image matches nothing: name example.org/app; did you mean r.example.org/app?",
    ),
    "an image that another entry renamed": (
        "images:\n- {name: r.example.org/app, newName: other}\n- {name: r.example.org/nope, newTag: '3'}\n",
        ":4: this image matches nothing",
    ),
    "a replacement's target": (
        (
            "replacements:\n- source: {kind: ConfigMap, name: settings, fieldPath: data.a}\n  targets:\n"
            "  - select: {kind: Deployment}\n    fieldPaths: [spec.minReadySeconds]\n    options: {create: true}\n"
            "  - select: {kind: StatefulSet}\n    fieldPaths: [spec.minReadySeconds]\n"
        ),
        ":8: this target of a replacement matches nothing: kind StatefulSet",
    ),
    "a target of a replacement in a file of its own": (
        "replacements: [{path: from.yaml}]\n",
        "overlays/web/from.yaml:4: this target of a replacement matches nothing: kind StatefulSet",
    ),
    "a target of the second of several replacements in a file": (
        "replacements: [{path: several.yaml}]\n",
        "overlays/web/several.yaml:8: this target of a replacement matches nothing: kind StatefulSet",
    ),
    "a field of a label": (
        "labels:\n- pairs: {team: blue}\n  fields:\n  - {path: spec/x/labels, kind: Deploymint, create: true}\n",
        ":5: this field of a label matches nothing: path spec/x/labels, kind Deploymint; did you mean Deployment?",
    ),
    "a field that is not there": (
        "labels:\n- pairs: {team: blue}\n  fields: [{path: spec/x/labels, kind: Deployment}]\n",
        ":4: this field of a label matches nothing: path spec/x/labels, kind Deployment",
    ),
}
_SOURCE = "source: {kind: ConfigMap, name: settings, fieldPath: data.a}\n"
_FILLED = "targets:\n- select: {kind: Deployment}\n  fieldPaths: [spec.minReadySeconds]\n  options: {create: true}\n"
_IDLE = "targets:\n# nothing\n- select: {kind: StatefulSet}\n  fieldPaths: [spec.minReadySeconds]\n"


def _entry(text: str) -> str:
    return "- " + text.replace("\n", "\n  ").rstrip() + "\n"


FILES = {
    "overlays/web/from.yaml": _SOURCE + _IDLE,
    "overlays/web/several.yaml": _entry(_SOURCE + _FILLED) + _entry(_SOURCE + _IDLE.replace("# nothing\n", "")),
}
FITTING = {
    "a patch that changes nothing": f"patches:\n- target: {{kind: Deployment}}\n  patch: '{SAME}'\n",
    "a patch of all": f"patches:\n- target: {{name: '.*'}}\n  patch: '{ADD}'\n",
    "a patch that deletes": "patches:\n- target: {kind: Deployment}\n  patch: |\n    $patch: delete\n    "
    "apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: x}\n",
    "a patch of what another deletes": f"patches:\n- target: {{kind: Deployment}}\n  patch: '{ADD}'\n"
    "- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: app}, $patch: delete}'\n",
    "an image that has its tag": "images: [{name: r.example.org/app, newTag: '1'}]\n",
    "an image by its digest": f"images: [{{name: r.example.org/app, digest: 'sha256:{'0' * 64}'}}]\n",
    "two entries of one image": "images: [{name: r.example.org/app, newName: b}, {name: b, newTag: '2'}]\n",
    "a patch after a prefix": f"namePrefix: x-\npatches:\n- target: {{name: app}}\n  patch: '{ADD}'\n",
    "nothing but a label": "labels: [{pairs: {team: blue}}]\n",
    "a label's field": "labels:\n- pairs: {team: blue}\n  fields: [{path: spec/template/metadata/labels, "
    "kind: Deployment}, {path: metadata/labels, create: true}]\n",
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tool("kubectl")
    root = platform(tmp_path / "platform", {"charts/web/templates/d.yaml": APP})
    monkeypatch.chdir(root)
    verbs("vendor")
    return root


@pytest.mark.parametrize(("overlay", "said"), IDLE.values(), ids=IDLE)
def test_a_rule_that_matches_nothing_is_an_error(
    here: Path, capsys: pytest.CaptureFixture[str], overlay: str, said: str
) -> None:
    write(here, {KUSTOMIZATION: f"resources: [chart.yaml]\n{overlay}", **FILES})
    assert run(["render"]) == 1
    assert said in capsys.readouterr().err
    assert not (here / "rendered").exists()


@pytest.mark.parametrize("overlay", FITTING.values(), ids=FITTING)
def test_a_rule_that_matches_is_none(here: Path, overlay: str) -> None:
    write(here, {KUSTOMIZATION: f"resources: [chart.yaml]\n{overlay}"})
    verbs("render", "render --check")


REFUSED = {
    "a strategic merge patch": (
        (
            "patches:\n- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: app}, spec: {replicas: 3}}'\n"
            "- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: ap}, spec: {replicas: 3}}'\n"
        ),
        f"{KUSTOMIZATION}:4: Kustomize refuses this patch: ",
    ),
    "a strategic merge patch of the old kind": (
        (
            "patchesStrategicMerge:\n"
            "- '{apiVersion: apps/v1, kind: Deployment, metadata: {name: ap}, spec: {replicas: 3}}'\n"
        ),
        f"{KUSTOMIZATION}:3: Kustomize refuses this patch: ",
    ),
    "a patch in a file": ("patches:\n- path: patch.yaml\n", f"{KUSTOMIZATION}:3: Kustomize refuses this patch: "),
    "a count of replicas": (
        "replicas:\n- {name: app, count: 2}\n- {name: ap, count: 3}\n",
        f"{KUSTOMIZATION}:4: Kustomize refuses these replicas: ",
    ),
    "a replacement's source": (
        (
            "replacements:\n- source: {kind: ConfigMap, name: nope, fieldPath: data.a}\n  targets:\n"
            "  - select: {kind: Deployment}\n    fieldPaths: [spec.minReadySeconds]\n"
        ),
        f"{KUSTOMIZATION}:3: Kustomize refuses this replacement: ",
    ),
    "a replacement's field": (
        (
            "replacements:\n- source: {kind: ConfigMap, name: settings, fieldPath: data.a}\n  targets:\n"
            "  - select: {kind: Deployment}\n    fieldPaths: ['spec.template.spec.containers.[name=x].image']\n"
        ),
        f"{KUSTOMIZATION}:3: Kustomize refuses this replacement: ",
    ),
    "a generator that merges into nothing": (
        "configMapGenerator: [{name: more, literals: [a=b]}, {name: nope, behavior: merge, literals: [a=b]}]\n",
        f"{KUSTOMIZATION}:2: Kustomize refuses this generator: ",
    ),
    "a path that is not there": (
        f"patches:\n- target: {{kind: Deployment}}\n  patch: '{ADD.replace('add', 'remove').replace('labels', 'x')}'\n",
        f"{KUSTOMIZATION}:3: Kustomize refuses this patch: ",
    ),
    "the first of two": (
        (
            "replicas: [{name: ap, count: 3}]\npatches:\n"
            "- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: ap}, spec: {replicas: 3}}'\n"
        ),
        f"{KUSTOMIZATION}:4: Kustomize refuses this patch: ",
    ),
}


@pytest.mark.parametrize(("overlay", "said"), REFUSED.values(), ids=REFUSED)
def test_a_rule_that_kustomize_refuses_has_its_file_and_line(
    here: Path, capsys: pytest.CaptureFixture[str], overlay: str, said: str
) -> None:
    patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ap}\nspec: {replicas: 3}\n"
    write(here, {KUSTOMIZATION: f"resources: [chart.yaml]\n{overlay}", "overlays/web/patch.yaml": patch})
    assert run(["render"]) == 1
    assert said in capsys.readouterr().err
    assert not (here / "rendered").exists()


def test_another_environments_overlay_and_a_shared_component_are_not_asked(here: Path) -> None:
    patch = f"patches:\n- target: {{kind: Nope}}\n  patch: '{ADD}'\n"
    component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
    write(
        here,
        {
            KUSTOMIZATION: "resources: [chart.yaml]\ncomponents: [../_shared]\n",
            "overlays/_shared/kustomization.yaml": component + patch,
            "overlays/web/other/kustomization.yaml": f"resources: [chart.yaml]\n{patch}",
        },
    )
    verbs("render")


def test_what_kustomize_drops_by_itself_is_no_effect_of_the_overlay(here: Path) -> None:
    write(here, {KUSTOMIZATION: "resources: [chart.yaml]\nlabels: [{pairs: {team: blue}}]\n"})
    verbs("render")
    index = (here / "rendered/.pipeline/default/web.json").read_text()
    assert '"removed"' not in index
    assert index.count('"op": "added"') == 3
