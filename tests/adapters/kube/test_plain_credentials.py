"""What of a kubeconfig is read without the Kubernetes client, and what is left to it; both say the same."""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.kube.credentials import ByClient
from pipeline.adapters.kube.plain_credentials import Plain, access_to, plain

HOST = "https://127.0.0.1:9"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    path = tmp_path / "config"
    monkeypatch.setenv("KUBECONFIG", str(path))
    return path


def written(path: Path, user: dict[str, Any], cluster: dict[str, Any] | None = None) -> None:
    body = {
        "clusters": [{"name": "c", "cluster": {"server": HOST} | (cluster or {})}],
        "users": [{"name": "u", "user": user}, {"name": "u", "user": {"token": "of the second"}}],
        "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u", "namespace": "n"}}],
    }
    path.write_text(json.dumps(body))


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate and its key."""
    certificate, key = tmp_path / "own.crt", tmp_path / "own.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-subj", "/CN=localhost", "-days", "1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


def test_token_is_read_as_the_client_reads_it(config: Path) -> None:
    written(config, {"token": "t"})
    found = access_to("test")
    client = ByClient("test")
    assert isinstance(found, Plain)
    assert (found.host, found.bearer()) == (client.host, client.bearer()) == (HOST, "Bearer t")
    assert "'t'" not in repr(found)


@pytest.mark.parametrize("inline", [True, False], ids=["in the configuration", "in files beside it"])
def test_certificates_are_read_from_either_place(config: Path, pair: tuple[Path, Path], *, inline: bool) -> None:
    names = ("client-certificate", "client-key")
    user = dict(zip(names, (path.name for path in pair), strict=True))
    if inline:
        texts = (base64.b64encode(path.read_bytes()).decode() for path in pair)
        user = dict(zip((f"{name}-data" for name in names), texts, strict=True))
    written(config, user, {"certificate-authority": pair[0].name})
    found = plain("test")
    assert found is not None
    assert (found.certificate, found.key) == (pair[0].read_bytes(), pair[1].read_bytes())
    assert found.authority == pair[0].read_text()
    assert found.bearer() == ""


@pytest.mark.parametrize(
    ("user", "cluster"),
    [
        ({"token": "t", "tokenFile": "/run/token"}, {}),
        ({"exec": {"command": "login"}}, {}),
        ({"token": "t", "as": "somebody"}, {}),
        ({"username": "u", "password": "p"}, {}),
        ({}, {}),
        ({"token": "t"}, {"proxy-url": "http://proxy.invalid"}),
        ({"token": "t"}, {"insecure-skip-tls-verify": True}),
        ({"token": "t"}, {"tls-server-name": "other"}),
        ({"token": "t"}, {"certificate-authority": "absent.crt"}),
        ({"token": "t"}, {"certificate-authority-data": "bm9uc2Vuc2U="}),
        ({"client-certificate": "absent.crt"}, {}),
        ({"token": "t"}, {"server": "127.0.0.1"}),
    ],
)
def test_whatever_is_not_plain_is_left_to_the_client(
    config: Path, user: dict[str, Any], cluster: dict[str, Any]
) -> None:
    written(config, user, cluster)
    assert plain("test") is None


def test_several_files_another_context_proxies_and_nonsense_are_left_to_the_client(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(config, {"token": "t"})
    assert plain("other") is None
    monkeypatch.setenv("https_proxy", "http://proxy.invalid")
    assert plain("test") is None
    monkeypatch.delenv("https_proxy")
    monkeypatch.setenv("KUBECONFIG", f"{config}:{config}.more")
    assert plain("test") is None
    monkeypatch.setenv("KUBECONFIG", str(config))
    for text in ("", "[", "- a", "clusters: 1"):
        config.write_text(text)
        assert plain("test") is None


def test_a_plain_context_does_not_load_the_client(config: Path) -> None:
    written(config, {"token": "t"})
    script = "import sys; from pipeline.adapters.kube.api_server import KubeApi; KubeApi('test')"
    script += "; print('kubernetes' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
