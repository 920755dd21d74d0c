"""A request to the API server and its response, as plain data: this module knows no HTTP library."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pipeline.core.kube.resource import mapping, sequence

JSON = "application/json"
APPLY = "application/apply-patch+yaml"
"""JSON is YAML: the body is sent as JSON all the same."""
_REVIEWS = ("/apis/authorization.k8s.io/", "/apis/authentication.k8s.io/")
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"


@dataclass(frozen=True, slots=True)
class Call:
    """``path`` begins with a slash; ``timeout_seconds`` is that of the whole answer."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Any = field(default=None, hash=False)
    content_type: str = JSON
    accept: str = JSON
    timeout_seconds: float = 30

    @property
    def reads(self) -> bool:
        """It changes nothing, so it may be sent again whatever became of it: also a dry run, and a review."""
        return self.method == "GET" or ("dryRun", "All") in self.query or self.path.startswith(_REVIEWS)


@dataclass(frozen=True, slots=True)
class Answer:
    """``status`` is 0 where none came; ``sent`` then says whether the request may have arrived.

    ``body`` is the JSON, or None where the body was something else; ``text`` is only for what was no JSON.
    ``date`` is the server's own clock (RFC 9110), in seconds since 1970; 0 where it did not say.
    """

    status: int
    body: Any = field(default=None, hash=False)
    text: str = ""
    sent: bool = True
    retry_after_seconds: float | None = None
    warnings: tuple[str, ...] = ()
    date: float = 0

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300  # noqa: PLR2004 - RFC 9110, 15.3

    @property
    def reason(self) -> str:
        """The Status object's reason (API conventions, "Response Status Kind"); empty where there is none."""
        return str(self._status.get("reason") or "")

    @property
    def message(self) -> str:
        return str(self._status.get("message") or self.text)

    @property
    def causes(self) -> tuple["Cause", ...]:
        return tuple(self._causes())

    @property
    def gone(self) -> bool:
        """The object is missing, for sure: a plain-text 404 only says that no one serves the type."""
        return self.status == 404 and self.reason == "NotFound"  # noqa: PLR2004

    @property
    def missing(self) -> str:
        """The plural name of what is not there, which need not be what was asked about; empty where nothing is."""
        return str(mapping(self._status.get("details")).get("kind") or "") if self.gone else ""

    @property
    def _status(self) -> Mapping[str, Any]:
        body = mapping(self.body)
        return body if body.get("kind") == "Status" else {}

    def _causes(self) -> Iterator["Cause"]:
        for cause in sequence(mapping(self._status.get("details")).get("causes")):
            fields = mapping(cause)
            yield Cause(*(str(fields.get(key) or "") for key in ("reason", "field", "message")))


@dataclass(frozen=True, slots=True)
class Cause:
    """``field`` is ``.spec.replicas`` in conflicts and ``spec.replicas`` in validation."""

    reason: str
    field: str
    message: str


class Api(Protocol):
    """One cluster. Never raises for what the network or the server does: that is in the answer."""

    def request(self, call: Call, /) -> Answer: ...


class Clock(Protocol):
    """``monotonic`` for waiting, ``now`` (seconds since 1970) for what people read; ``sleep`` may end early."""

    def monotonic(self) -> float: ...
    def now(self) -> float: ...
    def sleep(self, seconds: float, /) -> None: ...
