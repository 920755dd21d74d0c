"""Takes, renews and releases the lock of an environment. A holder whose Lease was not renewed in time is dead."""

import threading
from collections.abc import Callable
from dataclasses import replace

from pipeline.core.cluster.api.error_text import clean, explain
from pipeline.core.cluster.api.request import Call, Clock
from pipeline.core.cluster.api.response_table import Fate
from pipeline.core.cluster.inventory import lease as leases
from pipeline.core.cluster.inventory.lease import GIVE_UP, RENEWALS, Lease
from pipeline.core.errors import RefusedError, WorldError
from pipeline.flows.cluster.client import Client, with_budget
from pipeline.flows.cluster.ledger import Ended, Writer

_LOOK_EVERY_SECONDS = 1.0
_TRIES = 10


class LeaseLock:
    """One environment's Lease. Not frozen: it lives, and a thread of its own renews it."""

    def __init__(self, writer: Writer, namespace: str, name: str, holder: str, seconds: int) -> None:
        self._patient: Client = writer.client
        self._client: Client = with_budget(writer.client, seconds / RENEWALS)
        self._writer = replace(writer, client=self._client)
        self._clock: Clock = writer.clock
        self._folder = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self._namespace, self._name, self._holder, self._seconds = namespace, name, holder, seconds
        self._lease = Lease("", seconds, 0, "", "")
        self._renewed = -float("inf")
        self._lost = False
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def fence(self) -> int:
        """Grows with every holder."""
        return self._lease.transitions

    @property
    def held(self) -> bool:
        """False from the moment that somebody else may take it for dead: also after this process was stopped."""
        fresh = self._clock.monotonic() - self._renewed < self._seconds * GIVE_UP
        return fresh and not self._lost

    def acquire(self, tell: Callable[[str], object]) -> None:
        """Take it; a holder that does not renew it is waited out.

        Raises:
            RefusedError: a living run holds it.
            WorldError: the cluster refuses.
        """
        for _ in range(_TRIES):
            lease = self._read(self._patient)
            if lease is not None and lease.holder:
                tell(f"locked by {clean(lease.holder)}: waiting {lease.duration_seconds} s for a sign of life")
                lease = self._still(lease)
            if self._take(lease):
                self._thread = threading.Thread(target=self._keep, daemon=True)
                self._thread.start()
                return
        raise RefusedError("other runs keep taking the lock", hint="try again later")

    def release(self, end: Callable[[], object]) -> None:
        """Give it back; where that fails, it runs out by itself.

        ``end`` writes the journal's last line, whose digest goes with the Lease: so no outcome is noted after it.
        """
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        is_held = not self._lost and bool(self._lease.resource_version)
        if is_held:
            self._writer.announce(Call("PUT", f"{self._folder}/{self._name}"), "unlock")
        end()
        if is_held:
            self._writer = replace(self._writer, journal=Ended(self._writer.journal))
            for _ in range(2):
                if self._put(replace(self._lease, holder=""), "unlock"):
                    return
                now = self._read()
                if now is None or now.holder != self._holder:
                    return
                self._lease = now

    def _read(self, client: Client | None = None) -> Lease | None:
        body = (client or self._client).read(f"{self._folder}/{self._name}")
        return leases.read(body) if body else None

    def _still(self, seen: Lease) -> Lease | None:
        """Watch a Lease for its whole duration: what is there then, if its holder gave no sign of life."""
        end = self._clock.monotonic() + seen.duration_seconds
        while self._clock.monotonic() < end:
            self._clock.sleep(min(_LOOK_EVERY_SECONDS, seen.duration_seconds / RENEWALS))
            now = self._read(self._patient)
            if now is None or not now.holder:
                return now
            if now.resource_version != seen.resource_version:
                hint = "wait until it is done; pipeline status shows what it does"
                raise RefusedError(f"another run holds the lock: {clean(now.holder)}", hint=hint)
        return seen

    def _take(self, lease: Lease | None) -> bool:
        transitions = (lease.transitions if lease else 0) + 1
        version = lease.resource_version if lease else ""
        return self._put(Lease(self._holder, self._seconds, transitions, "", version), "lock")

    def _put(self, wanted: Lease, what: str) -> bool:
        """Compare and swap. True where the Lease is now as wanted."""
        asked = self._clock.monotonic()
        wanted = replace(wanted, journal=self._writer.journal.anchor())
        body = leases.body(self._name, self._namespace, wanted, self._clock.now())
        method, path = ("PUT", f"{self._folder}/{self._name}") if wanted.resource_version else ("POST", self._folder)
        fate, answer = self._writer.write(Call(method, path, body=body, timeout_seconds=self._seconds / RENEWALS), what)
        if fate is Fate.DONE:
            self._lease, self._renewed = leases.read(answer.body), asked
            return True
        if fate is Fate.AMBIGUOUS:
            now = self._read()
            if now is not None and (now.holder, now.transitions) == (wanted.holder, wanted.transitions):
                self._lease, self._renewed = now, asked
                return True
            return False
        if fate is Fate.REREAD or answer.reason == "AlreadyExists":
            return False
        raise WorldError(
            f"the cluster does not allow writing the lock: {explain(answer)}",
            hint="pipeline rbac prints the required role",
        )

    def _keep(self) -> None:
        """Renew until asked to stop, or until another run holds the Lease."""
        while not self._stop.wait(self._seconds / RENEWALS):
            try:
                if self._put(self._lease, "renew the lock"):
                    continue
                now = self._read()
                if now is None or now.holder != self._holder:
                    self._lost = True
                    return
                self._lease = now
            except Exception:  # noqa: BLE001, S112 - whatever it was, ``held`` ends by the clock
                continue
