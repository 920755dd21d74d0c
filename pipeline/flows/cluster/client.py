"""Calls to one cluster with the retry table: what a caller receives is final, or needs its decision."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from pipeline.core.cluster.api import discovery
from pipeline.core.cluster.api.discovery import Discovery, Served
from pipeline.core.cluster.api.error_text import explain
from pipeline.core.cluster.api.request import APPLY, Answer, Api, Call, Clock
from pipeline.core.cluster.api.response_table import BUDGET_SECONDS, Fate, fate, wait_seconds
from pipeline.core.cluster.api.shared_fields import SharedFields
from pipeline.core.cluster.plan.policy import MANAGER
from pipeline.core.errors import WorldError
from pipeline.core.kube.resource import Body, mapping, sequence

_PAGE = "250"
_EXPIRED = 410


def _none() -> float:
    return 1.0


@dataclass
class Client:
    """``budget_seconds`` is how long one call is tried. Not frozen: it remembers what the cluster serves."""

    api: Api
    clock: Clock
    budget_seconds: float = BUDGET_SECONDS
    jitter: Callable[[], float] = _none
    """From 0 to 1, drawn for each wait."""
    shared: SharedFields = field(default_factory=SharedFields)

    def send(self, call: Call, once: Callable[[Call], Answer] | None = None) -> tuple[Fate, Answer]:
        """Try until the fate is anything but RETRY, or the budget is used up (then it is FINAL).

        ``once`` sends one try; without it, no one hears of it. This is the only loop that tries a request again: which
        answers are worth it, and how long to wait, is the table of core/cluster/api/response_table.py.
        """
        once = once or self.api.request
        end = self.clock.monotonic() + self.budget_seconds
        attempt = 0
        while True:
            answer = once(call)
            outcome = fate(call, answer)
            if outcome is not Fate.RETRY:
                self.shared.within(answer.body)
                return outcome, answer
            wait = wait_seconds(attempt, answer, self.jitter())
            if self.clock.monotonic() + wait > end:
                return Fate.FINAL, answer
            self.clock.sleep(wait)
            attempt += 1

    def read(self, path: str, **more: Any) -> Any:
        """The JSON at ``path``, None if the object certainly does not exist.

        Raises:
            WorldError: the server refuses, or no one serves that path.
        """
        call = Call("GET", path, **more)
        outcome, answer = self.send(call)
        if outcome is Fate.DONE:
            return answer.body
        if outcome is Fate.NOT_FOUND:
            return None
        raise WorldError(f"the cluster does not allow reading {path}: {explain(answer)}", hint=_hint(answer))

    def get(self, served: Served, namespace: str, name: str) -> Body | None:
        body: Body | None = self.read(served.path(namespace, name))
        return body

    def every(self, served: Served, namespace: str = "", query: tuple[tuple[str, str], ...] = ()) -> list[Body]:
        """All objects of a kind, of one namespace or of all; read in pages. ``query`` may narrow it."""
        query = (("limit", _PAGE), *query)
        bodies: list[Body] = []
        more = ""
        while True:
            page = (*query, ("continue", more)) if more else query
            call = Call("GET", served.collection(namespace), page, timeout_seconds=60)
            fate_, answer = self.send(call)
            if answer.status == _EXPIRED and more:
                more, bodies = "", []
                continue
            if fate_ is Fate.NOT_FOUND:
                return []
            if fate_ is not Fate.DONE:
                raise WorldError(
                    f"the cluster does not allow listing {call.path}: {explain(answer)}", hint=_hint(answer)
                )
            version = f"{served.group}/{served.version}" if served.group else served.version
            body = mapping(answer.body)
            bodies += [{"apiVersion": version, "kind": served.kind, **item} for item in sequence(body.get("items"))]
            more = str(mapping(body.get("metadata")).get("continue") or "")
            if not more:
                return bodies

    @cached_property
    def serves(self) -> Discovery:
        """What the cluster serves, asked once; ``ask_again`` after CRDs came."""
        return discovery.read(*(self.read(path, accept=discovery.ACCEPT) for path in ("/api", "/apis")))

    def ask_again(self) -> None:
        self.__dict__.pop("serves", None)

    def uid(self) -> str:
        """The uid of kube-system: the cluster's identity while it lives."""
        body = mapping(self.read("/api/v1/namespaces/kube-system"))
        return str(mapping(body.get("metadata")).get("uid") or "")


def apply_call(served: Served, body: Body, *, force: bool = False, dry_run: bool = False) -> Call:
    """A server-side apply of ``body`` under our one field manager, with strict validation (KEP-555, KEP-2885)."""
    metadata = mapping(body.get("metadata"))
    path = served.path(str(metadata.get("namespace") or ""), str(metadata.get("name") or ""))
    query = [("fieldManager", MANAGER), ("force", "true" if force else "false"), ("fieldValidation", "Strict")]
    query += [("dryRun", "All")] if dry_run else []
    return Call("PATCH", path, tuple(query), body, APPLY)


def with_precondition(body: Body, uid: str, resource_version: str) -> Body:
    """The body that is only applied to that very object in that very version (a compare-and-swap)."""
    own = {"resourceVersion": resource_version} | ({"uid": uid} if uid else {})
    return {**body, "metadata": {**mapping(body.get("metadata")), **own}}


def with_budget(client: Client, seconds: float) -> Client:
    return replace(client, budget_seconds=seconds)


def _hint(answer: Answer) -> str:
    return "pipeline rbac prints the required role" if answer.status == 403 else ""  # noqa: PLR2004
