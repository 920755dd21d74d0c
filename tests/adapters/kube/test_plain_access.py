"""What is read without the Kubernetes client is what the client reads; all else is left to it."""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.kube.api_server import KubeApi
from pipeline.adapters.kube.kubeconfig import Access
from pipeline.adapters.kube.plain_access import plain_access
from pipeline.core.errors import UsageError

SERVER = "https://127.0.0.1:6443"
CLUSTER = {"server": SERVER}
TOKEN = {"token": "abc"}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    return tmp_path


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("ca")
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    made += ["-subj", "/CN=localhost", "-days", "1", "-keyout", str(folder / "key"), "-out", str(folder / "crt")]
    subprocess.run(made, check=True, capture_output=True)
    return (folder / "crt").read_bytes()


def write(folder: Path, cluster: Any, user: Any, **more: Any) -> None:
    config = {
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}],
    }
    (folder / "config").write_text(json.dumps(config | more))


@pytest.mark.parametrize(
    ("cluster", "user"),
    [
        (CLUSTER, TOKEN),
        ({"server": f"{SERVER}/clusters/a/"}, TOKEN),
        ({"server": "http://localhost:8001"}, TOKEN),
        (CLUSTER | {"tls-server-name": "kubernetes"}, TOKEN),
        (CLUSTER | {"certificate-authority": "ca.crt"}, TOKEN),
        (CLUSTER | {"certificate-authority-data": "CA"}, TOKEN),
        (CLUSTER, {"tokenFile": "token"}),
        (CLUSTER | {"extensions": [{"name": "x"}]}, TOKEN),
    ],
)
def test_a_plain_kubeconfig_is_read_as_the_client_reads_it(
    here: Path, authority: bytes, cluster: dict[str, Any], user: dict[str, Any]
) -> None:
    (here / "ca.crt").write_bytes(authority)
    (here / "token").write_text("from a file")
    if "certificate-authority-data" in cluster:
        cluster = cluster | {"certificate-authority-data": base64.b64encode(authority).decode()}
    write(here, cluster, user)
    plain, known = plain_access("test"), Access("test")
    assert plain is not None
    own, theirs = plain.address(), known.address()
    assert theirs is not None
    assert (own.host, own.server_name, plain.bearer()) == (theirs.host, theirs.server_name, known.bearer())
    assert (own.context is None) == (theirs.context is None)
    if own.context is not None and theirs.context is not None:
        assert own.context.get_ca_certs() == theirs.context.get_ca_certs()
        assert (own.context.verify_mode, own.context.check_hostname) == (theirs.context.verify_mode, True)
        assert own.context.verify_flags == theirs.context.verify_flags
        assert own.context.minimum_version == theirs.context.minimum_version


@pytest.mark.parametrize(
    ("cluster", "user"),
    [
        (CLUSTER | {"insecure-skip-tls-verify": True}, TOKEN),
        (CLUSTER | {"proxy-url": "http://proxy:3128"}, TOKEN),
        (CLUSTER, TOKEN | {"tokenFile": "token"}),
        (CLUSTER, TOKEN | {"client-certificate": "crt"}),
        (CLUSTER, TOKEN | {"as": "somebody"}),
        (CLUSTER, {"exec": {"command": "aws"}}),
        (CLUSTER, {"username": "a", "password": "b"}),
        (CLUSTER, {"token": ""}),
        (CLUSTER, {"token": 5}),
        (CLUSTER, {"tokenFile": "nowhere"}),
        (CLUSTER, {}),
        (CLUSTER | {"certificate-authority": "nowhere"}, TOKEN),
        (CLUSTER | {"certificate-authority-data": "?"}, TOKEN),
        ({"server": "127.0.0.1:6443"}, TOKEN),
        ({"server": "https://127.0.0.1:none"}, TOKEN),
        ({"server": f"https://{'a' * 64}.example.org"}, TOKEN),
        ({"server": "https://a:b@localhost"}, TOKEN),
        ({}, TOKEN),
        ([], TOKEN),
    ],
)
def test_what_is_not_plain_is_left_to_the_client(here: Path, cluster: Any, user: Any) -> None:
    write(here, cluster, user)
    assert plain_access("test") is None


def test_so_is_what_is_there_twice_several_files_and_a_proxy_of_the_environment(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(here, CLUSTER, TOKEN)
    assert plain_access("other") is None
    assert plain_access("test") is not None
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    assert plain_access("test") is None
    monkeypatch.delenv("https_proxy")
    write(here, CLUSTER, TOKEN, users=[{"name": "u", "user": TOKEN}, {"name": "u", "user": TOKEN}])
    assert plain_access("test") is None
    monkeypatch.setenv("KUBECONFIG", f"{here}/config:{here}/config")
    assert plain_access("test") is None


def test_a_token_whose_file_is_gone_is_kept(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "token").write_text("one\n")
    write(here, CLUSTER, {"tokenFile": "token"})
    api = KubeApi("test")
    assert api._authorization(fresh=False) == {"Authorization": "Bearer one"}
    (here / "token").unlink()
    monkeypatch.setattr(api, "_asked", -1000.0)
    assert api._authorization(fresh=False) == {"Authorization": "Bearer one"}
    with pytest.raises(UsageError):
        KubeApi("test")


def test_a_plain_kubeconfig_imports_no_client(here: Path) -> None:
    write(here, CLUSTER, TOKEN)
    script = (
        "import sys\nfrom pipeline.adapters.kube.api_server import KubeApi\nKubeApi('test')\n"
        "print([name for name in ('kubernetes', 'urllib3', 'requests') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
