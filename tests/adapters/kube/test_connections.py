"""The connections to an API server, against a socket that says exactly what a test lets it say."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pipeline.adapters.kube.connections import ConnectionLostError, Connections, HttpAnswer, ServerAddress

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Said:
    """What a server was sent, one entry a request; ``opened`` counts its connections."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.opened = 0


@contextmanager
def server(*answers: bytes, close_after: int = 0) -> Iterator[tuple[Connections, Said]]:
    """Answers request by request; it hangs up after every ``close_after`` of them (0: when it has no more to say)."""
    listening, said, left = socket.create_server(("127.0.0.1", 0)), Said(), list(answers)

    def serve() -> None:
        while left:
            try:
                opened, _ = listening.accept()
            except OSError:  # the test is over
                return
            said.opened += 1
            done = 0
            with opened:
                while left and not (close_after and done == close_after):
                    request = opened.recv(1 << 16)
                    if not request:
                        break
                    said.requests.append(request)
                    opened.sendall(left.pop(0))
                    done += 1

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with listening:
        yield Connections(ServerAddress(f"http://127.0.0.1:{listening.getsockname()[1]}/below")), said


def get(connections: Connections, seconds: float = 5) -> HttpAnswer:
    return connections.request("GET", "/api?a=b", {"Accept": "application/json"}, None, seconds)


def test_what_is_sent_is_one_request_with_all_that_was_asked_for() -> None:
    with server(OK) as (connections, said):
        answer = connections.request("PATCH", "/x", {"Content-Type": "text/plain"}, b"body", 5)
    host = said.requests[0].partition(b"Host: ")[2].partition(b"\r\n")[0]
    head = b"PATCH /below/x HTTP/1.1\r\nHost: " + host + b"\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\n"
    assert said.requests == [head + b"body"]
    assert (answer.status, answer.body) == (200, b"{}")


@pytest.mark.parametrize(
    ("raw", "body"),
    [
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: a\r\n\r\n",
            b"abcde",
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, b"{}"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", b""),
    ],
)
def test_every_way_to_frame_a_body_is_read_to_its_end(raw: bytes, body: bytes) -> None:
    with server(raw, OK) as (connections, said):
        assert get(connections).body == body
        assert get(connections).body == b"{}"
        assert said.opened == 1


def test_a_body_without_a_length_ends_with_the_connection() -> None:
    with server(b"HTTP/1.0 200 OK\r\n\r\nall of it", OK, close_after=1) as (connections, said):
        assert get(connections).body == b"all of it"
        assert get(connections).body == b"{}"
        assert said.opened == 2


def test_headers_that_come_twice_are_both_there() -> None:
    raw = b'HTTP/1.1 200 OK\r\nWarning: 299 - "a"\r\nwarning: 299 - "b"\r\nContent-Length: 0\r\n\r\n'
    with server(raw) as (connections, _):
        assert get(connections).headers["warning"] == ['299 - "a"', '299 - "b"']


def test_a_connection_that_the_server_closed_meanwhile_is_not_used_again() -> None:
    with server(OK, OK, close_after=1) as (connections, said):
        get(connections)
        threading.Event().wait(0.05)
        assert get(connections).body == b"{}"
        assert said.opened == 2


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000,
    ],
)
def test_half_an_answer_is_none_and_the_request_may_have_arrived(raw: bytes) -> None:
    with server(raw) as (connections, _), pytest.raises(ConnectionLostError) as error:
        get(connections)
    assert error.value.sent


def test_an_answer_that_does_not_come_in_time_is_given_up() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(ConnectionLostError) as error,
    ):
        get(Connections(ServerAddress(f"http://127.0.0.1:{silent.getsockname()[1]}")), seconds=0.1)
    assert error.value.sent


def test_nobody_there_was_surely_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ConnectionLostError) as error:
        get(Connections(ServerAddress(f"http://127.0.0.1:{port}")))
    assert not error.value.sent


def test_a_credential_with_a_line_break_is_no_header_of_its_own() -> None:
    with server(OK) as (connections, said), pytest.raises(ConnectionLostError, match="line break"):
        connections.request("GET", "/", {"Authorization": "Bearer a\r\nX: y"}, None, 5)
    assert said.requests == []
