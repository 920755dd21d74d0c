"""More of what goes wrong around an apply: disks, clocks, journals, swapped plans, renamed targets, late answers."""

import errno
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.kube import journal_file
from pipeline.core.cluster.api.canonical import digest
from pipeline.core.cluster.api.request import Call
from pipeline.core.cluster.inventory.journal import START, encoded
from tests.cluster import faults
from tests.cluster.audit_log_checker import AGENT, CANARY, AuditLogChecker
from tests.cluster.cluster import Cluster, Object
from tests.cluster.cluster_repository import ENVIRONMENT, ClusterRepository
from tests.cluster.fault_proxy import FaultProxy
from tests.cluster.objects import condition, config_map, crd, custom, deployment, job, role_binding, secret, service
from tests.cluster.webhook import Webhook
from tests.support.platforms import write

OK, FAILED, STALE, REFUSED, NOT_APPLIED, UNHEALTHY, UNSAFE = 0, 1, 4, 5, 6, 7, 9


@pytest.fixture
def site(cluster: Cluster, tmp_path: Path) -> ClusterRepository:
    return ClusterRepository(cluster, tmp_path, lockSeconds=4, healthTimeoutSeconds=30)


@pytest.fixture
def proxy(site: ClusterRepository) -> Iterator[FaultProxy]:
    with FaultProxy(site.cluster.url, site.cluster.ca) as running:
        site.url = running.url
        yield running


def rendered(site: ClusterRepository) -> list[Object]:
    space = site.namespace
    return [config_map(space, a="1"), config_map(space, "other"), deployment(space), secret(space)]


def own(site: ClusterRepository) -> list[str]:
    """Names of the objects that pipeline wrote since the mark, without the lock's and the inventory's."""
    writes = site.cluster.audit(user_agent=AGENT)
    return [w.name for w in writes if w.resource != "leases" and not w.name.startswith("pipeline-")]


# The disk


def full(number: int, error: int) -> Callable[[int, bytes], None]:
    """What writes the journal, until the disk is full at its ``number``-th flush."""
    whole, lock, count = journal_file._write_all, threading.Lock(), [0]

    def write_all(file: int, data: bytes) -> None:
        with lock:
            count[0] += 1
            broken = count[0] >= number
        if broken:
            os.write(file, data[: len(data) // 2])
            raise OSError(error, os.strerror(error))
        whole(file, data)

    return write_all


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("number", [1, 3, 5, 7])
def test_disk_that_fails_half_way_ends_the_run_before_the_next_write(
    site: ClusterRepository, monkeypatch: pytest.MonkeyPatch, number: int, error: int
) -> None:
    """No write without a durable intent; and the run can be taken up once there is room again."""
    site.render(*rendered(site))
    plan = site.plan()
    with monkeypatch.context() as patch, AuditLogChecker(site) as witness:
        patch.setattr(journal_file, "_write_all", full(number, error))
        done = site.apply(plan)
        witness.heard(done.said)
    assert done.code in (FAILED, NOT_APPLIED), done.said
    assert os.strerror(error).lower() in done.said
    assert len(witness.writes) <= number * 16
    site.state = site.root.parent / "other-disk"
    again = site.apply(plan)
    assert again.code == OK, again.said
    assert site.actions(site.plan()) == {}


def test_read_only_disk_keeps_everything_as_it_is(site: ClusterRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    site.render(*rendered(site))
    plan = site.plan()

    def refuse(*_: object, **__: object) -> int:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(site.state))

    monkeypatch.setattr("pipeline.adapters.kube.journal_file.os.open", refuse)
    site.cluster.mark()
    done = site.apply(plan)
    assert done.code == FAILED, done.said
    assert site.cluster.audit(user_agent=AGENT) == []


# The journal of the run that is taken up


def interrupted(site: ClusterRepository, proxy: FaultProxy) -> tuple[Path, Path]:
    """The plan and the journal of a run that could not write a Deployment."""
    site.render(*rendered(site))
    plan = site.plan()
    proxy.plan(faults.refused("WRITE", "/deployments/", 403, "Forbidden", "not now", times=100))
    done = site.apply(plan)
    assert done.code == NOT_APPLIED, done.said
    proxy.clear()
    (journal,) = site.state.rglob("journal.jsonl")
    return plan, journal


def test_run_is_not_taken_up_over_a_journal_that_was_changed(site: ClusterRepository, proxy: FaultProxy) -> None:
    plan, journal = interrupted(site, proxy)
    data = journal.read_bytes()
    journal.write_bytes(data.replace(b"settings", b"settinqs", 1))
    site.cluster.mark()
    done = site.apply(plan)
    assert done.code == FAILED, done.said
    assert "chain is broken" in done.err
    assert "--abandon" in done.err
    assert site.cluster.audit(user_agent=AGENT) == []
    run = json.loads(site.inventory()["run"])["id"]
    done = site.run("unlock", "-e", ENVIRONMENT, "--run", run, "--reason", "its journal is broken", "--abandon")
    assert done.code == OK, done.said
    assert site.apply(plan).code == STALE
    assert site.apply(site.plan()).code == OK


def changed_last(data: bytes) -> bytes:
    return data.replace(b'"exit":6', b'"exit":0')


def chained_again(data: bytes) -> bytes:
    """Another object's name, with every digest made again."""
    lines = [json.loads(row) for row in data.replace(b"settings", b"settinqs").splitlines()]
    rows: list[bytes] = []
    for number, line in enumerate(lines):
        kept = {key: value for key, value in line.items() if key not in ("number", "previous")}
        rows.append(encoded(kept, number, digest(rows[-1].rstrip(b"\n")) if rows else START))
    return b"".join(rows)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: data[:-7], "was cut"),
        (lambda data: b"".join(data.splitlines(keepends=True)[:-1]), "was cut"),
        (lambda data: data.splitlines(keepends=True)[0], "was cut"),
        (lambda _data: b"", "was cut"),
        (changed_last, "written again"),
        (chained_again, "written again"),
    ],
    ids=[
        "last line torn",
        "last line cut",
        "all but the first line cut",
        "emptied",
        "last line edited",
        "chained again",
    ],
)
def test_run_is_not_resumed_over_a_journal_that_does_not_end_as_the_cluster_knows(
    site: ClusterRepository, proxy: FaultProxy, change: Callable[[bytes], bytes], said: str
) -> None:
    plan, journal = interrupted(site, proxy)
    data = journal.read_bytes()
    journal.write_bytes(change(data))
    assert journal.read_bytes() != data
    site.cluster.mark()
    done = site.apply(plan)
    assert done.code == FAILED, done.said
    assert said in done.err
    assert "--abandon" in done.err
    assert site.cluster.audit(user_agent=AGENT) == []
    journal.write_bytes(data)
    assert site.apply(plan).code == OK


