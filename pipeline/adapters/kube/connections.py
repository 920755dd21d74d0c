"""Connections to one API server, kept open: HTTP/1.1 with as little between the socket and the JSON as possible.

A run sends thousands of small requests from many threads. Of what a general client does for each, two fifths were its
own work: header objects, an e-mail parser for the answer's headers, layers of retries that we do not use.
"""

import select
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pipeline.adapters.kube.error_lines import first_line

_PIECE = 1 << 16
_LONGEST_HEAD = 1 << 16
_NO_BODY = frozenset({204, 304})
_FIRST_FINAL = 200
_PORTS = {"https": 443, "http": 80}
Headers = Mapping[str, str | Sequence[str]]
CONNECT_SECONDS = 5.0


class ConnectionLostError(Exception):
    """No answer. ``sent``: the request may have arrived."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """``headers`` by lower-case name; those that came several times have all values."""

    status: int
    headers: Mapping[str, list[str]]
    body: bytes

    def first(self, name: str) -> str:
        return self.headers.get(name, [""])[0]


Sender = Callable[[str, str, Headers, bytes | None, float], HttpAnswer]


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where a server is. ``context`` is None for plain HTTP; ``server_name`` is who its certificate must be for."""

    host: str
    context: ssl.SSLContext | None = field(default=None, hash=False)
    server_name: str = ""
    keep: int = 24


def header_pairs(headers: Headers) -> Iterator[tuple[str, str]]:
    """Each header with one value; one that has several comes several times."""
    for name, value in headers.items():
        yield from ((name, each) for each in ((value,) if isinstance(value, str) else value))


class Connections:
    """Thread-safe: each request has a connection of its own, and gives it back."""

    def __init__(self, address: ServerAddress) -> None:
        parts = urlsplit(address.host)
        self._address = address
        self._name = parts.hostname or ""
        self._port = parts.port or _PORTS[parts.scheme]
        self._head = f"Host: {parts.netloc.rpartition('@')[2]}\r\n"
        self._below = parts.path.rstrip("/")
        self._idle: list[_Connection] = []
        self._lock = threading.Lock()
        weakref.finalize(self, _close_all, self._idle)

    def request(self, method: str, path: str, headers: Headers, body: bytes | None, seconds: float) -> HttpAnswer:
        """``seconds`` are for the whole answer.

        Raises:
            ConnectionLostError: there is none.
        """
        lines = "".join(f"{name}: {_one_line(value)}\r\n" for name, value in header_pairs(headers))
        length = f"Content-Length: {len(body)}\r\n" if body is not None else ""
        head = f"{method} {self._below}{path} HTTP/1.1\r\n{self._head}{lines}{length}\r\n"
        connection = self._taken()
        try:
            answer = connection.exchange(head.encode("latin-1") + (body or b""), time.monotonic() + seconds)
        except (OSError, ValueError) as error:
            connection.close()
            raise ConnectionLostError(first_line(error), sent=True) from error
        except BaseException:
            connection.close()
            raise
        self._give_back(connection)
        return answer

    def _taken(self) -> "_Connection":
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                return self._opened()
            if not connection.is_dropped():
                return connection
            connection.close()

    def _opened(self) -> "_Connection":
        try:
            plain = socket.create_connection((self._name, self._port), CONNECT_SECONDS)
        except OSError as error:
            raise ConnectionLostError(first_line(error), sent=False) from error
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            context = self._address.context
            if context is None:
                return _Connection(plain)
            return _Connection(context.wrap_socket(plain, server_hostname=self._address.server_name or self._name))
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            plain.close()
            raise ConnectionLostError(first_line(error), sent=False) from error

    def _give_back(self, connection: "_Connection") -> None:
        with self._lock:
            if connection.reusable and len(self._idle) < self._address.keep:
                self._idle.append(connection)
                return
        connection.close()


