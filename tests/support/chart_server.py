"""An HTTP server on loopback that answers as a test says, with TLS or without, and remembers who asked."""

import http.server
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.tools import tool


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    """The connection ends after half of the body."""


class ChartServer:
    """``answer`` makes a reply of each request; ``asked`` are all so far."""

    def __init__(self, answer: Callable[[Asked], Reply]) -> None:
        self.answer = answer
        self.asked: list[Asked] = []
        self.url = ""

    def paths(self) -> list[str]:
        return [one.path for one in self.asked]

    def headers(self, name: str) -> list[str]:
        return [one.headers.get(name, "") for one in self.asked]


class _Handler(http.server.BaseHTTPRequestHandler):
    server: "_Server"

    def log_message(self, *_arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        size = int(self.headers.get("content-length") or 0)
        headers = {name.lower(): text for name, text in self.headers.items()}
        asked = Asked(self.command, self.path, headers, self.rfile.read(size))
        self.server.mine.asked.append(asked)
        reply = self.server.mine.answer(asked)
        self.send_response(reply.status)
        for name, text in reply.headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body[: len(reply.body) // 2] if reply.cut else reply.body)

    def do_POST(self) -> None:
        self.do_GET()


class _Server(http.server.ThreadingHTTPServer):
    mine: ChartServer

    def handle_error(self, *_arguments: object) -> None:
        """A client that hangs up, or whose certificate is not taken, is no news."""


@contextmanager
def serving(answer: Callable[[Asked], Reply], context: ssl.SSLContext | None = None) -> Iterator[ChartServer]:
    mine = ChartServer(answer)
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.mine = mine
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        mine.url = f"{'http' if context is None else 'https'}://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield mine
        server.shutdown()


def files(contents: Mapping[str, bytes]) -> Callable[[Asked], Reply]:
    """Serves each path, whatever its query."""
    return lambda asked: (
        Reply(200, contents[path]) if (path := asked.path.partition("?")[0]) in contents else Reply(404)
    )


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A new certificate for 127.0.0.1, which is its own authority, and its key."""
    folder.mkdir(parents=True, exist_ok=True)
    pem, key = folder / f"{name}.pem", folder / f"{name}.key"
    made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    names = ["-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    subprocess.run([tool("openssl"), *made, *names, "-out", pem, "-keyout", key], check=True, capture_output=True)
    return pem, key


def tls(pem: Path, key: Path, clients: Path | None = None) -> ssl.SSLContext:
    """A server's TLS; with ``clients``, it asks for a certificate of theirs."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients)
    return context
