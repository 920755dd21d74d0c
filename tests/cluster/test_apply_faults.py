"""apply through a network and a server that fail in every way: it ends well, or stops cleanly, and nothing is lost."""

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import changing_definitions as changing
from tests.cluster import faults
from tests.cluster.audit_log_checker import AGENT, CANARY, AuditLogChecker
from tests.cluster.cluster import Cluster, Object
from tests.cluster.cluster_repository import ClusterRepository, Done
from tests.cluster.fault_proxy import FaultProxy
from tests.cluster.faults import Fault, always
from tests.cluster.objects import condition, config_map, crd, custom, deployment, role_binding, secret, service
from tests.cluster.webhook import Webhook

OK, FAILED, STALE, REFUSED, NOT_APPLIED, UNHEALTHY, INTERRUPTED = 0, 1, 4, 5, 6, 7, 130


@pytest.fixture
def site(cluster: Cluster, tmp_path: Path) -> ClusterRepository:
    return ClusterRepository(cluster, tmp_path, lockSeconds=4, healthTimeoutSeconds=30)


@pytest.fixture
def proxy(site: ClusterRepository) -> Iterator[FaultProxy]:
    with FaultProxy(site.cluster.url, site.cluster.ca) as running:
        site.url = running.url
        yield running


def before(site: ClusterRepository) -> list[Object]:
    space = site.namespace
    return [config_map(space, a="1"), deployment(space), role_binding(space), config_map(space, "gone")]


def after(site: ClusterRepository) -> list[Object]:
    space = site.namespace
    changed = [config_map(space, a="2"), deployment(space, tag="2.0"), role_binding(space, role="edit")]
    return [*changed, service(space), secret(space, stringData={"a": CANARY})]


@pytest.fixture
def plan(site: ClusterRepository) -> Path:
    """With every kind of write: create, update, recreate, delete."""
    site.configure(**site.settings, recreate=[{"kind": "RoleBinding", "name": "viewers"}])
    site.deploy(*before(site))
    site.render(*after(site))
    return site.plan()


