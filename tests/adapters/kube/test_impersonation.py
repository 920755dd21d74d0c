"""A kubeconfig's user that acts as another one: what is sent, and what cannot be."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.kube.api_server import KubeApi
from pipeline.core.cluster.api.request import Call
from pipeline.core.errors import UsageError
from tests.adapters.kube.test_kubeconfig import write_kubeconfig

ACTING = {
    "token": "t",
    "as": "deployer",
    "as-uid": "7",
    "as-groups": ["team-a", "team b"],
    "as-user-extra": {"example.org/reason": ["upgrade", "night"]},
}


@pytest.fixture
def asked() -> Iterator[tuple[str, list[Any]]]:
    seen: list[Any] = []

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append([(name, value) for name, value in self.headers.items() if name.startswith("Impersonate")])
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    return tmp_path / "config"


def test_whom_a_user_acts_as_is_in_each_request(config: Path, asked: tuple[str, list[Any]]) -> None:
    url, seen = asked
    write_kubeconfig(config, ACTING, url)
    assert KubeApi("test").request(Call("GET", "/version")).status == 200
    assert seen == [
        [
            ("Impersonate-User", "deployer"),
            ("Impersonate-Uid", "7"),
            ("Impersonate-Group", "team-a"),
            ("Impersonate-Group", "team b"),
            ("Impersonate-Extra-example.org%2Freason", "upgrade"),
            ("Impersonate-Extra-example.org%2Freason", "night"),
        ]
    ]


def test_it_is_sent_by_a_proxy_too(config: Path, asked: tuple[str, list[Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", asked[0])
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    write_kubeconfig(config, {"as": "deployer", "as-groups": ["team-a"]}, "http://cluster.example.org")
    assert KubeApi("test").request(Call("GET", "/version")).status == 200
    assert asked[1] == [[("Impersonate-User", "deployer"), ("Impersonate-Group", "team-a")]]


def test_a_user_that_acts_as_itself_says_nothing(config: Path, asked: tuple[str, list[Any]]) -> None:
    write_kubeconfig(config, {"token": "t"}, asked[0])
    assert KubeApi("test").request(Call("GET", "/version")).status == 200
    assert asked[1] == [[]]


@pytest.mark.parametrize(
    ("user", "said"),
    [
        ({"as-groups": ["a"]}, "users.*.user has as-groups without as"),
        ({"as-uid": "7"}, "users.*.user has as-uid without as"),
        ({"as": "a\r\nX: y"}, "which no header can hold"),
        ({"as": "a", "as-groups": ["é"]}, "which no header can hold"),
    ],
)
def test_what_cannot_be_sent_is_refused(config: Path, user: dict[str, Any], said: str) -> None:
    write_kubeconfig(config, {"token": "t"} | user)
    with pytest.raises(UsageError) as error:
        KubeApi("test")
    assert said in str(error.value)
