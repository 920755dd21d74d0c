"""The adapter to a cluster: which kubeconfig it reads, and what it says where nobody answers."""

import json
from pathlib import Path

import pytest

from pipeline.adapters.kube.api_server import KubeApi
from pipeline.core.cluster.api.request import Call
from pipeline.core.errors import UsageError


def kubeconfig(path: Path, server: str) -> str:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}],
    }
    path.write_text(json.dumps(config))
    return str(path)


def test_kubeconfig_is_the_one_of_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for server in ("http://127.0.0.1:9", "http://localhost:9"):
        monkeypatch.setenv("KUBECONFIG", kubeconfig(tmp_path / "config", server))
        assert KubeApi("test").host == server


def test_kubeconfig_may_be_several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = kubeconfig(tmp_path / "config", "http://127.0.0.1:9")
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path / 'absent'}:{found}")
    assert KubeApi("test").host == "http://127.0.0.1:9"


def test_unknown_context_is_a_usage_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", kubeconfig(tmp_path / "config", "http://127.0.0.1:9"))
    with pytest.raises(UsageError, match="other"):
        KubeApi("other")


def test_nobody_there_is_an_answer_and_surely_was_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", kubeconfig(tmp_path / "config", "http://127.0.0.1:9"))
    answer = KubeApi("test").request(Call("GET", "/version"))
    assert (answer.status, answer.sent) == (0, False)
