"""Laws of plan, apply and rollback on a real API server, over generated sets of objects (design: P1 to P5, P11)."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.cluster.audit_log_checker import AuditLogChecker, everything, normalised
from tests.cluster.cluster import Cluster, Object
from tests.cluster.cluster_repository import RELEASE, ClusterRepository, Done
from tests.cluster.objects import config_map, deployment, role_binding, secret, service

ROLLOUTS = "deployment.kubernetes.io/revision"
REAL = settings(
    max_examples=5,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink one takes minutes, and examples are small
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
NAMES = ("one", "two", "three")
TEXTS = st.text(st.characters(max_codepoint=0xFFFF, categories=("L", "N", "P", "S", "Zs")), max_size=12)
DATA = st.dictionaries(st.sampled_from(["a", "b", "c.d", "E_f"]), TEXTS, max_size=3)
PORTS = st.lists(st.integers(1, 65535), min_size=1, max_size=3, unique=True)


def port(number: int) -> Object:
    return {"name": f"p-{number}", "port": number}


def labelled(body: Object, labels: dict[str, str]) -> Object:
    return body | {"metadata": body["metadata"] | {"labels": labels}}


LABELS = st.dictionaries(st.sampled_from(["x", "y.example.org/z"]), st.sampled_from(["1", "two"]), max_size=2)
MAKERS: dict[str, Any] = {
    "map": st.builds(lambda name, data: lambda s: config_map(s, name, **data), st.sampled_from(NAMES), DATA),
    "secret": st.builds(lambda name, data: lambda s: secret(s, name, stringData=data), st.sampled_from(NAMES), DATA),
    "service": st.builds(
        lambda name, ports: lambda s: service(s, name, ports=[port(p) for p in ports]), st.sampled_from(NAMES), PORTS
    ),
    "deployment": st.builds(
        lambda name, tag: lambda s: deployment(s, tag, name, replicas=0), st.sampled_from(NAMES), st.sampled_from("123")
    ),
    "binding": st.builds(lambda name: lambda s: role_binding(s, name=name), st.sampled_from(NAMES)),
}
ONE = st.one_of(*(st.tuples(make, LABELS) for make in MAKERS.values()))
SETS = st.lists(ONE, min_size=1, max_size=6)
Made = list[tuple[Callable[[str], Object], dict[str, str]]]


def bodies(made: Made, space: str) -> list[Object]:
    """Of two with one name the last."""
    found = [labelled(make(space), labels) for make, labels in made]
    return list({(body["kind"], body["metadata"]["name"]): body for body in found}.values())


@pytest.fixture
def sites(cluster: Cluster, tmp_path: Path) -> Callable[[], ClusterRepository]:
    """A new site, with a namespace of its own, for each example."""

    def make() -> ClusterRepository:
        folder = tmp_path / cluster.name("example")
        folder.mkdir()
        return ClusterRepository(cluster, folder, maxDeletions=100, lockSeconds=4)

    return make


def state(site: ClusterRepository) -> list[Object]:
    found = everything(site.cluster, site.namespace).values()
    ours = [normalised(body) for body in found if RELEASE in json.dumps(site.inventory()) and _ours(body)]
    return sorted(ours, key=json.dumps)


def _ours(body: Object) -> bool:
    return (
        any(entry["manager"] == "pipeline" for entry in body["metadata"].get("managedFields", []))
        and body["metadata"]["name"] != "pipeline-prod"
    )


@REAL
@given(first=SETS, second=SETS)
def test_what_was_applied_is_planned_as_nothing_and_a_rollback_restores_it(
    sites: Callable[[], ClusterRepository], first: Made, second: Made
) -> None:
    """P1 and P11."""
    site = sites()
    commit = site.render(*bodies(first, site.namespace))
    plan = site.plan()
    with AuditLogChecker(site) as witness:
        witness.ran(plan, site.apply(plan))
    assert site.actions(site.plan("--full")) == {}
    before = state(site)
    site.deploy(*bodies(second, site.namespace))
    assert site.actions(site.plan("--full")) == {}
    back = site.root.parent / "plan-back.json"
    done = site.run("rollback", commit, "-e", "prod", "--out", str(back))
    assert done.code == 0, done.said
    with AuditLogChecker(site) as witness:
        done = site.apply(back)
        assert done.code == 0, done.said
        if site.actions(back):
            witness.ran(back, done)
    assert [_owned(body) for body in state(site)] == [_owned(body) for body in before]


def _owned(body: Object) -> Object:
    """Without what the cluster keeps of an object's life: a new Service's address, a Deployment's count of rollouts."""
    spec = {k: v for k, v in body.get("spec", {}).items() if k not in ("clusterIP", "clusterIPs")}
    metadata = dict(body.get("metadata", {}))
    noted = {k: v for k, v in (metadata.pop("annotations", None) or {}).items() if k != ROLLOUTS}
    return body | {"metadata": metadata | ({"annotations": noted} if noted else {})} | ({"spec": spec} if spec else {})