class _Connection:
    """One socket. ``reusable``: the last answer was read to its end, and the server keeps it open."""

    def __init__(self, opened: socket.socket) -> None:
        self._socket = opened
        self._rest = b""
        self.reusable = False

    def is_dropped(self) -> bool:
        """Nobody asked anything, so whatever there is to read is the end of the connection."""
        asked = select.poll()
        asked.register(self._socket, select.POLLIN)
        return bool(asked.poll(0))

    def close(self) -> None:
        with suppress(OSError):
            self._socket.close()

    def exchange(self, request: bytes, end: float) -> HttpAnswer:
        """Raises OSError or ValueError where no whole answer comes before ``end``."""
        self.reusable = False
        self._socket.settimeout(_left(end))
        self._socket.sendall(request)
        status = 0
        while status < _FIRST_FINAL:  # 1xx only announce the answer
            first, headers = self._read_head(end)
            version, _, rest = first.partition(" ")
            status = int(rest[:3])
        keeps = version == "HTTP/1.1" and "close" not in headers.get("connection", [""])[0].lower()
        if status in _NO_BODY:
            body = b""
        elif "chunked" in headers.get("transfer-encoding", [""])[0].lower():
            body = self._chunks(end)
        elif "content-length" in headers:
            body = self._exactly(int(headers["content-length"][0]), end)
        else:
            body, keeps = self._to_the_end(end), False
        self.reusable = keeps and not self._rest
        return HttpAnswer(status, headers, body)

    def _read_head(self, end: float) -> tuple[str, dict[str, list[str]]]:
        while (size := self._rest.find(b"\r\n\r\n")) < 0:
            if len(self._rest) > _LONGEST_HEAD:
                raise ValueError("the headers of the answer are too long")
            self._rest += self._more(end)
        head, self._rest = self._rest[:size].decode("latin-1"), self._rest[size + 4 :]
        first, *lines = head.split("\r\n")
        if not first.startswith("HTTP/1."):
            raise ValueError(f"this is not an answer in HTTP: {first[:60]!r}")
        headers: dict[str, list[str]] = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers.setdefault(name.lower(), []).append(value.strip())
        return first, headers

    def _exactly(self, size: int, end: float) -> bytes:
        pieces, have = [self._rest], len(self._rest)
        while have < size:
            piece = self._more(end)
            pieces.append(piece)
            have += len(piece)
        data = b"".join(pieces)
        self._rest = data[size:]
        return data[:size]

    def _line(self, end: float) -> bytes:
        while (size := self._rest.find(b"\r\n")) < 0:
            if len(self._rest) > _LONGEST_HEAD:
                raise ValueError("a chunk of the answer has no size")
            self._rest += self._more(end)
        line, self._rest = self._rest[:size], self._rest[size + 2 :]
        return line

    def _chunks(self, end: float) -> bytes:
        pieces = []
        while size := int(self._line(end).partition(b";")[0], 16):
            pieces.append(self._exactly(size, end))
            self._exactly(2, end)
        while self._line(end):
            pass
        return b"".join(pieces)

    def _to_the_end(self, end: float) -> bytes:
        pieces, self._rest = [self._rest], b""
        self._socket.settimeout(_left(end))
        while piece := self._socket.recv(_PIECE):
            pieces.append(piece)
            self._socket.settimeout(_left(end))
        return b"".join(pieces)

    def _more(self, end: float) -> bytes:
        self._socket.settimeout(_left(end))
        piece = self._socket.recv(_PIECE)
        if not piece:
            raise ConnectionResetError("the server closed the connection before its answer was whole")
        return piece


def _close_all(connections: "list[_Connection]") -> None:
    for connection in connections:
        connection.close()


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError("the answer took too long")
    return left


def _one_line(value: str) -> str:
    """A credential with a line break in it must not become a header of its own."""
    if "\r" in value or "\n" in value:
        raise ConnectionLostError("a header would have a line break in it", sent=False)
    return value
