"""Every exit code that the documents name is reached, and by what it says."""

import re
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.cli.support.exits import MEANING
from tests.cluster import faults
from tests.cluster.binaries import ROOT
from tests.cluster.cluster import Cluster
from tests.cluster.cluster_repository import ENVIRONMENT, ClusterRepository
from tests.cluster.fault_proxy import FaultProxy
from tests.cluster.objects import config_map, deployment
from tests.cluster.webhook import Webhook
from tests.support.platforms import git

TABLE = re.compile(r"^\| (\d+) \| (.*) \|$", re.MULTILINE)


def fine(site: ClusterRepository) -> int:
    return site.apply(site.plan()).code


def no_network(site: ClusterRepository) -> int:
    site.url = "http://127.0.0.1:9"
    return site.run("status", "-e", ENVIRONMENT).code


def changes(site: ClusterRepository) -> int:
    return site.run("plan", "-e", ENVIRONMENT, "--detailed-exitcode").code


def risk(site: ClusterRepository) -> int:
    """The selector of a Deployment is immutable."""
    body = deployment(site.namespace)
    site.render(body)
    other = deployment(site.namespace)
    other["spec"]["selector"] = {"matchLabels": {"app": "other"}}
    other["spec"]["template"]["metadata"]["labels"] = {"app": "other"}
    site.render(other)
    return site.run("diff", "ref:HEAD~1", "worktree", "--fail-on", "high").code


def stale(site: ClusterRepository) -> int:
    plan = site.plan()
    site.configure(maxDeletions=99)
    return site.apply(plan).code


def unapproved(site: ClusterRepository) -> int:
    return site.run("apply", str(site.plan())).code


def not_applied(site: ClusterRepository) -> int:
    site.render(deployment(site.namespace))
    plan = site.plan()
    with Webhook(site.cluster, ["deployments"], site.namespace, group="apps") as webhook:
        webhook.deny = "no"
        return site.apply(plan).code


def unhealthy(site: ClusterRepository) -> int:
    site.render(deployment(site.namespace, tag="crash", progressDeadlineSeconds=1))
    return site.apply(site.plan()).code


def unsafe(site: ClusterRepository) -> int:
    site.cluster.create(config_map(site.namespace, a="theirs"))
    return site.run("plan", "-e", ENVIRONMENT).code


def usage(site: ClusterRepository) -> int:
    return site.run("plan", "-e", "nowhere").code


def bug(site: ClusterRepository) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(site.root.parent / "xdg"))
        patch.setattr("pipeline.flows.cluster.status.status", lambda *_: 1 / 0)
        return site.run("status", "-e", ENVIRONMENT).code


def interrupted(site: ClusterRepository) -> int:
    site.render(config_map(site.namespace, a="1"), deployment(site.namespace))
    plan, reached = site.plan(), threading.Event()

    def slow() -> None:
        reached.set()
        time.sleep(0.5)

    with FaultProxy(site.cluster.url, site.cluster.ca) as proxy:
        site.url = proxy.url
        proxy.plan(faults.act("WRITE", "/configmaps/settings", slow))
        process = site.spawn(*site.apply_arguments(plan))
        assert reached.wait(30)
        process.send_signal(signal.SIGINT)
        return site.finish(process).code


REACHED: dict[int, Callable[[ClusterRepository], int]] = {
    0: fine,
    1: no_network,
    2: changes,
    3: risk,
    4: stale,
    5: unapproved,
    6: not_applied,
    7: unhealthy,
    9: unsafe,
    64: usage,
    70: bug,
    130: interrupted,
}


def test_documents_and_help_name_the_same_codes_and_each_is_reached_here() -> None:
    page = (ROOT / "docs" / "commands.md").read_text()
    told = {int(code): text for code, text in TABLE.findall(page)}
    assert told.keys() == MEANING.keys() == REACHED.keys()


@pytest.mark.parametrize("code", REACHED)
def test_code(cluster: Cluster, tmp_path: Path, code: int) -> None:
    site = ClusterRepository(cluster, tmp_path, healthTimeoutSeconds=20)
    site.render(config_map(site.namespace, a="1"), config_map(site.namespace, "last"))
    assert REACHED[code](site) == code
    assert git(site.root, "status", "--porcelain") == ""
    assert run(["--version"]) == 0