def test_line_that_was_torn_after_the_last_one_that_the_cluster_knows_is_no_reason_not_to_go_on(
    site: ClusterRepository, proxy: FaultProxy
) -> None:
    plan, journal = interrupted(site, proxy)
    journal.write_bytes(journal.read_bytes() + b'{"type": "int')
    with AuditLogChecker(site) as witness:
        done = site.apply(plan)
        witness.ran(plan, done)
    assert done.code == OK, done.said


def test_journal_of_another_machine_is_not_needed(site: ClusterRepository, proxy: FaultProxy) -> None:
    plan, _ = interrupted(site, proxy)
    site.state = site.root.parent / "another-machine"
    done = site.apply(plan)
    assert done.code == OK, done.said


# The clock


@pytest.mark.parametrize("hours", [-1, 1])
def test_clock_that_is_wrong_or_jumps_changes_nothing(
    site: ClusterRepository, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    site.deploy(config_map(site.namespace, a="1"))
    site.render(*[config_map(site.namespace, a="2"), *rendered(site)[1:]])
    real, skew = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: real() + skew[0])
    plan = site.plan()
    proxy.plan(faults.act("WRITE", "/configmaps/settings", lambda: skew.__setitem__(0, hours * 3600.0)))
    with AuditLogChecker(site) as witness:
        done = site.apply(plan)
        witness.ran(plan, done)
    assert done.code == OK, done.said
    site.render(config_map(site.namespace, a="3"), *rendered(site)[1:])
    plan = site.plan()
    assert site.apply(plan).code == OK


def test_plan_that_expired_by_the_clusters_clock_is_refused_whatever_ours_says(
    site: ClusterRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.configure(planExpiresSeconds=60)
    site.render(config_map(site.namespace, a="1"))
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - 3600)
    plan = site.plan()
    site.cluster.mark()
    done = site.apply(plan)
    assert done.code == REFUSED, done.said
    assert "cluster's clock" in done.err
    assert site.cluster.audit(user_agent=AGENT) == []


# The plan's file


def test_plan_that_is_swapped_once_it_was_read_makes_no_difference(site: ClusterRepository, proxy: FaultProxy) -> None:
    site.render(config_map(site.namespace, a="1"))
    plan = site.plan()
    other = plan.with_name("other.json")
    other.write_text(plan.read_text().replace('"op":"create"', '"op":"delete"'))

    def swap() -> None:
        plan.unlink()
        plan.symlink_to(other)

    arguments = site.apply_arguments(plan)
    proxy.plan(faults.act("GET", "/version", swap))
    done = site.run(*arguments)
    assert done.code == OK, done.said
    assert site.cluster.get(config_map(site.namespace))["data"] == {"a": "1"}
    assert site.run(*arguments).code == REFUSED  # what lies there now has another digest