@REAL
@given(made=SETS, seed=st.integers(0, 2**16))
def test_order_of_what_is_rendered_makes_no_difference(
    sites: Callable[[], ClusterRepository], made: Made, seed: int
) -> None:
    """P2."""
    site = sites()
    found = bodies(made, site.namespace)
    site.render(*found)
    first = json.loads(site.plan().read_text())
    random.Random(seed).shuffle(found)
    site.render(*found)
    second = json.loads(site.plan().read_text())
    for plan in (first, second):
        plan.update(created="", expires="")
        plan["source"].update(commit="")
    assert first == second


def _edit(cluster: Cluster, body: Object) -> None:
    cluster.apply(body | {"data": {"theirs": "1"}}, manager="somebody", force=True)


def _delete(cluster: Cluster, body: Object) -> None:
    cluster.delete(body)


def _remake(cluster: Cluster, body: Object) -> None:
    """The same once more, with its labels, by somebody else."""
    live = cluster.get(body) or body
    cluster.delete(body)
    keep = {key: live["metadata"][key] for key in ("name", "namespace", "labels") if key in live["metadata"]}
    cluster.create(body | {"data": live.get("data", {}), "metadata": keep})


MEDDLING = st.dictionaries(st.sampled_from(NAMES), st.sampled_from([_edit, _delete, _remake]), max_size=2)


@REAL
@given(meddling=MEDDLING, gone=st.sets(st.sampled_from(NAMES), max_size=1))
def test_what_somebody_else_touched_since_the_plan_is_never_written(
    sites: Callable[[], ClusterRepository], meddling: dict[str, Callable[[Cluster, Object], None]], gone: set[str]
) -> None:
    """P3."""
    site = sites()
    space = site.namespace
    site.deploy(*(config_map(space, name, a="1") for name in NAMES))
    site.render(*(config_map(space, name, a="2") for name in NAMES if name not in gone), config_map(space, "new"))
    plan = site.plan()
    for name, meddle in meddling.items():
        meddle(site.cluster, config_map(space, name, a="1"))
    theirs = {name: site.cluster.get(config_map(space, name)) for name in meddling}
    with AuditLogChecker(site, allowed=tuple(f"ConfigMap {name}" for name in meddling)) as witness:
        done = site.apply(plan)
    harmless = all(meddle is _delete and name in gone for name, meddle in meddling.items())
    assert done.code == (0 if harmless else 4), done.said
    assert not {write.name for write in witness.writes} & (meddling.keys() - gone)
    assert {name: site.cluster.get(config_map(space, name)) for name in meddling} == theirs


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("deploy"), st.integers(0, 3)),
        st.tuples(st.just("kill"), st.integers(1, 6)),
        st.tuples(st.just("meddle"), st.sampled_from([_edit, _delete, _remake])),
        st.tuples(st.just("drift"), st.just(0)),
        st.tuples(st.just("rollback"), st.just(0)),
        st.tuples(st.just("steal"), st.just(0)),
    ),
    min_size=2,
    max_size=4,
)


