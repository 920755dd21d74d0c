"""What a release is rendered with is said, as a line for helm too; and which file sets each value."""

import json
import os
import shlex
import subprocess
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.core.render.manifests import parse
from tests.support.platforms import platform, verbs, write
from tests.support.tools import tool

VALUES = {
    "charts/web/values.yaml": "port: 80\nimage: {tag: '1', pull: Always}\npassword: ''\n",
    "values/web/common.yaml": "image:\n  tag: '2'\npassword: Sup3rS3cretWord\n",
    "values/web/default.yaml": "port: 81\n",
    "charts/web/templates/x.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"
        "data: {k: '{{ .Capabilities.KubeVersion }}', p: '{{ .Values.port }}', u: '{{ .Release.IsUpgrade }}',\n"
        "  a: '{{ .Capabilities.APIVersions.Has `policy/v1/PodDisruptionBudget` }}'}\n"
    ),
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = platform(tmp_path / "platform", VALUES)
    monkeypatch.chdir(root)
    verbs("vendor", "render")
    return root


def test_the_context_is_explained(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verbs("render --explain web")
    said = capsys.readouterr().out
    for words in (
        "default/web",
        "web 1.0.0 in vendor_charts/web/1.0.0",
        "values/web/common.yaml",
        "the default, none is",
    ):
        assert words in said
    assert said.index("values/web/common.yaml") < said.index("values/web/default.yaml")
    assert (here / "rendered").exists()


def test_the_line_for_helm_gives_the_same_documents(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    helm = tool("helm")
    capsys.readouterr()
    verbs("render --as-command web")
    line = shlex.split(capsys.readouterr().out)
    assert line[:2] == ["helm", "template"]
    done = subprocess.run([helm, *line[1:]], cwd=here, check=True, capture_output=True, text=True)
    printed = parse(done.stdout, namespace="shop").resources
    files = [path.read_text() for path in (here / "rendered").rglob("*.yaml")]
    written = [r for text in files for r in parse(text, namespace="shop").resources]
    assert sorted((str(r.id), str(r.body)) for r in printed) == sorted(
        (str(r.id), str(_by_key(r.body, printed))) for r in written
    )


def _by_key(body: object, printed: object) -> object:
    """The same map in the order of the printed one: order has no meaning."""
    for resource in printed:  # type: ignore[attr-defined]
        if resource.body == body:
            return resource.body
    return body


def test_each_value_has_its_file_line_and_layer(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (here / "values").is_dir()
    capsys.readouterr()
    verbs("values web")
    lines = capsys.readouterr().out.splitlines()
    assert 'image.pull = "Always"  vendor_charts/web/1.0.0/values.yaml:2 (chart)' in lines
    assert 'image.tag = "2"  values/web/common.yaml:2 (common)' in lines
    assert "port = 81  values/web/default.yaml:1 (default)" in lines
    assert "Sup3rS3cretWord" not in "".join(lines)
    assert any(line.startswith("password = ") and line.endswith("values/web/common.yaml:3 (common)") for line in lines)


TAKEN = {
    "as it is": ("one: kX9-quartz-71\n", "{{ .Values.one | quote }}"),
    "in base64": ("one: kX9-quartz-71\n", "{{ .Values.one | b64enc | quote }}"),
    "in a text": ("one: kX9-quartz-71\n", '"postgres://u:{{ .Values.one }}@db/x"'),
    "of a list": ("one: [a, kX9-quartz-71]\n", "{{ index .Values.one 1 | quote }}"),
    "of a map": ("one: {two: {three: kX9-quartz-71}}\n", "{{ .Values.one.two.three | quote }}"),
    "a number": ("one: 7171717\n", "{{ .Values.one | quote }}"),
}


@pytest.mark.parametrize("setting", ["allow", "omit"])
@pytest.mark.parametrize("how", TAKEN)
def test_a_value_that_a_secret_takes_is_masked_whatever_its_key_is(
    here: Path, capsys: pytest.CaptureFixture[str], how: str, setting: str
) -> None:
    values, expression = TAKEN[how]
    secret = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData: {{a: {expression}}}\n"
    config = (here / "pipeline.yaml").read_text() + f"secrets: {{rendered: {setting}}}\n"
    write(here, {"charts/web/templates/s.yaml": secret, "values/web/common.yaml": values, "pipeline.yaml": config})
    verbs("vendor")
    capsys.readouterr()
    verbs("values web one")
    said = capsys.readouterr().out
    assert "kX9" not in said
    assert "7171" not in said
    assert "<secret #1>  values/web/common.yaml:1 (common)" in said
    verbs("values web port")  # of which no Secret takes anything
    assert "port = 81" in capsys.readouterr().out


def test_values_at_a_path(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (here / "values").is_dir()
    capsys.readouterr()
    verbs("values web image")
    assert [line.partition(" ")[0] for line in capsys.readouterr().out.splitlines()] == ["image.pull", "image.tag"]
    assert run(["values", "web", "nope"]) == 1
    assert "no value is set at nope" in capsys.readouterr().err


def test_the_line_for_helm_says_what_it_leaves_out(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kustomization = "resources: [chart.yaml]\nconfigMapGenerator: [{name: more, literals: [a=b]}]\n"
    files = {"overlays/web/kustomization.yaml": kustomization, "charts/web/.dotted": "x"}
    write(here, files)
    verbs("vendor --update", "render")
    capsys.readouterr()
    verbs("render --as-command web")
    told = capsys.readouterr()
    overlay, stored = (line.removeprefix("# default/web: ") for line in told.err.splitlines())
    assert (
        stored == "the chart in vendor_charts/web/1.0.0 stores .dotted with %2E for the dot: .Files does not find them"
    )
    build = overlay.removeprefix("its overlay is not in that line; with it: ")
    assert build.startswith(told.out.strip())
    tool("kubectl")
    path = f"{Path(tool('helm')).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", build], cwd=here, check=True, capture_output=True, text=True, env={**os.environ, "PATH": path}
    )
    built = {r.id.name for r in parse(done.stdout, namespace="shop").resources}
    rendered = [path.read_text() for path in (here / "rendered").rglob("*.yaml")]
    assert built == {r.id.name for text in rendered for r in parse(text, namespace="shop").resources}


def test_defaults_of_dependencies_that_are_on_have_their_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"- {{name: {name}, version: 1.0.0, condition: {name}.enabled}}\n" for name in ("live", "idle"))
    files = {"charts/web/Chart.yaml": f"apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n{rows}"}
    for name in ("live", "idle"):
        files[f"charts/web/charts/{name}/Chart.yaml"] = f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n"
        files[f"charts/web/charts/{name}/values.yaml"] = "# of its own\nport: 1\nsize: 2\nother: 3\n"
    files |= {"charts/web/values.yaml": "port: 80\nlive: {size: 4}\nidle: {enabled: false}\n"}
    files |= {"values/web/common.yaml": "live:\n  other: 5\n"}
    monkeypatch.chdir(platform(tmp_path / "other", files))
    verbs("vendor", "values web")
    lines = capsys.readouterr().out.splitlines()
    chart = "vendor_charts/web/1.0.0"
    assert [line for line in lines if line.startswith("live.")] == [
        "live.other = 5  values/web/common.yaml:2 (common)",
        f"live.port = 1  {chart}/charts/live/values.yaml:2 (chart)",
        f"live.size = 4  {chart}/values.yaml:2 (chart)",
    ]
    assert [line.partition(" ")[0] for line in lines if line.startswith("idle.")] == ["idle.enabled"]


def test_a_diff_says_what_is_ours(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tool("kubectl")
    verbs("commit")
    overlay = (
        "resources: [chart.yaml]\npatches:\n- target: {kind: ConfigMap, name: x}\n"
        "  patch: |\n    - {op: add, path: /data/ours, value: this}\n"
    )
    write(here, {"overlays/web/kustomization.yaml": overlay, "values/web/default.yaml": "port: 82\n"})
    verbs("render")
    capsys.readouterr()
    verbs("diff")
    said = capsys.readouterr().out
    assert "(our overlay)" in said
    assert "(our values)" in said
    verbs("diff -o json")
    (change,) = (one for one in json.loads(capsys.readouterr().out)["changes"] if one["resource"]["name"] == "x")
    found = {field["path"][-1]: field.get("origin") for field in change["fields"]}
    assert found == {"ours": "overlay", "p": "values", "u": None}  # by now it is rendered as an upgrade