# Targets


def many(space: str) -> list[Object]:
    return [config_map(space, f"c-{number}") for number in range(12)]


def test_renamed_environment_takes_nothing_from_the_old_one(site: ClusterRepository) -> None:
    site.deploy(config_map(site.namespace, a="1"))
    text = (site.root / "pipeline.yaml").read_text()
    write(site.root, {"pipeline.yaml": text.replace('"prod"', '"production"')})
    rendered = site.root / "rendered"
    (rendered / "prod").rename(rendered / "production")
    (rendered / ".pipeline" / "prod").rename(rendered / ".pipeline" / "production")
    for index in (rendered / ".pipeline" / "production").iterdir():
        index.write_text(index.read_text().replace('"prod"', '"production"'))
    site._commit("rename")
    done = site.run("plan", "-e", "production", "-o", "json")
    assert done.code == UNSAFE, done.said
    assert {one["code"] for one in json.loads(done.out)["problems"]} == {"foreign"}
    assert site.cluster.get(config_map(site.namespace)) is not None


def test_moved_inventory_takes_nothing_from_the_old_one(site: ClusterRepository) -> None:
    site.deploy(config_map(site.namespace, a="1"))
    site.configure(namespace=site.cluster.namespace())
    site.render(config_map(site.namespace, a="2"))
    plan = json.loads(site.plan(code=UNSAFE).read_text())
    assert {one["code"] for one in plan["problems"]} == {"foreign"}


def test_release_that_moves_to_another_namespace_does_not_delete_the_old_one_by_the_way(
    site: ClusterRepository,
) -> None:
    site.deploy(*many(site.namespace))
    site.render(*many(site.cluster.namespace()))
    plan = json.loads(site.plan(code=UNSAFE).read_text())
    assert {one["code"] for one in plan["problems"]} == {"deletions"}


def test_group_that_does_not_answer_stops_what_would_be_pruned(site: ClusterRepository) -> None:
    """What is behind it cannot be told from what is gone."""
    group = f"{site.cluster.name('g')}.example.org"
    space = site.namespace
    kept = [crd(group), custom(space, group), config_map(space, a="1")]
    site.deploy(*kept, config_map(space, "gone"))
    path = f"/apis/apiregistration.k8s.io/v1/apiservices/v1.{group}"
    away = {
        "metadata": {"labels": {"kube-aggregator.kubernetes.io/automanaged": None}},
        "spec": {"service": {"namespace": "default", "name": "nobody"}, "insecureSkipTLSVerify": True},
    }
    site.cluster.expect(200, "PATCH", path, away, content_type="merge")
    try:
        site.cluster.until(lambda: site.cluster.raw("GET", f"/apis/{group}/v1")[0] == 503)
        site.render(*kept[:1], kept[2])
        site.cluster.mark()
        done = site.run("plan", "-e", ENVIRONMENT, "-o", "json")
        assert done.code == UNSAFE, done.said
        assert "unknown" in {one["code"] for one in json.loads(done.out)["problems"]}
        assert site.cluster.audit() == []
    finally:
        site.cluster.expect(200, "DELETE", path)


# What is too large


def test_large_objects_are_applied_and_larger_ones_stop_the_plan(site: ClusterRepository) -> None:
    group = f"{site.cluster.name('g')}.example.org"
    space = site.namespace
    site.deploy(crd(group), config_map(space, large="x" * 900_000))
    site.render(crd(group), config_map(space, large="y" * 900_000), custom(space, group, large="x" * 1_600_000))
    plan = json.loads(site.plan(code=UNSAFE).read_text())
    assert [one["code"] for one in plan["problems"]] == ["size"]
    status, answer = site.cluster.apply(custom(space, group, large="x" * 1_600_000))
    assert status >= 400, answer  # and the server does refuse it, once it is no dry run
    site.render(crd(group), config_map(space, "settings", large="x" * 1_200_000))
    assert [one["code"] for one in json.loads(site.plan(code=UNSAFE).read_text())["problems"]] == ["refused"]


# Webhooks


def test_webhook_that_knows_no_dry_run_makes_a_plan_that_says_so(site: ClusterRepository, proxy: FaultProxy) -> None:
    message = 'admission webhook "old.example.org" does not support dry run'
    proxy.plan(faults.refused("PATCH", "dryRun.*|/configmaps/settings.*dryRun", 400, "BadRequest", message, times=9))
    site.render(config_map(site.namespace, a="1"))
    path = site.plan()
    (one,) = json.loads(path.read_text())["actions"]
    assert "does not support dry runs" in one["warnings"][0]
    proxy.clear()
    assert site.apply(path).code == OK