def is_done(site: ClusterRepository) -> None:
    """What ``after`` says is so, and nothing else."""
    get, space = site.cluster.get, site.namespace
    assert get(config_map(space))["data"] == {"a": "2"}
    assert get(role_binding(space))["roleRef"]["name"] == "edit"
    assert get(config_map(space, "gone")) is None
    assert get(service(space))
    assert get(secret(space))
    live = get(deployment(space))
    assert live["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":2.0")
    site.url = ""
    assert site.actions(site.plan()) == {}


EVERY_WRITE_FAILS_ONCE: dict[str, Fault] = {
    "request lost": always(faults.lost_request("WRITE", "")),
    "answer lost": always(faults.lost_answer("WRITE", "")),
    "answer cut": always(faults.cut("WRITE", "")),
    "answer late": always(faults.late("WRITE", "", 0.3)),
    "409": always(faults.conflict("WRITE", r"fieldManager=|/leases/|/configmaps/gone")),
    "429": always(faults.throttled("WRITE", "", retry_after="0")),
    "500 etcd": always(faults.leader_changed("WRITE", "")),
    "500 webhook": always(faults.webhook_failed("WRITE", "")),
    "503": always(faults.unavailable("WRITE", "")),
    "504": always(faults.timed_out("WRITE", "")),
}


FAULTS = {
    "request lost": faults.lost_request,
    "answer lost": faults.lost_answer,
    "409": faults.conflict,
    "500 etcd": faults.leader_changed,
}


@pytest.mark.parametrize("fault", EVERY_WRITE_FAILS_ONCE)
def test_every_write_fails_once_and_the_end_is_the_same(
    site: ClusterRepository, plan: Path, proxy: FaultProxy, fault: str
) -> None:
    planned = EVERY_WRITE_FAILS_ONCE[fault]
    proxy.plan(planned)
    with AuditLogChecker(site) as witness:
        done = site.apply(plan)
        witness.ran(plan, done)
        assert done.code == OK, done.said
    assert planned.hits >= 5
    is_done(site)


@pytest.mark.parametrize("fault", ["request lost", "answer lost", "409", "500 etcd"])
def test_every_step_of_a_definition_that_changes_fails_once_and_the_end_is_the_same(
    site: ClusterRepository, proxy: FaultProxy, fault: str
) -> None:
    """Stored anew, repaired, patched, written in two steps, Helm's record retired, each over one fault."""
    site.configure(**site.settings, **changing.settings(site.namespace))
    site.deploy(*changing.before(site.namespace))
    changing.by_others(site.cluster, site.namespace)
    site.render(*changing.after(site.namespace))
    plan = site.plan()
    assert changing.steps(plan) >= changing.STEPS
    path = r"/widgets/|/gadgets\.|/widgets\.|/sh\.helm\."
    planned = always(FAULTS[fault]("WRITE", path))
    proxy.plan(planned)
    served = f"APIService v1beta1.{site.namespace}.example.org"  # the server removes it with the version
    with AuditLogChecker(site, allowed=(served,)) as witness:
        done = site.apply(plan)
        witness.ran(plan, done)
    assert done.code == OK, done.said
    assert planned.hits == 8  # each way of writing the widget, both definitions and their status, and the record
    spec, managers, versions, stored, conversions, record, data = changing.state(site.cluster, site.namespace)
    assert (spec, versions, conversions) == ({"p": 80}, [["v1"], ["v2", "v1"]], ["None", "Webhook"])
    assert {version for _, version in managers} == {"/v1"}
    assert (stored, record, data) == ([["v1"], ["v2"]], None, {"a": "2"})


@pytest.mark.parametrize("fault", ["lost_request", "unavailable", "throttled", "cut", "lost_answer"])
def test_every_read_fails_once_and_the_end_is_the_same(
    site: ClusterRepository, plan: Path, proxy: FaultProxy, fault: str
) -> None:
    proxy.plan(always(getattr(faults, fault)("GET", "")))
    with AuditLogChecker(site):
        done = site.apply(plan)
        assert done.code == OK, done.said
    is_done(site)


def steal(cluster: Cluster, body: Object) -> None:
    cluster.apply(body | {"data": {"a": "theirs"}}, manager="somebody", force=True)


def remake(cluster: Cluster, body: Object) -> None:
    cluster.delete(body)
    cluster.create(body)


@pytest.mark.parametrize(
    ("meddle", "theirs"),
    [(steal, "theirs"), (lambda c, b: c.delete(b), None), (remake, "1")],
    ids=["edited", "deleted", "made anew"],
)
def test_object_that_is_meddled_with_just_before_its_write_stays_as_it_is(
    site: ClusterRepository,
    plan: Path,
    proxy: FaultProxy,
    meddle: Callable[[Cluster, Object], object],
    theirs: str | None,
) -> None:
    body = config_map(site.namespace, a="1")
    proxy.plan(faults.act("WRITE", "/configmaps/settings", lambda: meddle(site.cluster, body)))
    with AuditLogChecker(site, allowed=("ConfigMap settings",)):
        done = site.apply(plan)
    assert done.code == STALE, done.said
    assert "settings" in done.said
    live = site.cluster.get(body)
    assert (live and live["data"]["a"]) == theirs
    assert site.cluster.get(config_map(site.namespace, "gone")) is not None


def test_versions_that_move_without_a_change_are_read_anew(
    site: ClusterRepository, plan: Path, proxy: FaultProxy
) -> None:
    path = site.cluster.path(deployment(site.namespace)) + "/status"
    turns = iter(range(100))

    def busy() -> None:
        patch = {"status": {"conditions": [{"type": "Busy", "status": "True", "reason": f"Turn{next(turns)}"}]}}
        site.cluster.expect(200, "PATCH", path, patch, content_type="strategic")

    proxy.plan(faults.act("WRITE", "/deployments/web", busy, times=3))
    assert site.apply(plan).code == OK
    is_done(site)


def test_object_that_is_written_all_the_time_is_given_up(
    site: ClusterRepository, plan: Path, proxy: FaultProxy
) -> None:
    proxy.plan(faults.conflict("WRITE", "/configmaps/settings", times=1000))
    done = site.apply(plan)
    assert done.code == STALE, done.said
    assert len([r for r in proxy.writes() if "/configmaps/settings" in r.path]) <= 5


def test_stale_reads_do_no_harm(site: ClusterRepository, plan: Path, proxy: FaultProxy) -> None:
    site.cluster.raw("GET", "/readyz")
    proxy.plan(faults.stale("/configmaps/settings$", times=3))
    with AuditLogChecker(site):
        done = site.apply(plan)
    assert done.code in (OK, STALE), done.said
    site.url = ""
    if done.code == OK:
        is_done(site)


def test_dead_network_ends_the_run_and_the_next_one_goes_on(
    site: ClusterRepository, plan: Path, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = faults.lost_request("", "", times=10**6)
    proxy.plan(faults.act("WRITE", "/configmaps/settings", lambda: proxy.plan(dead)))
    monkeypatch.setattr("pipeline.cli.support.cluster_environment.PATIENCE_SECONDS", 2.0)
    with AuditLogChecker(site):
        done = site.apply(plan)
    assert done.code in (FAILED, NOT_APPLIED), done.said
    proxy.clear()
    again = site.apply(plan)
    assert again.code == OK, again.said
    is_done(site)


def test_rights_that_are_lost_half_way_stop_the_run(site: ClusterRepository, plan: Path, proxy: FaultProxy) -> None:
    proxy.plan(faults.refused("WRITE", "/deployments/", 403, "Forbidden", "no longer", times=100))
    with AuditLogChecker(site) as witness:
        done = site.apply(plan)
        witness.ran(plan, done)
    assert done.code == NOT_APPLIED, done.said
    assert "no longer" in done.said
    assert site.cluster.get(config_map(site.namespace, "gone")) is not None
    proxy.clear()
    assert site.apply(plan).code == OK
    is_done(site)


def test_lock_that_somebody_takes_over_ends_the_run(site: ClusterRepository, plan: Path, proxy: FaultProxy) -> None:
    path = f"/apis/coordination.k8s.io/v1/namespaces/{site.namespace}/leases/pipeline-prod"

    def take() -> None:
        lease = site.cluster.expect(200, "GET", path)
        lease["spec"] |= {"holderIdentity": "thief", "leaseTransitions": lease["spec"]["leaseTransitions"] + 1}
        site.cluster.expect(200, "PUT", path, lease)
        time.sleep(4)

    proxy.plan(faults.act("WRITE", "/deployments/web", take))
    with AuditLogChecker(site):
        done = site.apply(plan)
    assert done.code in (REFUSED, NOT_APPLIED), done.said
    assert "lock" in done.said
    lease = site.cluster.expect(200, "GET", path)
    assert lease["spec"]["holderIdentity"] == "thief"
    assert site.cluster.get(config_map(site.namespace, "gone")) is not None


def test_webhook_that_is_down_for_a_moment_is_waited_for(site: ClusterRepository) -> None:
    site.render(config_map(site.namespace, a="1"))
    plan = site.plan()
    with Webhook(site.cluster, ["configmaps"], site.namespace, timeoutSeconds=1) as webhook:
        webhook.delay_s = 5
        threading.Timer(2.5, setattr, (webhook, "delay_s", 0.0)).start()
        done = site.apply(plan)
    assert done.code == OK, done.said


def test_webhook_that_denies_ends_the_run_with_its_words(site: ClusterRepository) -> None:
    site.render(config_map(site.namespace, a="1"), deployment(site.namespace))
    plan = site.plan()
    with Webhook(site.cluster, ["deployments"], site.namespace, group="apps") as webhook:
        webhook.deny = "not on Fridays"
        done = site.apply(plan)
    assert done.code == NOT_APPLIED, done.said
    assert "not on Fridays" in done.said
    assert site.apply(plan).code == OK


def test_definition_that_is_never_established_fails_at_once_and_names_why(site: ClusterRepository) -> None:
    group = f"{site.cluster.name('g')}.example.org"
    site.cluster.create(crd(group))
    site.cluster.wait(crd(group), lambda live: condition(live, "Established") == "True")
    other = crd(group, kind="Gadget", plural="gadgets", shortNames=["widgets"])
    site.render(other, custom(site.namespace, group, kind="Gadget"))
    begin = time.monotonic()
    done = site.apply(site.plan())
    assert done.code == UNHEALTHY, done.said
    assert "widgets" in done.said
    assert time.monotonic() - begin < 20


def test_namespace_that_goes_away_meanwhile_is_a_clear_failure(site: ClusterRepository) -> None:
    other = site.cluster.namespace()
    held = config_map(other, "held")
    held["metadata"]["finalizers"] = ["example.org/held"]
    site.cluster.create(held)
    site.render(config_map(other, a="1"))
    plan = site.plan()
    site.cluster.expect(200, "DELETE", f"/api/v1/namespaces/{other}")
    done = site.apply(plan)
    assert done.code == NOT_APPLIED, done.said
    assert "terminat" in done.said
    held["metadata"]["finalizers"] = []
    site.cluster.apply(held, force=True)


def test_aggregated_api_that_is_down_is_in_the_way_of_prune_alone(site: ClusterRepository) -> None:
    group = f"{site.cluster.name('g')}.example.org"
    spec = {"group": group, "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 100}
    service = {"service": {"namespace": "default", "name": "nobody"}, "insecureSkipTLSVerify": True}
    api = {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": f"v1.{group}"}}
    site.deploy(config_map(site.namespace, a="1"), config_map(site.namespace, "other"))
    site.cluster.create(api | {"spec": spec | service})
    try:
        site.cluster.until(lambda: site.cluster.raw("GET", f"/apis/{group}/v1")[0] == 503)
        site.deploy(config_map(site.namespace, a="2"), config_map(site.namespace, "other"))
    finally:
        site.cluster.delete(api)


def test_many_runs_at_once_are_one_run(site: ClusterRepository, plan: Path) -> None:
    with AuditLogChecker(site) as witness:
        running = [site.spawn(*site.apply_arguments(plan)) for _ in range(6)]
        ends: list[Done] = [site.finish(process) for process in running]
    assert {end.code for end in ends} <= {OK, STALE, REFUSED}, [end.said for end in ends]
    assert any(end.code == OK for end in ends)
    changed = [write for write in witness.writes if write.name == "settings"]
    assert len(changed) == 1
    is_done(site)


def test_stopped_holder_that_wakes_up_writes_nothing_more(
    site: ClusterRepository, plan: Path, proxy: FaultProxy
) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        reached.set()
        go_on.wait(30)

    proxy.plan(faults.act("WRITE", "/deployments/web", hold))
    first = site.spawn(*site.apply_arguments(plan))
    assert reached.wait(30)
    first.send_signal(signal.SIGSTOP)
    site.url = ""
    second = site.apply(plan)
    assert second.code == OK, second.said
    is_done(site)
    site.cluster.mark()
    first.send_signal(signal.SIGCONT)
    go_on.set()
    end = site.finish(first)
    assert end.code in (REFUSED, NOT_APPLIED, STALE), end.said
    theirs = [write for write in site.cluster.audit(user_agent=AGENT) if write.code < 400]
    assert theirs == []
    assert site.actions(site.plan()) == {}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_the_run_in_good_order_and_the_next_one_goes_on(
    site: ClusterRepository, plan: Path, proxy: FaultProxy, number: signal.Signals
) -> None:
    reached = threading.Event()

    def slow() -> None:
        reached.set()
        time.sleep(0.5)

    proxy.plan(faults.act("WRITE", "/configmaps/settings", slow))
    process = site.spawn(*site.apply_arguments(plan))
    assert reached.wait(30)
    process.send_signal(number)
    end = site.finish(process)
    assert end.code == INTERRUPTED, end.said
    lease = f"/apis/coordination.k8s.io/v1/namespaces/{site.namespace}/leases/pipeline-prod"
    assert not site.cluster.expect(200, "GET", lease)["spec"].get("holderIdentity")
    assert site.cluster.get(config_map(site.namespace, "gone")) is not None
    again = site.apply(plan)
    assert again.code == OK, again.said
    is_done(site)


def test_journal_that_cannot_be_written_keeps_everything_as_it_is(site: ClusterRepository, plan: Path) -> None:
    site.state = site.root.parent / "file"
    site.state.write_text("no folder")
    site.cluster.mark()
    done = site.apply(plan)
    assert done.code == FAILED, done.said
    assert site.cluster.audit(user_agent=AGENT) == []


@pytest.mark.slow
def test_api_server_that_is_killed_half_way_and_comes_back_is_not_noticed(site: ClusterRepository, plan: Path) -> None:
    with FaultProxy(site.cluster.url, site.cluster.ca) as proxy:
        site.url = proxy.url

        def restart() -> None:
            site.cluster.obey("kill", "kube-apiserver")
            site.cluster.obey("start", "kube-apiserver")

        killed = threading.Event()

        def begin() -> None:
            if not killed.is_set():
                killed.set()
                threading.Thread(target=restart).start()

        proxy.plan(faults.act("WRITE", "/deployments/web", begin))
        site.configure(**(site.settings | {"lockSeconds": 60}))
        plan = site.plan()
        done = site.apply(plan)
        assert done.code == OK, done.said
    is_done(site)


@pytest.mark.slow
def test_etcd_that_stands_still_for_a_while_is_waited_for(site: ClusterRepository, plan: Path) -> None:
    site.configure(**(site.settings | {"lockSeconds": 60}))
    plan = site.plan()
    timer = threading.Timer(8, site.cluster.obey, ("continue", "etcd"))
    with FaultProxy(site.cluster.url, site.cluster.ca) as proxy:
        site.url = proxy.url

        def stop() -> None:
            site.cluster.obey("stop", "etcd")
            timer.start()

        proxy.plan(faults.act("WRITE", "/deployments/web", stop))
        done = site.apply(plan)
    timer.join()
    assert done.code == OK, done.said
    is_done(site)


def test_credential_that_expired_is_asked_for_anew(site: ClusterRepository, tmp_path: Path) -> None:
    """An exec plugin whose first token is none: the 401 makes it be asked again."""
    turns = tmp_path / "turns"
    plugin = tmp_path / "plugin.sh"
    api = "client.authentication.k8s.io/v1"
    plugin.write_text(
        f"""#!/bin/sh
echo x >> {turns}
token=admin-token
[ "$(wc -l < {turns})" = 1 ] && token=expired
echo '{{"apiVersion":"{api}","kind":"ExecCredential","status":{{"token":"'$token'"}}}}'
"""
    )
    plugin.chmod(0o755)
    path = site.cluster.kubeconfig()
    config: Any = json.loads(path.read_text())
    run = {"command": str(plugin), "apiVersion": api, "interactiveMode": "Never"}
    config["users"][0]["user"] = {"exec": run}
    path.write_text(json.dumps(config))
    site.render(config_map(site.namespace))
    site.config = path
    site.plan()
    assert len(turns.read_text().splitlines()) <= 3