def _version(space: str, number: int) -> list[Object]:
    names = [name for place, name in enumerate(NAMES) if place != number]
    return [*(config_map(space, name, v=str(number)) for name in names), service(space, ports=[port(80 + number)])]


@pytest.mark.slow
@settings(REAL, max_examples=3)
@given(steps=STEPS)
def test_whatever_happened_the_next_plan_and_apply_bring_about_what_is_rendered(
    sites: Callable[[], ClusterRepository], steps: list[tuple[str, Any]]
) -> None:
    """P4: applied, killed, taken up, meddled with, looked at, rolled back, locked by a dead run: in any order."""
    site = sites()
    site.configure(
        maxDeletions=100, lockSeconds=8, adopt=[{"kind": "*"}], conflicts=[{"manager": ".*", "action": "take"}]
    )
    first = site.render(*_version(site.namespace, 3))
    assert site.apply(site.plan()).code == 0
    for what, how in steps:
        _do(site, what, how, first)
    site.render(*_version(site.namespace, 1))
    for _ in range(2):
        plan = site.plan()
        done = site.apply(plan)
    assert done.code == 0, done.said
    for body in _version(site.namespace, 1):
        live = site.cluster.get(body)
        assert live is not None
        assert body.get("data", {}).items() <= live.get("data", {}).items()  # fields that others added are theirs
    assert site.cluster.get(config_map(site.namespace, NAMES[1])) is None
    assert site.actions(site.plan("--full")) == {}
    listed = sorted(line.split(" ")[0].rpartition("/")[2] for line in site.inventory()["objects"].splitlines())
    assert listed == ["one", "three", "web"]


def _do(site: ClusterRepository, what: str, how: Any, first: str) -> None:
    space = site.namespace
    if what == "deploy":
        site.render(*_version(space, how))
        assert site.apply(site.plan()).code == 0
    elif what == "kill":
        site.render(*_version(space, 0), config_map(space, "killed", v=str(how)))
        plan = site.plan()
        code = _killed(site, plan, how)
        again = site.apply(plan)
        assert (code, again.code) in {(-9, 0), (0, 0)}, again.said
    elif what == "meddle":
        how(site.cluster, config_map(space, NAMES[2], v="theirs"))
    elif what == "drift":
        assert site.run("drift", "-e", "prod").code in (0, 2)
    elif what == "rollback":
        plan = site.root.parent / "plan-back.json"
        assert site.run("rollback", first, "-e", "prod", "--out", str(plan)).code == 0
        done: Done = site.apply(plan)
        assert done.code == 0, done.said
    else:
        path = f"/apis/coordination.k8s.io/v1/namespaces/{space}/leases/pipeline-prod"
        holder = {"spec": {"holderIdentity": "dead-run", "leaseDurationSeconds": 2}}
        site.cluster.expect(200, "PATCH", path, holder, content_type="merge")


def _killed(site: ClusterRepository, plan: Path, at: int) -> int:
    order = {
        "argv": site.apply_arguments(plan),
        "cwd": str(site.root),
        "environment": site.environment(),
        "output": str(site.root.parent / "output.txt"),
        "moment": "answered",
        "at": at + 3,
    }
    process = site.python("-m", "tests.cluster.crash", stdin=json.dumps(order) + "\n")
    return int(process.stdout)


def test_example_sets_are_not_all_alike() -> None:
    """A generator that only made empty sets would hold every law."""
    seen: set[str] = set()

    @settings(max_examples=60, database=None)
    @given(SETS)
    def look(made: Made) -> None:
        seen.update(body["kind"] for body in bodies(made, "x"))

    look()
    assert seen == {"ConfigMap", "Secret", "Service", "Deployment", "RoleBinding"}