def test_webhooks_that_fail_closed_are_named_in_the_plan(site: ClusterRepository) -> None:
    site.render(config_map(site.namespace, a="1"))
    with Webhook(site.cluster, ["configmaps"], site.namespace) as webhook:
        name = webhook.body["webhooks"][0]["name"]
        warnings = json.loads(site.plan().read_text())["warnings"]
    assert [name in text for text in warnings] == [True]
    with Webhook(site.cluster, ["secrets"], site.namespace):
        assert json.loads(site.plan().read_text())["warnings"] == []


def test_webhook_that_can_lock_us_out_of_our_own_bookkeeping_is_named(site: ClusterRepository) -> None:
    site.render(service(site.namespace))
    with Webhook(site.cluster, ["leases"], site.namespace, group="coordination.k8s.io", namespaceSelector={}):
        warnings = json.loads(site.plan().read_text())["warnings"]
    assert any("if it is down, so are we" in text for text in warnings)


def test_what_a_webhook_changes_is_shown_and_is_no_drift(site: ClusterRepository) -> None:
    site.deploy(config_map(site.namespace, a="1"))
    site.render(config_map(site.namespace, a="2"))
    with Webhook(site.cluster, ["configmaps"], site.namespace) as webhook:
        webhook.patch = [{"op": "add", "path": "/data/injected", "value": "1"}]
        plan = site.plan()
        (one,) = json.loads(plan.read_text())["actions"]
        assert [field["path"] for field in one["fields"]] == ["data.a", "data.injected"]
        assert site.apply(plan).code == OK
        assert site.actions(site.plan()) == {}
        assert site.run("drift", "-e", ENVIRONMENT).code == OK


# Networks that neither answer nor end


def test_connection_that_is_half_open_is_given_up(
    site: ClusterRepository, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to one write comes after its time: read back, and go on."""
    site.render(config_map(site.namespace, a="1"), deployment(site.namespace))
    plan = site.plan()
    once = KubeOnce(1.0)
    monkeypatch.setattr("pipeline.adapters.kube.api_server.KubeApi._once", once)
    late = faults.late("WRITE", "/configmaps/settings", 4.0)
    proxy.plan(late)
    begin = time.monotonic()
    with AuditLogChecker(site) as witness:
        done = site.apply(plan)
        witness.ran(plan, done)
    assert done.code == OK, done.said
    assert late.hits == 1
    assert time.monotonic() - begin < 20


class KubeOnce:
    """Every call with less patience. A descriptor, so that it stands in for a method."""

    def __init__(self, seconds: float) -> None:
        from pipeline.adapters.kube.api_server import KubeApi

        self._real, self._seconds = KubeApi._once, seconds

    def __get__(self, api: Any, _: object = None) -> Callable[..., Any]:
        def once(call: Call, *, fresh: bool) -> Any:
            from dataclasses import replace

            return self._real(api, replace(call, timeout_seconds=min(call.timeout_seconds, self._seconds)), fresh=fresh)

        return once


# Health


def test_job_that_is_cleaned_up_at_once_has_ended_well(site: ClusterRepository) -> None:
    site.render(job(site.namespace, ttlSecondsAfterFinished=0), config_map(site.namespace))
    done = site.apply(site.plan())
    assert done.code == OK, done.said


def test_custom_resource_is_not_taken_for_well_before_its_controller_spoke(site: ClusterRepository) -> None:
    group = f"{site.cluster.name('g')}.example.org"
    site.cluster.create(crd(group))
    site.cluster.wait(crd(group), lambda live: condition(live, "Established") == "True")
    body = custom(site.namespace, group)
    site.render(body)
    plan = site.plan()

    def controller() -> None:
        site.cluster.wait(body, lambda live: live)
        time.sleep(1)
        bad = {"status": {"conditions": [{"type": "Ready", "status": "False", "message": "no such database"}]}}
        site.cluster.expect(200, "PATCH", f"{site.cluster.path(body)}/status", bad, content_type="merge")

    site.configure(lockSeconds=4, healthTimeoutSeconds=6)
    plan = site.plan()
    thread = threading.Thread(target=controller)
    thread.start()
    done = site.apply(plan)
    thread.join()
    assert done.code == UNHEALTHY, done.said
    assert "no such database" in done.said


# What is said of Secrets


def test_no_secret_is_told_when_its_write_fails(site: ClusterRepository, proxy: FaultProxy) -> None:
    body = secret(site.namespace, stringData={"password": CANARY})
    binding = role_binding(site.namespace)
    site.render(body, binding)
    plan = site.plan()
    said = f'data[password]: Invalid value: "{CANARY}"'
    proxy.plan(faults.refused("WRITE", "/secrets/", 422, "Invalid", said, times=9))
    with AuditLogChecker(site) as witness:
        done = site.apply(plan, "-o", "json")
        witness.ran(plan, done)
    assert done.code == NOT_APPLIED, done.said
