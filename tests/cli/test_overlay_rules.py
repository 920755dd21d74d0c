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
    write(here, {KUSTOMIZATION: f"resources: [chart.yaml]\n{overlay}"})
    assert run(["render"]) == 1
    assert said in capsys.readouterr().err
    assert not (here / "rendered").exists()


@pytest.mark.parametrize("overlay", FITTING.values(), ids=FITTING)
def test_a_rule_that_matches_is_none(here: Path, overlay: str) -> None:
    write(here, {KUSTOMIZATION: f"resources: [chart.yaml]\n{overlay}"})
    verbs("render", "render --check")


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
