"""apply killed at every record of its journal, then run again: the end is the same as without the kill (I7)."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from tests.cluster import changing_definitions as changing
from tests.cluster.audit_log_checker import (
    AGENT,
    every_delete_is_of_one_object,
    every_write_has_an_intent,
    everything,
    normalised,
)
from tests.cluster.binaries import ROOT
from tests.cluster.cluster import Cluster, Object
from tests.cluster.cluster_repository import ClusterRepository, Done
from tests.cluster.crash import MOMENTS
from tests.cluster.objects import config_map, deployment, job, role_binding, secret, service

LATE = "it ended before"
AT_ONCE = 6
SMALL = 400
"""Bytes of a shard: three lines of the inventory."""
Prepare = Callable[[Cluster, Path, "Runner"], tuple[ClusterRepository, Path]]
State = Callable[[ClusterRepository], Any]
LOCK_S = 3
UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Runner:
    """Runs pipeline in processes of their own, several at once."""

    def __init__(self) -> None:
        self.shard_bytes = 0
        self._idle: SimpleQueue[subprocess.Popen[str]] = SimpleQueue()
        self._all: list[subprocess.Popen[str]] = []
        for _ in range(AT_ONCE):
            command = [sys.executable, "-m", "tests.cluster.crash"]
            process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self._all.append(process)
            self._idle.put(process)

    def run(self, site: ClusterRepository, *argv: str, moment: str = "", at: int = 0) -> Done:
        output = site.root.parent / "output.txt"
        order = {
            "argv": argv,
            "cwd": str(site.root),
            "environment": site.environment(),
            "output": str(output),
            "moment": moment,
            "at": at,
            "shard_bytes": self.shard_bytes,
        }
        process = self._idle.get()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        code = int(process.stdout.readline())
        self._idle.put(process)
        return Done(code, output.read_text(), "")

    def close(self) -> None:
        for process in self._all:
            process.communicate()


@pytest.fixture(scope="module")
def started() -> Iterator[Runner]:
    made = Runner()
    yield made
    made.close()


@pytest.fixture
def runner(started: Runner) -> Iterator[Runner]:
    yield started
    started.shard_bytes = 0


def before(space: str) -> list[Object]:
    gone = [config_map(space, "gone", a="1"), service(space, "gone")]
    return [config_map(space, a="1"), deployment(space), role_binding(space), *gone]


def after(space: str) -> list[Object]:
    hook = job(space, name="hook")
    hook["metadata"]["annotations"] = {"helm.sh/hook": "pre-upgrade"}
    new = [secret(space, stringData={"a": "b"}), service(space)]
    return [config_map(space, a="2"), deployment(space, tag="2.0"), role_binding(space, role="edit"), hook, *new]


def prepared(cluster: Cluster, folder: Path, runner: Runner) -> tuple[ClusterRepository, Path]:
    """A site with everything of ``before`` applied, and the plan of ``after``: all kinds of writes are in it."""
    folder.mkdir()
    site = ClusterRepository(cluster, folder, recreate=[{"kind": "RoleBinding", "name": "viewers"}], lockSeconds=LOCK_S)
    for bodies in (before(site.namespace), after(site.namespace)):
        site.render(*bodies)
        plan = folder / "plan.json"
        done = runner.run(site, "plan", "-e", "prod", "--out", str(plan))
        assert done.code == 0, done.said
        if bodies[0]["data"] == {"a": "1"}:
            done = runner.run(site, *site.apply_arguments(plan))
            assert done.code == 0, done.said
    return site, plan


def state(site: ClusterRepository) -> Any:
    """Everything that a run leaves in the cluster, without what differs between any two runs."""
    found = everything(site.cluster, site.namespace)
    ours = [normalised(body) for body in found.values() if site.namespace in json.dumps(body["metadata"])]
    others = ("default", "kube-root-ca.crt")
    ours = [body for body in ours if not body["metadata"]["name"].startswith(("pipeline-prod", *others))]
    inventory = sorted(line.split(" ")[0] for line in site.objects())
    run = json.loads(site.inventory()["run"])
    text = json.dumps([sorted(ours, key=json.dumps), inventory, run["state"], run["exit"]], sort_keys=True)
    text = re.sub(r"applyset-[\w-]+-v1", "applyset", text.replace(site.namespace, "NAMESPACE"))
    text = re.sub(r'"clusterIPs?": ("[^"]*"|\[[^]]*\])', '"clusterIP": ""', text)
    return json.loads(UID.sub("UID", text))


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_any_write_and_run_again_ends_as_if_nothing_had_happened(
    cluster: Cluster, tmp_path: Path, runner: Runner, moment: str
) -> None:
    """What is announced and never sent is tried with an inventory in shards: then one is missing that nothing names."""
    runner.shard_bytes = SMALL if moment == "announced" else 0
    killed_everywhere(cluster, tmp_path, runner, moment, prepared=prepared, state=state)


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["announced", "answered"])
def test_killed_while_a_definition_changes_and_run_again_ends_as_if_nothing_had_happened(
    cluster: Cluster, tmp_path: Path, runner: Runner, moment: str
) -> None:
    """Stored anew, repaired, a definition in two steps, patched and applied, Helm's record retired."""
    killed_everywhere(cluster, tmp_path, runner, moment, prepared=with_a_definition, state=state_of_definition)


