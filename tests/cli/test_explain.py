"""What a release is rendered with is said, as a line for helm too; and which file sets each value."""

import shlex
import subprocess
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.core.render.manifests import parse
from tests.support.platforms import platform, verbs
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


def test_values_at_a_path(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (here / "values").is_dir()
    capsys.readouterr()
    verbs("values web image")
    assert [line.partition(" ")[0] for line in capsys.readouterr().out.splitlines()] == ["image.pull", "image.tag"]
    assert run(["values", "web", "nope"]) == 1
    assert "no value is set at nope" in capsys.readouterr().err
