"""An approved plan, and then something changes: its approval is void, nothing is written, and apply says why."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cluster.audit_log_checker import AuditLogChecker
from tests.cluster.cluster import Cluster, Object
from tests.cluster.cluster_repository import ClusterRepository
from tests.cluster.objects import config_map, deployment, secret
from tests.support.platforms import git
from tests.support.ssh import key, public

OK, STALE, REFUSED, UNSAFE = 0, 4, 5, 9
SIGNED = {"signers": "signers", "signersRef": "protected"}


@pytest.fixture
def site(cluster: Cluster, tmp_path: Path) -> ClusterRepository:
    made = ClusterRepository(cluster, tmp_path, approvals=SIGNED)
    (made.root / "signers").write_text(f"bob@example.org {public(key(tmp_path, 'bob'))}\n")
    made.render(*objects(made, "1"))
    git(made.root, "branch", "protected")
    return made


def objects(site: ClusterRepository, text: str) -> list[Object]:
    space = site.namespace
    return [config_map(space, a=text), secret(space, stringData={"a": "canary-7f3a9"}), deployment(space)]


def approved(site: ClusterRepository) -> Path:
    plan = site.plan()
    done = site.run("approve", str(plan), "--key", str(site.root.parent / "bob"))
    assert done.code == OK, done.said
    return plan


@pytest.fixture
def plan(site: ClusterRepository) -> Path:
    """Of an update, approved by Bob."""
    done = site.run("apply", str(approved(site)))
    assert done.code == OK, done.said
    site.render(*objects(site, "2"))
    return approved(site)


def void(site: ClusterRepository, plan: Path, code: int, *words: str, allowed: tuple[str, ...] = ()) -> None:
    """apply ends with that code, says why, and has written no object."""
    with AuditLogChecker(site, allowed=allowed) as witness:
        done = site.run("apply", str(plan))
        witness.heard(done.said)
    assert done.code == code, done.said
    for word in words:
        assert word in done.err, done.err
    objects_ = [w for w in witness.writes if w.resource != "leases" and not w.name.startswith("pipeline-")]
    assert objects_ == []


def test_without_any_change_it_is_applied(site: ClusterRepository, plan: Path) -> None:
    with AuditLogChecker(site) as witness:
        witness.ran(plan, site.run("apply", str(plan)))
    assert site.cluster.get(config_map(site.namespace))["data"] == {"a": "2"}


def test_approval_may_lie_elsewhere_and_be_named(site: ClusterRepository, plan: Path) -> None:
    folder = site.root / "approvals"
    (found,) = [path for path in folder.rglob("*.json") if plan_digest(plan) in str(path)]
    elsewhere = site.root.parent / "yes.json"
    found.rename(elsewhere)
    void(site, plan, REFUSED, "0 of 1 approvals")
    done = site.run("apply", str(plan), "--approval", str(elsewhere))
    assert done.code == OK, done.said


def plan_digest(plan: Path) -> str:
    from pipeline.core.cluster.api.canonical import digest

    return digest(plan.read_bytes()).removeprefix("sha256:")


def test_manifests(site: ClusterRepository, plan: Path) -> None:
    """The plan names a commit; a commit cannot change. A plan that names another one has another digest."""
    head = git(site.root, "rev-parse", "HEAD").strip()
    site.render(*objects(site, "3"))
    new = git(site.root, "rev-parse", "HEAD").strip()
    text = plan.read_text()
    plan.write_text(text.replace(head, new))
    void(site, plan, STALE, "rendered/prod", "differs from what was planned")
    plan.write_text(text)
    with AuditLogChecker(site) as witness:
        witness.ran(plan, site.run("apply", str(plan)))
    assert site.cluster.get(config_map(site.namespace))["data"] == {"a": "2"}, "what was approved, not what came later"


def test_history_that_was_rewritten(site: ClusterRepository, plan: Path) -> None:
    """The planned commit is gone from the repository."""
    text = plan.read_text()
    head = git(site.root, "rev-parse", "HEAD").strip()
    plan.write_text(text.replace(head, "0" * 39 + "1"))
    with AuditLogChecker(site) as witness:
        done = site.run("apply", str(plan))
    assert done.code in (STALE, 64), done.said
    assert "0" * 10 in done.err
    assert witness.writes == []


def test_cluster(site: ClusterRepository, plan: Path) -> None:
    """Another cluster answers under the same context: its uid is another."""
    text = plan.read_text()
    uid = site.cluster.expect(200, "GET", "/api/v1/namespaces/kube-system")["metadata"]["uid"]
    plan.write_text(text.replace(uid, "00000000-0000-4000-8000-000000000000"))
    done = site.run("approve", str(plan), "--key", str(site.root.parent / "bob"))
    assert done.code == OK, done.said
    void(site, plan, STALE, f"this is the cluster {uid}", "the plan is for 00000000")


EDITS: dict[str, Callable[[Cluster, Object], object]] = {
    "changed": lambda c, b: c.apply(b | {"data": {"a": "theirs"}}, manager="somebody", force=True),
    "field more": lambda c, b: c.apply(b | {"data": {"b": "theirs"}}, manager="somebody"),
    "labelled": lambda c, b: c.kubectl(
        "label", "-n", b["metadata"]["namespace"], b["kind"].lower(), b["metadata"]["name"], "team=them"
    ),
}


@pytest.mark.parametrize("edit", EDITS)
def test_live_object(site: ClusterRepository, plan: Path, edit: str) -> None:
    EDITS[edit](site.cluster, config_map(site.namespace, a="1"))
    void(site, plan, STALE, "ConfigMap", "settings", "changed since the plan", allowed=("ConfigMap settings",))


def test_live_object_that_the_plan_does_not_change(site: ClusterRepository, plan: Path) -> None:
    """It was looked at, too: the reviewer saw it as it was."""
    live = site.cluster.get(deployment(site.namespace))
    patch = {"spec": {"template": {"metadata": {"annotations": {"restarted": "now"}}}}}
    site.cluster.expect(200, "PATCH", site.cluster.path(live), patch, content_type="merge")
    void(site, plan, STALE, "Deployment", "web", "changed since the plan", allowed=("Deployment web",))


def test_live_secret(site: ClusterRepository, plan: Path) -> None:
    """A Secret has no digest in the plan; its version says that it moved."""
    theirs = {"stringData": {"a": "canary-7f3a9-theirs"}}
    live = secret(site.namespace)
    site.cluster.expect(200, "PATCH", site.cluster.path(live), theirs, content_type="merge")
    void(site, plan, STALE, "Secret", "password", "changed since the plan", allowed=("Secret password",))


def test_live_object_that_is_gone(site: ClusterRepository, plan: Path) -> None:
    site.cluster.delete(config_map(site.namespace))
    void(site, plan, STALE, "settings", "was deleted since the plan", allowed=("ConfigMap settings",))


def test_live_object_that_was_made_anew(site: ClusterRepository, plan: Path) -> None:
    body = config_map(site.namespace, a="1")
    site.cluster.delete(body)
    site.cluster.create(body)
    void(site, plan, STALE, "settings", "deleted and created again", allowed=("ConfigMap settings",))


def test_live_object_that_came_meanwhile(site: ClusterRepository, plan: Path) -> None:
    assert plan
    site.render(*objects(site, "2"), config_map(site.namespace, "new"))
    later = approved(site)
    site.cluster.create(config_map(site.namespace, "new"))
    void(site, later, STALE, "new", "it exists now", allowed=("ConfigMap new",))


def test_inventory(site: ClusterRepository, plan: Path) -> None:
    """Somebody applied another plan since."""
    site.render(*objects(site, "1"), config_map(site.namespace, "more"))
    done = site.run("apply", str(approved(site)))
    assert done.code == OK, done.said
    void(site, plan, STALE, "another run applied to it", "run ")


@pytest.mark.parametrize(
    "change",
    [
        {"maxDeletions": 1000},
        {"conflicts": [{"manager": ".*", "action": "take"}]},
        {"recreate": [{"kind": "Deployment"}]},
        {"pruneKinds": ["Namespace"]},
        {"approvals": SIGNED | {"notAuthor": False}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_policy(site: ClusterRepository, plan: Path, change: Object) -> None:
    site.configure(**{"approvals": SIGNED} | change)
    void(site, plan, STALE, "apply: section of pipeline.yaml")


def test_plan_itself(site: ClusterRepository, plan: Path) -> None:
    plan.write_text(plan.read_text().replace('"op":"update"', '"op":"adopt"'))
    void(site, plan, REFUSED, "is not approved", "0 of 1 approvals")


def test_signers(site: ClusterRepository, plan: Path) -> None:
    """Bob has left."""
    git(site.root, "switch", "--quiet", "protected")
    (site.root / "signers").write_text("# nobody\n")
    git(site.root, "commit", "--quiet", "--all", "--message", "bob leaves")
    git(site.root, "switch", "--quiet", "-")
    void(site, plan, REFUSED, "its key is not among the allowed signers")


def test_rejection_that_came_later(site: ClusterRepository, plan: Path) -> None:
    done = site.run("approve", str(plan), "--key", str(site.root.parent / "bob"), "--reject", "--reason", "not now")
    assert done.code == OK, done.said
    void(site, plan, REFUSED, "rejected by 'bob@example.org'", "not now")


def test_status_and_what_controllers_write_void_nothing(site: ClusterRepository, plan: Path) -> None:
    live = site.cluster.get(deployment(site.namespace))
    patch = {"status": {"collisionCount": 3}}
    site.cluster.expect(200, "PATCH", f"{site.cluster.path(live)}/status", patch, content_type="merge")
    done = site.run("apply", str(plan))
    assert done.code == OK, done.said
