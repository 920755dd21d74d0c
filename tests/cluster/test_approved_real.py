"""Approvals where they matter: nothing reaches a real cluster that the people asked for have not said yes to."""

import json
from pathlib import Path

import pytest

from tests.cluster.audit_log_checker import AuditLogChecker
from tests.cluster.cluster import Cluster
from tests.cluster.cluster_repository import ClusterRepository
from tests.cluster.objects import config_map
from tests.support import terminal
from tests.support.platforms import git
from tests.support.ssh import key, public

TWO = {"signers": "signers", "signersRef": "protected", "required": 2}


@pytest.fixture
def site(cluster: Cluster, tmp_path: Path) -> ClusterRepository:
    """Two of Bob, Carol and Dan must sign. Ada renders and plans."""
    made = ClusterRepository(cluster, tmp_path, approvals=TWO)
    people = {name: key(tmp_path, name) for name in ("bob", "carol", "dan", "mallory")}
    lines = [f"{name}@example.org {public(path)}\n" for name, path in people.items() if name != "mallory"]
    (made.root / "signers").write_text("".join(lines))
    made.render(config_map(made.namespace, a="1"))
    git(made.root, "branch", "protected")
    return made


def approve(site: ClusterRepository, plan: Path, who: str, *more: str) -> int:
    return site.run("approve", str(plan), "--key", str(site.root.parent / who), *more).code


def refused(site: ClusterRepository, plan: Path, *arguments: str) -> str:
    """What apply says; that it wrote nothing at all, not even a lock, is seen to."""
    with AuditLogChecker(site) as witness:
        done = site.run("apply", str(plan), *arguments)
    assert done.code == 5, done.said
    assert witness.writes == []
    return done.err


def test_two_signatures_and_not_one_less(site: ClusterRepository) -> None:
    plan = site.plan()
    assert "0 of 2 approvals" in refused(site, plan)
    assert approve(site, plan, "bob") == 0
    assert "1 of 2 approvals" in refused(site, plan)
    assert approve(site, plan, "mallory") == 5
    assert "1 of 2 approvals" in refused(site, plan, *site.apply_arguments(plan)[2:])
    assert approve(site, plan, "carol") == 0
    done = site.run("apply", str(plan))
    assert done.code == 0, done.said
    assert site.cluster.get(config_map(site.namespace))["data"] == {"a": "1"}


def test_a_no_outweighs_them_all(site: ClusterRepository) -> None:
    plan = site.plan()
    for who in ("bob", "carol"):
        assert approve(site, plan, who) == 0
    assert approve(site, plan, "dan", "--reject", "--reason", "not today") == 0
    assert "rejected by 'dan@example.org'" in refused(site, plan)


def test_what_changed_since_voids_it(site: ClusterRepository) -> None:
    plan = site.plan()
    for who in ("bob", "carol"):
        assert approve(site, plan, who) == 0
    data = plan.read_bytes()
    plan.write_bytes(data.replace(b'"op":"create"', b'"op":"delete"'))
    assert "0 of 2 approvals" in refused(site, plan)
    plan.write_bytes(data)
    site.configure(approvals=TWO | {"required": 1})
    assert site.run("apply", str(plan)).code == 4
    site.configure(approvals=TWO)
    git(site.root, "switch", "--quiet", "protected")
    (site.root / "signers").write_text("")
    git(site.root, "commit", "--quiet", "--all", "--message", "everybody leaves")
    git(site.root, "switch", "--quiet", "-")
    assert "its key is not among the allowed signers" in refused(site, plan)


def test_a_person_at_the_terminal_is_asked_where_that_counts(site: ClusterRepository) -> None:
    site.configure()
    plan = site.plan()
    assert "0 of 1 approvals" in refused(site, plan)
    arguments, asked = ["apply", str(plan)], "digits of its digest"
    code, screen = terminal.pipeline(arguments, site.root, [(asked, "yes")], **site.environment())
    assert code == 5, screen
    digits = site.run("plan", "-e", "prod", "--out", str(plan)).out.partition("plan ")[2][:8]
    code, screen = terminal.pipeline(arguments, site.root, [(asked, digits)], **site.environment())
    assert code == 0, screen
    assert site.run("approve", str(plan), "--reject").code == 5
    site.render(config_map(site.namespace, a="2"))
    plan = site.plan()
    no = [("type the first", json.loads(plan.read_text())["created"])]
    code, screen = terminal.pipeline(["approve", str(plan), "--reject"], site.root, no, **site.environment())
    assert code == 5, screen
