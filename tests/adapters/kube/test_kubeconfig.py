"""Credentials as a kubeconfig has them: plugins that fail, hang or lie, and keys that stay in no file."""

import base64
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.kube import kubeconfig
from pipeline.adapters.kube.api_server import KubeApi
from pipeline.core.cluster.api.request import Call
from pipeline.core.errors import UsageError, WorldError

API = "client.authentication.k8s.io/v1"


def write_kubeconfig(path: Path, user: dict[str, Any], server: str = "http://127.0.0.1:9", ca: str = "") -> None:
    cluster = {"server": server} | ({"certificate-authority-data": ca} if ca else {})
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}],
    }
    path.write_text(json.dumps(config))


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config"
    monkeypatch.setenv("KUBECONFIG", str(path))
    return path


def plugin(tmp_path: Path, script: str) -> dict[str, Any]:
    path = tmp_path / "plugin.sh"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return {"exec": {"command": str(path), "apiVersion": API, "interactiveMode": "Never"}}


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'your session has ended, log in' >&2; exit 3", "your session has ended, log in"),
        ("echo nonsense", "failed to decode"),
        (f"""echo '{{"apiVersion":"{API}","kind":"ExecCredential","status":{{}}}}'""", "missing token"),
    ],
    ids=["fails", "nonsense", "no token"],
)
def test_plugin_that_gives_nothing_is_one_clear_error(
    tmp_path: Path, config: Path, script: str, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    write_kubeconfig(config, plugin(tmp_path, script))
    with pytest.raises(WorldError, match=said):
        KubeApi("test")
    assert capfd.readouterr().err == ""


def test_plugin_that_hangs_is_not_waited_for_and_not_left_behind(
    tmp_path: Path, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubeconfig, "PLUGIN_SECONDS", 0.5)
    write_kubeconfig(config, plugin(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 60"))
    begin = time.monotonic()
    with pytest.raises(WorldError, match="no answer within"):
        KubeApi("test")
    assert time.monotonic() - begin < 20
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_keys_of_a_kubeconfig_are_in_no_file_once_they_are_read(
    tmp_path: Path, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what a process leaves that is killed: it had removed them already."""
    pem = tmp_path / "pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    made += ["-subj", "/CN=localhost", "-days", "1"]
    command = [*made, "-keyout", str(pem), "-out", str(tmp_path / "crt")]
    subprocess.run(command, check=True, capture_output=True)
    key, certificate = (base64.b64encode(path.read_bytes()).decode() for path in (pem, tmp_path / "crt"))
    write_kubeconfig(
        config,
        {"client-certificate-data": certificate, "client-key-data": key},
        "https://localhost:9",
        certificate,
    )
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    for _ in range(2):
        assert KubeApi("test").request(Call("GET", "/version")).status == 0
        assert list(folder.iterdir()) == []
    script = (
        "import os; from pipeline.adapters.kube.api_server import KubeApi; KubeApi('test'); os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", script], env=os.environ | {"TMPDIR": str(folder)}, check=False)
    assert killed.returncode == -9
    assert list(folder.iterdir()) == []


class _Drip(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        try:
            for _ in range(1200):
                self.wfile.write(b" " * 10)
                time.sleep(0.05)
        except OSError:
            pass

    def log_message(self, *_: object) -> None:
        """Nothing to say."""


@pytest.fixture
def dripping() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Drip)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_answer_that_drips_in_is_given_up_in_time(config: Path, dripping: str) -> None:
    write_kubeconfig(config, {"token": "t"}, dripping)
    api = KubeApi("test")
    begin = time.monotonic()
    answer = api.request(Call("GET", "/version", timeout_seconds=0.6))
    assert (answer.status, answer.sent) == (0, True)
    assert time.monotonic() - begin < 20


def test_a_token_and_its_host_are_those_of_the_context(config: Path) -> None:
    write_kubeconfig(config, {"token": "t"}, "https://127.0.0.1:9/below/")
    found = kubeconfig.Access("test")
    assert (found.host, found.bearer()) == ("https://127.0.0.1:9/below", "Bearer t")


def test_a_verb_that_asks_no_cluster_does_not_load_the_client() -> None:
    modules = "pipeline.cli.plan, pipeline.cli.support.cluster_environment"
    script = f"import sys; import {modules}; print('kubernetes' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


NOT_ONE = {
    "nothing": b"",
    "a list": b"[]\n",
    "not UTF-8": b"\xff\xfe\x00",
    "NUL": b"a: \x00\n",
    "not YAML": b"{a: [",
    "deep": b"[" * 3000,
    "cyclic": b"contexts: &a [*a]\nclusters: *a\n",
    "a huge number": b"9" * 5000,
    "text for contexts": b"contexts: x\n",
    "several documents": b"a: 1\n---\nb: 2\n",
    "no server": b"contexts: [{name: test, context: {cluster: c, user: u}}]\n"
    b"clusters: [{name: c, cluster: {}}]\nusers: []",
    "a host that is none": b"contexts: [{name: test, context: {cluster: c, user: u}}]\n"
    b"clusters: [{name: c, cluster: {server: 'https://1:a:b'}}]\nusers: []",
    "a number for a server": b"contexts: [{name: test, context: {cluster: c, user: u}}]\n"
    b"clusters: [{name: c, cluster: {server: 1}}]\nusers: [{name: u, user: {token: t}}]",
}


@pytest.mark.parametrize("name", NOT_ONE)
def test_a_file_that_is_not_a_kubeconfig_is_named_with_the_reason(config: Path, name: str) -> None:
    config.write_bytes(NOT_ONE[name])
    with pytest.raises(UsageError, match=str(config)) as caught:
        KubeApi("test")
    assert "test" in str(caught.value)


@pytest.mark.parametrize("host", [f"a{'9' * 80}.example", f"127.0{'9' * 80}.1", "a..b", "ftp://a", "https://"])
def test_a_server_that_nobody_can_look_up_is_no_address(config: Path, host: str) -> None:
    write_kubeconfig(config, {"token": "t"}, host if "://" in host else f"https://{host}:1")
    with pytest.raises(UsageError, match="is not an address"):
        KubeApi("test")


@pytest.mark.parametrize("value", [-1, True, ["a"], {"a": 1}, 1.5])
@pytest.mark.parametrize("key", ["proxy-url", "tls-server-name"])
def test_what_should_be_text_of_a_cluster_and_is_not_is_named(config: Path, key: str, value: object) -> None:
    write_kubeconfig(config, {"token": "t"}, "https://127.0.0.1:9")
    body = json.loads(config.read_text())
    body["clusters"][0]["cluster"][key] = value
    config.write_text(json.dumps(body))
    with pytest.raises(UsageError, match=f"context 'test': its cluster's {key} is not text"):
        KubeApi("test")


@pytest.mark.parametrize("data", ["bm9uc2Vuc2U=", "%%%", "a"], ids=["nonsense", "not base64", "short"])
@pytest.mark.parametrize("part", ["client-certificate-data", "certificate-authority-data"])
def test_a_certificate_that_is_none_is_named_with_its_context(config: Path, data: str, part: str) -> None:
    user = {"client-certificate-data": data, "client-key-data": data} if part.startswith("client") else {"token": "t"}
    write_kubeconfig(config, user, "https://127.0.0.1:9", data if part.startswith("certificate") else "")
    with pytest.raises(UsageError, match="context 'test'"):
        KubeApi("test")
