"""Prints what plan and apply cost on a real API server, in bare server-side applies: figures, not a test.

usage: python -m scripts.cluster_speed [OBJECTS [ROUNDS [LARGE]]]   (1000, 4, 5000; LARGE 0 leaves the memory out,
OBJECTS 0 the ratios)

Each round has a control plane of its own (scripts/control_plane.sh builds it), for to make a Service costs an API
server the more the more it has made; and every other round pipeline goes first. The medians are taken. "bare" sends the
same bodies with 8 threads and nothing else.
The aims: plan at 1.5 of the bare rate or more, apply at 0.95, a second apply of the same in a sixth of the time of the
first or less; 120 MiB or less for 5,000 objects and 250 MiB for four times as many, at four times the processor time:
a step that grows with the square of the objects shows there.

Beside the seconds stands what client and server together used of the processors: on a busy machine only that is fair.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import urllib3

from pipeline.core.cluster.api.canonical import digest
from tests.cluster.binaries import NAMES, folder
from tests.cluster.cluster import Cluster, Object
from tests.cluster.cluster_repository import ENVIRONMENT, ClusterRepository
from tests.cluster.control_plane import token
from tests.cluster.control_plane_connection import ControlPlaneConnection
from tests.cluster.objects import config_map, deployment, role, secret, service

THREADS = 8
PARTS = ("bare dry run", "bare", "plan", "apply", "plan again", "apply again")
_GROWTH = 4
_AIMS = (120, 250)
"""MiB for LARGE objects and for _GROWTH times as many."""
_REST_TRIES = 20
_REST_SECONDS = 0.1
"""So little of the processors in half a second is rest."""
_RULES = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}]
_KINDS = {"ConfigMap": "configmaps", "Secret": "secrets", "Service": "services"}
_KINDS |= {"Deployment": "deployments", "Role": "roles"}


@dataclass(frozen=True, slots=True)
class Cost:
    """``processor`` is of client and server together."""

    seconds: float
    processor: float

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.seconds + other.seconds, self.processor + other.processor)


def main(objects: int = 1000, rounds: int = 4, large: int = 5000) -> None:
    """Everything, on fresh control planes."""
    missing = [name for name in NAMES if not (folder() / name).exists()]
    if missing:
        sys.exit(f"no control plane: {', '.join(missing)} not in {folder()}; run: bash scripts/control_plane.sh")
    if objects:
        ratios(objects, rounds)
    taken = []
    for size, aim in zip((large, large * _GROWTH), _AIMS, strict=True) if large else ():
        with fresh() as (cluster, place):
            taken.append(memory(cluster, place, size, aim))
    if taken:
        growth = ", ".join(f"{name} {taken[1][name] / taken[0][name]:.1f}" for name in taken[0])
        print(f"processor time of {_GROWTH} times the objects, in times: {growth}   (aim: about {_GROWTH})")


@contextmanager
def fresh() -> Iterator[tuple[Cluster, Path]]:
    """A new control plane, and a folder."""
    with tempfile.TemporaryDirectory(prefix="cluster-speed-") as place:
        plane = ControlPlaneConnection(folder(), Path(place, "plane"))
        try:
            yield Cluster(plane, Path(place)), Path(place)
        finally:
            plane.close()


def ratios(objects: int, rounds: int) -> None:
    """Seconds of each part, by round."""
    taken: dict[str, list[Cost]] = {}
    for number in range(rounds):
        with fresh() as (cluster, place):
            for name, cost in one_round(cluster, place / "round", objects, bare_first=number % 2 == 0).items():
                taken.setdefault(name, []).append(cost)
        told = ", ".join(f"{name} {costs[-1].seconds:.1f} s" for name, costs in taken.items())
        print(f"round {number + 1} of {rounds}: {told}", file=sys.stderr)
    middle = {name: median(costs) for name, costs in taken.items()}
    print(f"{objects} objects, medians of {rounds} rounds")
    for name, cost in middle.items():
        rate = objects / cost.seconds
        print(f"  {name:<14} {cost.seconds:7.2f} s {rate:6.0f} objects/s {cost.processor:7.2f} s of processors")
    dry, bare, plan, apply, plan_again, again = (middle[name] for name in PARTS)
    show("plan against bare applies", bare, plan, "1.50")
    show("plan against bare dry runs", dry, plan, "")
    show("apply against bare applies", bare, apply, "0.95")
    show("apply of the same again against the first", apply, again, "6.00")
    show("plan and apply again against the first", plan + apply, plan_again + again, "3.00")


def show(what: str, one: Cost, other: Cost, aim: str) -> None:
    """How many times as fast ``other`` is as ``one``."""
    ratios_ = f"{one.seconds / other.seconds:5.2f} x as fast, {one.processor / other.processor:5.2f} by processors"
    print(f"{what:<42} {ratios_}" + (f"   (aim: {aim} or more)" if aim else ""))


def median(costs: list[Cost]) -> Cost:
    return Cost(statistics.median(c.seconds for c in costs), statistics.median(c.processor for c in costs))


def one_round(cluster: Cluster, place: Path, objects: int, *, bare_first: bool) -> dict[str, Cost]:
    """The bare loop, and pipeline; then pipeline once more: nothing is to be done by then."""
    place.mkdir()
    site = ClusterRepository(cluster, place)
    bodies = made(cluster.namespace(), objects)
    site.render(*made(site.namespace, objects))
    plan = place / "plan.json"
    parts = (
        lambda: bare(cluster, bodies, dry=True),
        lambda: bare(cluster, bodies, dry=False),
        lambda: planned(site, plan),
        lambda: applied(site, plan),
        lambda: planned(site, plan),
        lambda: applied(site, plan),
    )
    named = list(zip(PARTS, parts, strict=True))
    ordered = named if bare_first else named[2:] + named[:2]
    return {name: cost_of(cluster, part) for name, part in ordered}


def cost_of(cluster: Cluster, part: Callable[[], object]) -> Cost:
    """Of ours, of our children, and of the control plane, which comes to rest before and after."""
    rest(cluster)
    before, start = processor(cluster), time.perf_counter()
    part()
    seconds = time.perf_counter() - start
    rest(cluster)
    return Cost(seconds, processor(cluster) - before)


def rest(cluster: Cluster) -> None:
    """Its controllers go on after the last answer: what they do is part of the cost, whoever waits for it or not."""
    time.sleep(1)
    for _ in range(_REST_TRIES):
        before = processor(cluster)
        time.sleep(0.5)
        if processor(cluster) - before < _REST_SECONDS:
            return


def processor(cluster: Cluster) -> float:
    """Seconds of processors so far. The control plane's from /proc: elsewhere than on Linux it counts nothing."""
    times = os.times()
    own = times.user + times.system + times.children_user + times.children_system
    return own + sum(map(_ticks, cluster.processes())) / os.sysconf("SC_CLK_TCK")


