"""What Helm gets is what was packaged, byte for byte, whatever a folder would make of it."""

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.adapters.charts.load_chart import read_archive
from pipeline.adapters.charts.packing import pack
from pipeline.adapters.helm.engines import choose
from pipeline.cli import run
from pipeline.core.render.manifests import parse
from pipeline.core.render.order import RenderOrder
from pipeline.core.safe_path import collision, is_git
from tests.support.charts import pack as packed_by_tarfile
from tests.support.hostile_charts import CHART_YAML, repository
from tests.support.platforms import verbs
from tests.support.tools import tool

NAMES = st.text("abcé.-", min_size=1, max_size=80).filter(lambda name: name.strip(".") != "")
GLOB = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Chart.Name }}}\ndata:\n"
    '{{- range $name, $_ := .Files.Glob "**" }}\n'
    '  {{ $name | replace "/" "_" | quote }}: {{ $.Files.Get $name | b64enc }}\n'
    "{{- end }}\n"
)
PACKAGES: dict[str, dict[str, str | bytes]] = {
    "ignores its own files": {".helmignore": "*.txt\nconf\n", "a.txt": "1", "conf/b": "2"},
    "ignores a subchart's": {
        ".helmignore": "crd-src\n",
        "charts/sub-0.1.0.tgz": packed_by_tarfile(
            {
                "sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 0.1.0\n",
                "sub/crd-src/x": "3",
                "sub/templates/g.yaml": GLOB,
            }
        ),
    },
    "ignores all but one": {".helmignore": "!*.yaml\n", "a.txt": "1"},
    "has a hidden template": {"templates/.b.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: hidden}\n"},
    "has files that tools obey": {
        ".gitattributes": "* text eol=crlf\n",
        ".github/workflows/x.yaml": "on: push\n",
        ".gitlab-ci.yml": "x: 1\n",
        "%2Ehelmignore": "*\n",
        "%odd": "1",
    },
    "has a rule that Helm refuses in a folder": {".helmignore": "**\n", "a.txt": "1"},
}


@given(st.dictionaries(NAMES | st.tuples(NAMES, NAMES).map("/".join), st.binary(max_size=1100), max_size=4))
def test_what_is_packed_is_what_comes_out(files: dict[str, bytes]) -> None:
    files = {f"x/{name}": data for name, data in files.items()}
    assume(not collision(files) and not any(map(is_git, "/".join(files).split("/"))))
    assert read_archive(pack(files), "x") == files


@pytest.mark.parametrize("engine", ["embedded", "cli"])
@pytest.mark.parametrize("package", PACKAGES)
def test_a_vendored_chart_renders_as_its_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], engine: str, package: str
) -> None:
    if engine == "cli":
        monkeypatch.setenv("PATH", str(Path(tool("helm")).parent), prepend=":")
    files = {"Chart.yaml": CHART_YAML, "templates/a.yaml": GLOB} | PACKAGES[package]
    archive = packed_by_tarfile({f"web/{name}": data for name, data in files.items()})
    root = repository(tmp_path / "platform", archive)
    monkeypatch.chdir(root)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    config = (root / "pipeline.yaml").read_text().replace("embedded", engine)
    (root / "pipeline.yaml").write_text(config)
    verbs("vendor", "render", "vendor --locked", "render --check")
    rendered = choose(engine, "").render(RenderOrder("web", "shop", str(root / "web.tgz"))).text
    there = {resource.id: resource.body.get("data") for resource in parse(rendered, namespace="shop").resources}
    written = {
        resource.id: resource.body.get("data")
        for path in sorted((root / "rendered").rglob("*.yaml"))
        for resource in parse(path.read_text(), namespace="shop").resources
    }
    assert written == there
    assert len(there) >= 1
    capsys.readouterr()
    both = ["chart:web.tgz", "chart:vendor_charts/web/1.0.0"]
    for sides in (both, both[::-1]):
        assert run(["diff", *sides, "--engine", engine, "--detailed-exitcode"]) == 0, capsys.readouterr().out
    assert not [path for path in (root / "vendor_charts/web").rglob("*") if path.name.startswith(".")]
