"""A proxy in front of the real API server that does what networks do: loses, delays, cuts, repeats, and says no.

    with FaultProxy(cluster.url, cluster.ca) as proxy:
        proxy.plan(lost_answer("PATCH", r"/configmaps/a"), throttled("PATCH", r"/deployments/", times=3))
        config = cluster.kubeconfig("applier", url=proxy.url)
        ...
        assert proxy.requests[0] == Request("GET", "/version", 200)   # 0: no answer was sent

Plain HTTP towards the client (the kubeconfig says so), TLS towards the server. Answers are streamed, so watches work;
connections are kept; each has a thread and a connection to the server of its own.
"""

import http.client
import socket
import ssl
import struct
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

from tests.cluster.faults import Fault, Kind

HOP = {"connection", "transfer-encoding", "keep-alive", "content-length", "date", "server"}
PIECE = 65536
Headers = list[tuple[str, str]]
Recorded = tuple[int, Headers, bytes]


@dataclass(frozen=True, slots=True)
class Request:
    """One request, in the order of their answers. ``status`` is what the client was told: 0 where nothing."""

    method: str
    path: str
    status: int


class FaultProxy:
    """Listens while the ``with`` block runs."""

    def __init__(self, url: str, ca: str) -> None:
        self._upstream = urlsplit(url)
        self._context = ssl.create_default_context(cafile=ca)
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._recorded: dict[int, Recorded] = {}
        self.requests: list[Request] = []
        self.over = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.end_connections()

    def plan(self, *faults: Fault) -> None:
        """More faults. Of those that match one request the first planned has it; the others count it too."""
        with self._lock:
            self._faults.extend(faults)

    def clear(self) -> None:
        """No more faults."""
        with self._lock:
            self._faults.clear()

    def writes(self) -> list[Request]:
        """Requests that were no reads and no dry runs."""
        return [r for r in self.requests if r.method not in ("GET", "HEAD") and "dryRun=" not in r.path]

    def fault_of(self, method: str, path: str) -> Fault | None:
        with self._lock:
            taken = [fault for fault in self._faults if fault.takes(method, path)]
        return taken[0] if taken else None

    def connect(self) -> http.client.HTTPSConnection:
        host, port = self._upstream.hostname, self._upstream.port
        assert host is not None
        return http.client.HTTPSConnection(host, port, timeout=120, context=self._context)

    def note(self, method: str, path: str, status: int) -> None:
        with self._lock:
            self.requests.append(Request(method, path, status))

    def recorded(self, fault: Fault) -> Recorded | None:
        return self._recorded.get(id(fault))

    def record(self, fault: Fault, status: int, headers: Headers, body: bytes) -> None:
        self._recorded[id(fault)] = (status, headers, body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    proxy: FaultProxy

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._open: set[socket.socket] = set()

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def end_connections(self) -> None:
        for connection in tuple(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no error; neither is an upstream that a test killed."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = PIECE
    server: _Server
    _upstream: http.client.HTTPSConnection | None = None
    _noted = False

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        proxy, self._noted = self.server.proxy, False
        body = self._request_body()
        fault = proxy.fault_of(self.command, self.path)
        try:
            self._answer(fault, body)
            self.wfile.flush()
        except (OSError, http.client.HTTPException):
            self._reset()
        finally:
            self._note(0)

    def finish(self) -> None:
        if self._upstream is not None:
            self._upstream.close()
        try:
            super().finish()
        except OSError:
            return

    def log_message(self, *_: object) -> None:
        """Tests read ``requests`` instead."""

    def _answer(self, fault: Fault | None, body: bytes) -> None:
        kind = None if fault is None else fault.kind
        if fault is None:
            self._stream(self._forward(body), 0.0)
        elif kind is Kind.LOST_REQUEST:
            self._reset()
        elif kind is Kind.ANSWER:
            self._send(fault.status, list(fault.headers.items()), fault.body)
        elif kind is Kind.ACT:
            fault.action()
            self._stream(self._forward(body), 0.0)
        elif kind is Kind.SLOW:
            self._stream(self._forward(body), fault.seconds)
        else:
            self._whole(fault, body)

    def _whole(self, fault: Fault, body: bytes) -> None:
        """Faults that need the server's whole answer."""
        proxy = self.server.proxy
        if fault.kind is Kind.STALE and (known := proxy.recorded(fault)):
            self._send(*known)
            return
        answer = self._forward(body)
        status, headers, data = answer.status, _kept(answer), answer.read()
        if fault.kind is Kind.LOST_ANSWER:
            self._reset()
            return
        if fault.kind is Kind.LATE:
            proxy.over.wait(fault.seconds)
        if fault.kind is Kind.STALE:
            proxy.record(fault, status, headers, data)
        if fault.kind is Kind.CUT:
            self._head(status, headers, len(data))
            self.wfile.write(data[: len(data) // 2])
            self.wfile.flush()
            self._reset()
            return
        self._send(status, headers, data)

    def _forward(self, body: bytes) -> http.client.HTTPResponse:
        """The server's answer, its body not read yet. A kept connection that the server closed is opened anew."""
        headers = {key: value for key, value in self.headers.items() if key.lower() not in HOP | {"host"}}
        fresh = self._upstream is None
        if self._upstream is None:
            self._upstream = self.server.proxy.connect()
        try:
            self._upstream.request(self.command, self.path, body or None, headers)
            return self._upstream.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self._upstream.close()
            self._upstream = None
            if fresh:
                raise
            return self._forward(body)

    def _stream(self, answer: http.client.HTTPResponse, pause: float) -> None:
        length = answer.getheader("Content-Length")
        self._head(answer.status, _kept(answer), None if length is None else int(length))
        over = self.server.proxy.over
        while not over.is_set() and (piece := answer.read1(PIECE)):
            if pause:
                over.wait(pause)
            self.wfile.write(piece if length is not None else b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()
        answer.close()  # or else the connection takes no further request
        if length is None:
            self.wfile.write(b"0\r\n\r\n")

    def _send(self, status: int, headers: Headers, body: bytes) -> None:
        self._head(status, headers, len(body))
        self.wfile.write(body)

    def _head(self, status: int, headers: Headers, length: int | None) -> None:
        self._note(status)  # before the client can know
        self.send_response(status)
        for key, value in headers:
            self.send_header(key, value)
        if length is None:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def _note(self, status: int) -> None:
        if not self._noted:
            self._noted = True
            self.server.proxy.note(self.command, self.path, status)

    def _request_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "") == "chunked":
            pieces = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(pieces)
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def _reset(self) -> None:
        """Ends the connection without a goodbye: the client sees a reset."""
        self.close_connection = True
        try:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        except OSError:
            return


def _kept(answer: http.client.HTTPResponse) -> Headers:
    """Headers for the client, in the server's order; warnings may come several times."""
    return [(key, value) for key, value in answer.getheaders() if key.lower() not in HOP]