def _ticks(process: int) -> int:
    """proc(5), /proc/pid/stat: utime and stime are fields 14 and 15."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def made(namespace: str, objects: int) -> list[Object]:
    """Of every twenty: eight settings, four Secrets, four Services, three roles, one workload without pods."""
    makers = [
        *[lambda name: config_map(namespace, name, **{f"key-{n}": "value " * 20 for n in range(8)})] * 8,
        *[lambda name: secret(namespace, name, stringData={"password": "x" * 40})] * 4,
        *[lambda name: service(namespace, name)] * 4,
        *[lambda name: role(namespace, name, _RULES)] * 3,
        lambda name: deployment(namespace, "1.0", name, replicas=0),
    ]
    return [makers[n % len(makers)](f"object-{n:05}") for n in range(objects)]


def bare(cluster: Cluster, bodies: list[Object], *, dry: bool) -> None:
    """A server-side apply of each, with 8 threads."""
    pool = urllib3.PoolManager(ca_certs=cluster.ca, maxsize=THREADS, retries=False)
    headers = {"Authorization": f"Bearer {token('admin')}", "Content-Type": "application/apply-patch+yaml"}
    query = "?fieldManager=bare&force=false&fieldValidation=Strict" + ("&dryRun=All" if dry else "")

    def send(body: Object) -> None:
        group, meta = body["apiVersion"], body["metadata"]
        root = f"/apis/{group}" if "/" in group else f"/api/{group}"
        url = f"{cluster.url}{root}/namespaces/{meta['namespace']}/{_KINDS[body['kind']]}/{meta['name']}{query}"
        answer = pool.request("PATCH", url, body=json.dumps(body).encode(), headers=headers)
        assert answer.status in (200, 201), answer.data

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(send, bodies))


def planned(site: ClusterRepository, plan: Path) -> tuple[float, float]:
    return ran(site, "plan", "-e", ENVIRONMENT, "--out", str(plan))


def applied(site: ClusterRepository, plan: Path) -> tuple[float, float]:
    return ran(site, "apply", str(plan), "--plan-digest", digest(plan.read_bytes()))


def ran(site: ClusterRepository, *arguments: str) -> tuple[float, float]:
    """The whole command, start of Python included; the MiB that it held at most, and its seconds of processors."""
    environment = {**os.environ, **site.environment(), "PIPELINE_QUIET": "1"}
    environment["PYTHONPATH"] = str(Path(__file__).parents[1])
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", *arguments],
        cwd=site.root,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"pipeline {arguments[0]} exited with {process.returncode}"
    return usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime


def memory(cluster: Cluster, place: Path, objects: int, aim: int) -> dict[str, float]:
    """The most that each command held at a time; gives the seconds of processors that each took."""
    place = place / "large"
    place.mkdir()
    site = ClusterRepository(cluster, place)
    site.render(*made(site.namespace, objects))
    plan = place / "plan.json"
    taken = {}
    for again in ("", " again"):
        taken[f"plan{again}"] = planned(site, plan)
        taken[f"apply{again}"] = applied(site, plan)
    told = ", ".join(f"{name} {size:.0f} MiB {seconds:.1f} s" for name, (size, seconds) in taken.items())
    print(f"{objects} objects: {told} of processors   (aim: {aim} MiB or less)")
    return {name: seconds for name, (_, seconds) in taken.items()}


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
