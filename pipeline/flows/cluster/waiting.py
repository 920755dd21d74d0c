"""Waits until what was applied is healthy, or certainly will not be; says what it waits for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.core.cluster.api.discovery import Served
from pipeline.core.cluster.api.error_text import clean
from pipeline.core.cluster.api.request import Clock
from pipeline.core.cluster.run.health import Health, HealthState, health, health_of_absent, health_of_pods, is_silent
from pipeline.core.errors import WorldError
from pipeline.core.kube.apis import built_in_group
from pipeline.core.kube.resource import Body, ResourceId, mapping
from pipeline.flows.cluster.client import Client
from pipeline.flows.cluster.reading import live

_FIRST_POLL_SECONDS = 0.1
_SLOWEST_POLL_SECONDS = 2.0
_SLOWER = 1.25
_SILENCE_SECONDS = 5.0
"""Some controllers never say anything: that long they are waited for."""
_SETTLED = frozenset({HealthState.CURRENT, HealthState.SUSPENDED})
_WITH_PODS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"})
_POD = Served("", "v1", "Pod", "pods", namespaced=True, verbs=frozenset({"list"}))


@dataclass(frozen=True, slots=True)
class Waiting:
    """``going_on`` raises where the run must end. ``timeout_seconds`` is for everything that is waited for at once."""

    client: Client
    clock: Clock
    timeout_seconds: float
    going_on: Callable[[], None]

    def until_healthy(
        self,
        wanted: Mapping[ResourceId, Served],
        tell: Callable[[int, int, str], object],
        made: Mapping[ResourceId, Body] = MappingProxyType({}),
    ) -> dict[ResourceId, Health]:
        """The health of each, once all are healthy or one has failed; after the timeout, others are PROGRESSING.

        One that fails ends the wait for those that are still on their way: no one needs to wait five minutes to hear
        what is known after ten seconds. ``made`` are the objects as they were written.
        """
        begin = self.clock.monotonic()
        end = begin + self.timeout_seconds
        pause = _FIRST_POLL_SECONDS
        health_of: dict[ResourceId, Health] = {}
        pending = dict(wanted)
        while pending:
            bodies = self._live(pending)
            for rid in pending:
                body = bodies.get(rid)
                young = self.clock.monotonic() - begin < _SILENCE_SECONDS
                health_of[rid] = health_of_absent(made.get(rid, {})) if body is None else self._health(rid, body, young)
            pending = {rid: served for rid, served in pending.items() if health_of[rid].state not in _SETTLED}
            failed = any(health_of[rid].state is HealthState.FAILED for rid in pending)
            if not pending or failed or self.clock.monotonic() > end:
                break
            first = next(iter(pending))
            tell(
                len(wanted) - len(pending),
                len(wanted),
                f"waiting for {first.kind} {first.name}: {health_of[first].reason}",
            )
            self.going_on()
            self.clock.sleep(pause)
            pause = min(pause * _SLOWER, _SLOWEST_POLL_SECONDS)
        return {rid: self._explained(rid, state) for rid, state in health_of.items()}

    def _health(self, rid: ResourceId, body: Body, young: bool) -> Health:  # noqa: FBT001
        """A custom resource whose controller has not said anything is given a moment before it counts as well."""
        if young and not built_in_group(rid.group) and is_silent(body):
            served = self.client.serves.any_version(rid)
            if served is not None and served.has_status:
                return Health(HealthState.PROGRESSING, "its controller has not reported a status yet")
        return health(body)

    def _live(self, wanted: Mapping[ResourceId, Served]) -> Mapping[ResourceId, Body]:
        return live(self.client, wanted)

    def _explained(self, rid: ResourceId, state: Health) -> Health:
        """With the reason of its pods, where it is a workload that does not come up."""
        if state.state in _SETTLED or rid.kind not in _WITH_PODS:
            return state
        try:
            pods = [pod for pod in self.client.every(_POD, rid.namespace) if _belongs(pod, rid.name)]
        except WorldError:
            return state
        why = health_of_pods(pods).reason
        return Health(state.state, clean(f"{state.reason}; {why}")) if why else state


def _belongs(pod: Body, name: str) -> bool:
    """By name: a pod of a Deployment is named after it, and so is one of anything else."""
    return str(mapping(pod.get("metadata")).get("name") or "").startswith(f"{name}-")