def with_a_definition(cluster: Cluster, folder: Path, runner: Runner) -> tuple[ClusterRepository, Path]:
    """A site with definitions applied, and the plan of all that their change asks for."""
    folder.mkdir()
    site = ClusterRepository(cluster, folder, lockSeconds=LOCK_S)
    site.configure(**site.settings, **changing.settings(site.namespace))
    plan = folder / "plan.json"
    for bodies in (changing.before(site.namespace), changing.after(site.namespace)):
        site.render(*bodies)
        done = runner.run(site, "plan", "-e", "prod", "--out", str(plan))
        assert done.code == 0, done.said
        if not (site.state / "runs").exists():
            done = runner.run(site, *site.apply_arguments(plan))
            assert done.code == 0, done.said
            changing.by_others(cluster, site.namespace)
    assert changing.steps(plan) >= changing.STEPS
    return site, plan


def state_of_definition(site: ClusterRepository) -> Any:
    run = json.loads(site.inventory()["run"])
    lines = sorted(line.split(" ")[0].replace(site.namespace, "NAMESPACE") for line in site.objects())
    return [changing.state(site.cluster, site.namespace), run["state"], lines]


def writes_of(site: ClusterRepository) -> int:
    """How many writes the last run announced, but for renewals of the lock, which only a slow run has."""
    intents = [line for line in site.journals()[-1] if line["type"] == "intent"]
    return len([line for line in intents if line["what"] != "renew the lock"])


def killed_everywhere(
    cluster: Cluster, tmp_path: Path, runner: Runner, moment: str, *, prepared: Prepare, state: State
) -> None:
    clean, plan = prepared(cluster, tmp_path / "clean", runner)
    cluster.mark()
    assert runner.run(clean, *clean.apply_arguments(plan)).code == 0
    writes = writes_of(clean)
    wanted = state(clean)

    def killed(at: int) -> str:
        site, plan = prepared(cluster, tmp_path / f"{moment}-{at}", runner)
        first = runner.run(site, *site.apply_arguments(plan), moment=moment, at=at)
        if first.code == 0 and writes_of(site) < at:
            return LATE  # a write that is tried again is one more
        if first.code != -9:
            return f"{at}: was not killed, but exited with {first.code}: {first.said}"
        again = runner.run(site, *site.apply_arguments(plan))
        if again.code != 0:
            return f"{at}: exited with {again.code}: {again.said}"
        found = state(site)
        if found != wanted:
            return f"{at}: ended with {json.dumps(found)} instead of {json.dumps(wanted)}"
        third = runner.run(site, *site.apply_arguments(plan))
        return "" if third.code == 0 else f"{at}: was not done: {third.said}"

    with ThreadPoolExecutor(AT_ONCE) as threads:
        told = [text for text in threads.map(killed, range(1, writes + 1)) if text]
    assert [text for text in told if text != LATE] == []
    assert len(told) <= 2
    lines = [json.loads(row) for path in tmp_path.rglob("journal.jsonl") for row in path.read_bytes().split(b"\n")[:-1]]
    every_write_has_an_intent(cluster.audit(user_agent=AGENT), lines)
    every_delete_is_of_one_object(cluster.audit(user_agent=AGENT))
