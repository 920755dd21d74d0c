"""``pipeline mesh``: the routes of folders of manifests, of one state and of two."""

import json
from pathlib import Path

import pytest

from pipeline.cli import run

_SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {clusterIP: 10.0.0.1, selector: {app: web}, ports: [{name: http, port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}}
---
apiVersion: v1
kind: Secret
metadata: {name: token, namespace: shop}
stringData: {token: qX9vTz7LpR2mKw4s}
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: extra, namespace: shop}
spec: {}
"""
_ROUTE = """
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec:
  hosts: [web]
  http:
  - match: [{uri: {prefix: /api}, headers: {authorization: {exact: qX9vTz7LpR2mKw4s}}}]
    timeout: 3s
    route: [{destination: {host: web}}]
  - route: [{destination: {host: web}}]
"""
Output = pytest.CaptureFixture[str]


@pytest.fixture
def sides(tmp_path: Path) -> tuple[str, str]:
    for name, text in (("old", _SERVICE), ("new", _SERVICE + _ROUTE)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "all.yaml").write_text(text)
    return f"dir:{tmp_path / 'old'}", f"dir:{tmp_path / 'new'}"


def test_two_states_are_compared(sides: tuple[str, str], capsys: Output) -> None:
    assert run(["mesh", *sides]) == 0
    shown = capsys.readouterr().out
    assert "sidecar shop\n" in shown
    assert "+ /api* with authorization=" in shown
    assert "on web.shop:80: web.shop:80, timeout 3s" in shown
    assert "EnvoyFilter.networking.istio.io shop/extra" in shown
    assert "qX9vTz7LpR2mKw4s" not in shown


def test_one_state_is_printed_as_json(sides: tuple[str, str], capsys: Output) -> None:
    assert run(["mesh", sides[1], "-o", "json"]) == 0
    shown = capsys.readouterr().out
    assert "qX9vTz7LpR2mKw4s" not in shown
    found = json.loads(shown)
    assert list(found) == ["sidecar shop"]
    assert list(found["sidecar shop"]) == ["clusters", "listeners", "routes"]


def test_changes_as_json_name_the_proxy(sides: tuple[str, str], capsys: Output) -> None:
    assert run(["mesh", *sides, "-o", "json", "--proxy", "Deployment/web"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "pipeline.mesh-changes/v1"
    assert [change["kind"] for change in found["proxies"]["sidecar Deployment/web"]] == ["route"]


def test_a_request_is_followed(sides: tuple[str, str], capsys: Output) -> None:
    assert run(["mesh", *sides, "--at", "web/other"]) == 0
    assert "sidecar shop: /* on web.shop:80: web.shop:80 (unchanged)" in capsys.readouterr().out


def test_a_host_is_looked_up(sides: tuple[str, str], capsys: Output) -> None:
    assert run(["mesh", sides[1], "--host", "web.shop", "-o", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["routes"]) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--proxy", "gateway/none"], "there is no proxy 'gateway/none'"),
        (["--at", "web", "--host", "web"], "exclude each other"),
        (["--header", "a=b"], "--header is for --at"),
        (["--at", "/path"], "names no request"),
        (["-o", "yaml"], "unknown output format"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    sides: tuple[str, str], capsys: Output, arguments: list[str], said: str
) -> None:
    assert run(["mesh", sides[0], *arguments]) == 64
    assert said in capsys.readouterr().err


def test_charts_are_no_mesh(capsys: Output) -> None:
    assert run(["mesh", "chart:x.tgz"]) == 64
    assert "the mesh is more than one chart" in capsys.readouterr().err
