"""A Secret's value is in nothing that a verb which talks to a cluster prints or leaves, in any format, well or not."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.support.showing import FORMATS
from tests.cluster import faults
from tests.cluster.cluster import Cluster, Object
from tests.cluster.cluster_repository import ENVIRONMENT, ClusterRepository, Done
from tests.cluster.fault_proxy import FaultProxy
from tests.cluster.objects import config_map, deployment, job, secret
from tests.support.platforms import git
from tests.support.ssh import key, public

OLD, NEW, THEIRS = "canary-value-0451", "canary-value-1984", "canary-value-2001"
PLAN_FORMATS = ("terminal", "json", "markdown")


def forms(value: str) -> set[str]:
    encoded = base64.b64encode(value.encode()).decode()
    return {value, encoded, encoded.rstrip("=")}


HIDDEN = forms(OLD) | forms(NEW) | forms(THEIRS)


def objects(site: ClusterRepository, value: str) -> list[Object]:
    """The value is in a Secret, and copied where it should not be: into a ConfigMap, arguments and a Job."""
    space = site.namespace
    copy = job(space, name="copy")
    copy["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "P", "value": value}]
    web = deployment(space)
    web["spec"]["template"]["spec"]["containers"][0]["args"] = [f"--password={value}"]
    plain = secret(space, "plain", data={"password": base64.b64encode(value.encode()).decode()})
    return [secret(space, stringData={"password": value}), plain, config_map(space, dsn=f"u:{value}@db"), web, copy]


class Ear:
    """Hears everything that is printed, and looks through everything that is left."""

    def __init__(self, site: ClusterRepository) -> None:
        self.site, self.number = site, 0

    def run(self, *arguments: str) -> Done:
        done = self.site.run(*arguments)
        self.number += 1
        assert not [value for value in HIDDEN if value in done.said], arguments
        return done

    def look(self) -> None:
        parent = self.site.root.parent
        files = [path for path in parent.rglob("*") if path.is_file() and self.site.root not in path.parents]
        files += [path for path in (self.site.root / "approvals").rglob("*") if path.is_file()]
        assert any(path.name == "journal.jsonl" for path in files)
        for path in files:
            text = path.read_text(errors="replace")
            if not path.name.startswith("backup-"):  # private (0600), and meant to bring the object back
                assert not [value for value in HIDDEN if value in text], path
            else:
                assert path.stat().st_mode & 0o077 == 0


@pytest.fixture
def ear(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ear:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    site = ClusterRepository(
        cluster, tmp_path, approvals={"signers": "signers"}, recreate=[{"kind": "Job", "name": "copy"}]
    )
    (site.root / "signers").write_text(f"bob@example.org {public(key(tmp_path, 'bob'))}\n")
    site.render(*objects(site, OLD))
    return Ear(site)


@pytest.fixture
def proxy(ear: Ear) -> Iterator[FaultProxy]:
    with FaultProxy(ear.site.cluster.url, ear.site.cluster.ca) as running:
        yield running


def planned(ear: Ear, *verb: str, code: int = 0) -> str:
    """A plan, shown in every format."""
    path = str(ear.site.root.parent / f"plan-{ear.number}.json")
    for form in PLAN_FORMATS:
        done = ear.run(*verb, "-e", ENVIRONMENT, "--out", path, "-o", form)
        assert done.code == code, done.said
    return path


def rolled_out(ear: Ear, *verb: str) -> str:
    path = planned(ear, *verb)
    ear.run("approve", path, "--key", str(ear.site.root.parent / "bob"))
    done = ear.run("apply", path, "-o", "json")
    assert done.code == 0, done.said
    return path


def test_every_verb_in_every_format(ear: Ear) -> None:
    site = ear.site
    first = git(site.root, "rev-parse", "HEAD").strip()
    path = rolled_out(ear, "plan")
    assert ear.run("apply", path).code == 0
    site.render(*objects(site, NEW))
    for form in ("terminal", "json", "inventory"):
        assert ear.run("status", "-e", ENVIRONMENT, "-o", form).code == 0
    inventory = site.root.parent / "inventory.yaml"
    inventory.write_text(site.run("status", "-e", ENVIRONMENT, "-o", "inventory").out)
    planned(ear, "plan", "--offline", str(inventory))
    rejected = planned(ear, "plan")
    ear.run("approve", rejected, "--key", str(site.root.parent / "bob"), "--reject", "--reason", "no")
    assert ear.run("apply", rejected).code == 5
    site.render(*objects(site, NEW), config_map(site.namespace, "more"))
    rolled_out(ear, "plan")
    live = site.cluster.get(secret(site.namespace))
    site.cluster.expect(
        200, "PATCH", site.cluster.path(live), {"stringData": {"password": THEIRS}}, content_type="merge"
    )
    for form in ("terminal", "json"):
        assert ear.run("drift", "-e", ENVIRONMENT, "-o", form).code == 2
    (site.root.parent / "reports").mkdir()
    for form in FORMATS:
        ear.run("diff", f"cluster:{ENVIRONMENT}", "worktree", "-o", f"{form}={site.root.parent}/reports/{form}")
        ear.run("diff", f"cluster:{ENVIRONMENT}", "worktree", "-o", form)
    planned(ear, "plan", code=9)  # the field is somebody else's now
    planned(ear, "rollback", first, code=9)
    for purpose in ("viewer", "planner", "applier"):
        assert ear.run("rbac", "-e", ENVIRONMENT, "--for", purpose).code == 0
    ear.run("unlock", "-e", ENVIRONMENT)
    ear.look()


def test_copies_of_secrets_that_are_left_out(ear: Ear) -> None:
    """The tree has no Secret to learn from: its index says where copies stand, before and now."""
    site = ear.site
    site.render(*objects(site, OLD), omit=True)
    assert not list(site.root.glob("rendered/**/secret-*"))
    rolled_out(ear, "plan")
    changed = config_map(site.namespace, **{NEW: "a key", "dsn": f"u:{NEW}@db"})
    site.render(*objects(site, NEW)[:2], changed, *objects(site, NEW)[3:], omit=True)
    path = rolled_out(ear, "plan")
    assert "<secret #" in Path(path).read_text()
    assert not [value for value in HIDDEN if value in Path(path).read_text()]
    site.cluster.expect(
        200, "PATCH", site.cluster.path(changed), {"data": {"dsn": f"u:{THEIRS}@db"}}, content_type="merge"
    )
    for form in ("terminal", "json"):
        assert ear.run("drift", "-e", ENVIRONMENT, "-o", form).code == 2
    planned(ear, "plan", code=9)  # the field is somebody else's now
    ear.look()


def test_what_servers_say_when_they_refuse(ear: Ear, proxy: FaultProxy) -> None:
    site = ear.site
    rolled_out(ear, "plan")
    changed = objects(site, NEW)
    site.configure(approvals={"signers": "signers"})
    site.render(*changed)
    planned(ear, "plan", code=9)  # a Job's template is immutable, and the message dumps all of it
    nested = secret(site.namespace, stringData={"password": {"deep": NEW}})
    number = secret(site.namespace, stringData={"password": 1984_0451})
    for body in (nested, number):
        site.render(body, *objects(site, OLD)[1:])
        planned(ear, "plan", code=9)
    site.render(*objects(site, NEW)[:4], *objects(site, OLD)[4:])
    path = planned(ear, "plan")
    ear.run("approve", path, "--key", str(site.root.parent / "bob"))
    said = f'Secret "password" is invalid: data[password]: Invalid value: "{NEW}": no'
    site.url = proxy.url
    for status, reason in ((422, "Invalid"), (400, "BadRequest"), (403, "Forbidden"), (500, "")):
        where = "/(secrets|configmaps/settings|deployments)"
        proxy.plan(faults.refused("WRITE", where, status, reason, said, times=99))
        for arguments in (["apply", path], ["apply", path, "-o", "json"], ["--debug", "apply", path]):
            assert ear.run(*arguments).code
    proxy.clear()
    ear.look()


def test_the_trace_of_a_bug(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever breaks while Secrets are in hand: neither the terminal nor the trace's file has one."""
    site = ear.site
    path = planned(ear, "plan")
    ear.run("approve", path, "--key", str(site.root.parent / "bob"))

    def broken(*arguments: Any) -> None:
        raise RuntimeError(f"cannot send {arguments[1].body['metadata']['name']}")

    monkeypatch.setattr("pipeline.flows.cluster.writing.Objects._send", broken)
    done = ear.run("--debug", "apply", path)
    assert done.code == 70, done.said
    assert list((site.root.parent / "xdg").rglob("bug-*.log"))
    ear.look()
