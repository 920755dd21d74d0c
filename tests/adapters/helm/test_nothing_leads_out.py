"""No chart makes Helm open a socket or read a file outside of the chart: with either engine, as a folder or packed."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.adapters.helm.cli import HelmCli
from pipeline.adapters.helm.engines import choose
from pipeline.core.charts.chart import ValuesLayer
from pipeline.core.errors import RenderError
from pipeline.core.render.order import Engine, RenderedChart, RenderOrder
from tests.support.canary_server import CanaryServer
from tests.support.charts import CHART_YAML, pack, write_chart
from tests.support.tools import tool

DRAFT = "http://json-schema.org/draft"
CANARY = "canary-7f3a"
TEMPLATE = "kind: A\nmetadata: {name: a}\n"


@pytest.fixture
def server() -> Iterator[CanaryServer]:
    found = CanaryServer()
    yield found
    found.close()


@pytest.fixture(params=["cli", "embedded"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Engine:
    monkeypatch.setenv("PATH", str(Path(tool("helm")).parent), prepend=":")
    for name in ("TOKEN", "HELM_DATA_HOME", "HELM_PLUGINS", "HELM_REGISTRY_CONFIG", "HELM_REPOSITORY_CONFIG"):
        monkeypatch.setenv(name, str(tmp_path / CANARY))
    return choose(request.param, "")


def answer(engine: Engine, tmp_path: Path, files: dict[str, str], *, packed: bool) -> RenderedChart | RenderError:
    files = {"Chart.yaml": CHART_YAML, "templates/a.yaml": TEMPLATE} | files
    path = tmp_path / "web.tgz"
    if packed:
        path.write_bytes(pack({f"web/{name}": text for name, text in files.items()}))
    else:
        path = write_chart(tmp_path / "web", files)
    layer = ValuesLayer("values.yaml", "a: 1\n", {"a": 1})
    return next(engine.render_all([RenderOrder("r", "ns", str(path), values=(layer,))]))


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "packed"])
@pytest.mark.parametrize("shape", ["http", "file", "relative", "schema", "subchart", "named", "old name", "inside"])
def test_a_schema_that_refers_elsewhere_is_refused_by_name(
    engine: Engine, server: CanaryServer, tmp_path: Path, shape: str, *, packed: bool
) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps({"type": CANARY}))
    web = f"http://127.0.0.1:{server.port}/x.json"
    schema, place = {
        "http": ({"properties": {"a": {"$ref": web}}}, ""),
        "file": ({"$ref": f"file://{secret}#/type"}, ""),
        "relative": ({"allOf": [{"$ref": str(secret).removeprefix("/")}]}, ""),
        "schema": ({"$schema": web}, ""),
        "named": ({"$id": "http://a.example/x.json", "$defs": {"b": {"$id": web, "allOf": [{"$ref": "x.json"}]}}}, ""),
        "old name": ({"$schema": f"{DRAFT}-04/schema#", "id": web, "allOf": [{"$ref": "values.schema.json"}]}, ""),
        "inside": ({"properties": {"a": {"$id": web, "allOf": [{"$ref": "values.schema.json"}]}}}, ""),
        "subchart": ({"$ref": web}, "charts/sub/"),
    }[shape]
    files = {f"{place}values.schema.json": json.dumps(schema)}
    if place:
        files |= {f"{place}Chart.yaml": CHART_YAML.replace("web", "sub")}
    found = answer(engine, tmp_path, files, packed=packed)
    assert isinstance(found, RenderError)
    assert f"{place}values.schema.json refers to '" in found.detail
    assert "outside of itself" in found.detail
    assert CANARY not in str(found)
    assert server.connections == 0


def test_a_schema_in_a_packed_subchart_is_seen(engine: Engine, server: CanaryServer, tmp_path: Path) -> None:
    schema = json.dumps({"$ref": f"http://127.0.0.1:{server.port}/"})
    inner = pack({"sub/Chart.yaml": CHART_YAML.replace("web", "sub"), "sub/values.schema.json": schema})
    (tmp_path / "web/charts").mkdir(parents=True)
    (tmp_path / "web/charts/sub-1.tgz").write_bytes(pack({"sub/charts/deep.tgz": inner, "sub/Chart.yaml": CHART_YAML}))
    found = answer(engine, tmp_path, {}, packed=False)
    assert isinstance(found, RenderError)
    assert "charts/sub-1.tgz/charts/deep.tgz/values.schema.json refers to" in found.detail
    assert server.connections == 0


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/definitions/a", "definitions": {"a": {"properties": {"a": {"type": "integer"}}}}},
        {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"},
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "http://127.0.0.1:1/x", "type": "object"},
        {"$id": "http://127.0.0.1:1/x.json", "allOf": [{"$ref": "x.json#/$defs/a"}], "$defs": {"a": {}}},
        {"allOf": [{"$ref": "http://127.0.0.1:1/x.json"}], "$defs": {"a": {"$id": "http://127.0.0.1:1/x.json"}}},
        {"allOf": [{"$ref": "http://127.0.0.1:1/x.json"}], "definitions": {"a": {"$id": "http://127.0.0.1:1/x.json"}}},
        {},
    ],
)
def test_a_schema_that_refers_to_itself_is_taken(engine: Engine, tmp_path: Path, schema: object) -> None:
    found = answer(engine, tmp_path, {"values.schema.json": json.dumps(schema)}, packed=True)
    assert isinstance(found, RenderedChart), found


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ("{{ lookup `v1` `Namespace` `` `` | len }}", "'0'"),
        ("{{ (lookup `v1` `Secret` `ns` `a`).data }}", "''"),
        ("{{ getHostByName `localhost` }}", "''"),
        ("{{ env `TOKEN` }}", 'function "env" not defined'),
        ("{{ expandenv `$TOKEN` }}", 'function "expandenv" not defined'),
        ("{{ .Files.Get `/etc/hostname` }}{{ .Files.Get `../secret.json` }}", "''"),
        ("{{ (.Files.Glob `/etc/*`) | len }}{{ (.Files.Glob `../*`) | len }}", "'00'"),
        ("{{ range $n, $_ := .Capabilities }}{{ end }}", "range can't iterate"),
    ],
)
def test_a_template_sees_nothing_outside(engine: Engine, tmp_path: Path, template: str, result: str) -> None:
    (tmp_path / "secret.json").write_text(CANARY)
    text = f"kind: A\nmetadata: {{name: a}}\nvalue: '{template}'\n"
    found = answer(engine, tmp_path, {"templates/a.yaml": text}, packed=False)
    said = found.text if isinstance(found, RenderedChart) else str(found)
    assert result in said
    assert CANARY not in said


@pytest.mark.parametrize("kind", ["file", "folder", "dangling", "fifo", "device"])
def test_a_link_out_of_the_chart_and_what_is_no_file_are_refused(engine: Engine, tmp_path: Path, kind: str) -> None:
    chart = write_chart(tmp_path / "web", {"templates/a.yaml": "a: '{{ .Files.Get `x` }}{{ .Files.Get `x/y` }}'"})
    (tmp_path / "out").mkdir()
    (tmp_path / "out/y").write_text(CANARY)
    if kind == "fifo":
        os.mkfifo(chart / "x")
    else:
        places = {"file": "out/y", "folder": "out", "dangling": "gone", "device": "/dev/zero"}
        (chart / "x").symlink_to(tmp_path / places[kind])
    found = next(engine.render_all([RenderOrder("r", "ns", str(chart))]))
    assert isinstance(found, RenderError)
    assert "x is " in found.detail
    assert CANARY not in str(found)


def test_helm_opens_no_socket_and_no_file_outside(tmp_path: Path) -> None:
    """Every system call of a real helm that opens something, while it renders a chart that tries to get out."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed: the calls of helm are not looked at")
    helm, log = tool("helm"), tmp_path / "calls"
    traced = tmp_path / "helm"
    traced.write_text(f'#!/bin/sh\nexec {strace} -f -qq -e trace=network,openat,open -o {log}.$$ {helm} "$@"\n')
    traced.chmod(0o755)
    text = "kind: A\nmetadata: {name: a}\nb: '{{ getHostByName `example.com` }}{{ lookup `v1` `Node` `` `` }}'\n"
    chart = write_chart(tmp_path / "web", {"templates/a.yaml": text, "values.schema.json": '{"type": "object"}'})
    layer = ValuesLayer("values.yaml", "a: 1\n", {"a": 1})
    found = next(HelmCli.at(str(traced)).render_all([RenderOrder("r", "ns", str(chart), values=(layer,))]))
    assert isinstance(found, RenderedChart), found
    logs = "".join(path.read_text() for path in tmp_path.glob("calls.*"))
    calls = [line for line in logs.splitlines() if "ENOENT" not in line]
    assert any(f'"{chart}/Chart.yaml"' in line for line in calls)
    assert not [line for line in calls if "socket(" in line or "connect(" in line]
    opened = {line.split('"')[1] for line in calls if "open" in line and '"' in line}
    fine = (str(chart), helm, "/proc/", "/sys/", "/dev/fd/", "/dev/null", "/etc/localtime", "/usr/share/zoneinfo")
    assert not {path for path in opened if not path.startswith(fine)}


