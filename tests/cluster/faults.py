"""What can go wrong between a client and the API server, as data: which requests, which of them, what becomes of it.

``lost_answer("PATCH", r"/configmaps/a\b")`` is the first such request's; ``nth=3`` the third's; ``times=5`` five in
a row from there; ``always(…)`` counts each method and path by itself. The method ``WRITE`` is any but reads and dry
runs. The path is a regular expression, searched in path and query. Bodies are what a real server sends.
"""

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto


class Kind(Enum):
    """What becomes of a request that matches."""

    LOST_REQUEST = auto()  # the connection is reset, the server never had it
    LOST_ANSWER = auto()  # the server did it; then the connection is reset
    LATE = auto()  # the server did it; its answer comes after ``seconds``
    ANSWER = auto()  # the server never had it; ``status`` and ``body`` are answered
    CUT = auto()  # half of the server's answer, then a reset
    SLOW = auto()  # the answer's body in pieces, ``seconds`` before each: a slow watch
    STALE = auto()  # what the server said to the first such request is answered again
    ACT = auto()  # ``action`` is called, then the request goes on


@dataclass(slots=True)
class Fault:
    """One planned fault; ``hits`` counts how often it happened."""

    kind: Kind
    method: str
    path: str
    nth: int = 1
    times: int = 1
    seconds: float = 0.0
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    action: Callable[[], object] = lambda: None
    each: bool = False
    seen: Counter[str] = field(default_factory=Counter)
    hits: int = 0

    def takes(self, method: str, path: str) -> bool:
        """Whether it is this request's turn. Called once a request, in the order of their arrival."""
        write = "WRITE" if method not in ("GET", "HEAD") and "dryRun=" not in path else ""
        if self.method not in ("", method, write) or re.search(self.path, path) is None:
            return False
        key = f"{method} {path}" if self.each else ""
        self.seen[key] += 1
        happens = self.nth <= self.seen[key] < self.nth + self.times
        self.hits += happens
        return happens


def always(fault: Fault) -> Fault:
    """It happens to the first request of each method and path, so to every write of a run once."""
    fault.each = True
    return fault


def lost_request(method: str, path: str, *, nth: int = 1, times: int = 1) -> Fault:
    return Fault(Kind.LOST_REQUEST, method, path, nth, times)


def lost_answer(method: str, path: str, *, nth: int = 1, times: int = 1) -> Fault:
    return Fault(Kind.LOST_ANSWER, method, path, nth, times)


def late(method: str, path: str, seconds: float, *, nth: int = 1, times: int = 1) -> Fault:
    return Fault(Kind.LATE, method, path, nth, times, seconds=seconds)


def cut(method: str, path: str, *, nth: int = 1, times: int = 1) -> Fault:
    return Fault(Kind.CUT, method, path, nth, times)


def slow(method: str, path: str, seconds: float, *, nth: int = 1, times: int = 1) -> Fault:
    return Fault(Kind.SLOW, method, path, nth, times, seconds=seconds)


def stale(path: str, *, times: int = 1) -> Fault:
    """The second to (1 + times)th GET are answered as the first was."""
    return Fault(Kind.STALE, "GET", path, 1, 1 + times)


def act(method: str, path: str, action: Callable[[], object], *, nth: int = 1, times: int = 1) -> Fault:
    """Something happens just before the server gets the request: somebody else's write, a signal."""
    return Fault(Kind.ACT, method, path, nth, times, action=action)


def throttled(method: str, path: str, *, nth: int = 1, times: int = 1, retry_after: str = "1") -> Fault:
    """429, which the API server sends as plain text."""
    headers = {"Content-Type": "text/plain; charset=utf-8", "Retry-After": retry_after}
    text = b"Too many requests, please try again later.\n"
    return Fault(Kind.ANSWER, method, path, nth, times, status=429, headers=headers, body=text)


def refused(method: str, path: str, status: int, reason: str = "", message: str = "", **more: object) -> Fault:
    """An answer of kind Status; ``more``: nth, times, retry_after (a header, seconds)."""
    body = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message}
    text = json.dumps(body | ({"reason": reason} if reason else {}) | {"code": status}).encode()
    headers = {"Content-Type": "application/json"}
    if "retry_after" in more:
        headers["Retry-After"] = str(more["retry_after"])
    nth, times = more.get("nth", 1), more.get("times", 1)
    assert isinstance(nth, int)
    assert isinstance(times, int)
    return Fault(Kind.ANSWER, method, path, nth, times, status=status, headers=headers, body=text)


def conflict(method: str, path: str, *, nth: int = 1, times: int = 1) -> Fault:
    """409 over a resourceVersion."""
    message = (
        "Operation cannot be fulfilled: the object has been modified; please apply your changes to the latest version"
    )
    return refused(method, path, 409, "Conflict", message, nth=nth, times=times)


def unavailable(method: str, path: str, *, nth: int = 1, times: int = 1) -> Fault:
    """503, as while an API server starts or stops."""
    message = "the server is currently unable to handle the request"
    return refused(method, path, 503, "ServiceUnavailable", message, nth=nth, times=times)


def leader_changed(method: str, path: str, *, nth: int = 1, times: int = 1) -> Fault:
    """500 over etcd: the write may have been done or not (here: not)."""
    return refused(method, path, 500, "InternalError", "etcdserver: leader changed", nth=nth, times=times)


def webhook_failed(method: str, path: str, *, nth: int = 1, times: int = 1) -> Fault:
    """500 over a webhook that does not answer."""
    message = 'Internal error occurred: failed calling webhook "check.example.org": connection refused'
    return refused(method, path, 500, "InternalError", message, nth=nth, times=times)


def timed_out(method: str, path: str, *, nth: int = 1, times: int = 1) -> Fault:
    """504, as when etcd stands still: the write may be done later (here: not)."""
    message = "Timeout: request did not complete within the allotted timeout"
    return refused(method, path, 504, "Timeout", message, nth=nth, times=times)