RENDERING = """
import sys
from pipeline.adapters.helm.engines import choose
from pipeline.core.charts.chart import ValuesLayer
from pipeline.core.render.order import RenderOrder
layer = ValuesLayer("values.yaml", "a: 1\\n", {"a": 1})
print(next(choose("embedded", "").render_all([RenderOrder("r", "ns", sys.argv[1], values=(layer,))])))
"""


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "packed"])
def test_the_embedded_helm_opens_no_socket_and_no_file_outside(tmp_path: Path, *, packed: bool) -> None:
    """The same of the library, in its worker: every call of the whole process, Python's own included."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed: the calls of the library are not looked at")
    names = (
        "getHostByName `example.com`",
        "lookup `v1` `Node` `` ``",
        ".Files.Get `../secret`",
        ".Files.Glob `/etc/*`",
    )
    text = "kind: A\nmetadata: {name: a}\nb: '" + "".join(f"{{{{ {name} }}}}" for name in names) + "'\n"
    files = {"Chart.yaml": CHART_YAML, "templates/a.yaml": text, "values.schema.json": '{"type": "object"}'}
    chart, log, home = tmp_path / "web", tmp_path / "calls", tmp_path / "home"
    if packed:
        chart.with_suffix(".tgz").write_bytes(pack({f"web/{name}": data for name, data in files.items()}))
        chart = chart.with_suffix(".tgz")
    else:
        write_chart(chart, files)
    for name in ("secret", "home/.kube/config", "home/.config/helm/registry/config.json", "home/.docker/config.json"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CANARY)
    trace = [strace, "-f", "-qq", "-e", "trace=network,openat,open", "-o", str(log)]
    env = dict(os.environ) | {"HOME": str(home), "KUBECONFIG": str(tmp_path / "secret"), "TMPDIR": str(tmp_path / "t")}
    (tmp_path / "t").mkdir()
    command = [*trace, sys.executable, "-c", RENDERING, str(chart)]
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=120, check=True)
    assert "kind: A" in done.stdout, done.stdout
    assert CANARY not in done.stdout
    calls = [line for line in log.read_text().splitlines() if "ENOENT" not in line]
    assert any(f'"{chart}' in line for line in calls)
    assert not [line for line in calls if " socket(" in line or " connect(" in line or " sendto(AF" in line]
    opened = {line.split('"')[1] for line in calls if "open" in line and '"' in line}
    python = (sys.prefix, sys.base_prefix, os.path.realpath(sys.executable), str(Path(__file__).parents[3]))
    system = ("/proc/", "/sys/", "/dev/", "/lib", "/usr/lib", "/usr/local/lib", "/usr/share/zoneinfo", "/etc/ld.so")
    fine = (str(chart), str(tmp_path / "t"), *python, *system, "/etc/localtime", "/usr/share/locale")
    assert not {path for path in opened if path.startswith("/") and not path.startswith(fine)}
    assert not {path for path in opened if ".kube" in path or "secret" in Path(path).name or "helm/registry" in path}
