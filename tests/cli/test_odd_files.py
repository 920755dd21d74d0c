"""Whatever stands in a file that a verb reads, the run ends in its result, or in an error that names the file.

Never as a bug (exit code 70), never as a traceback. The files are those of ``tests/support/odd_files.py``, and good
files with one change each. ``PIPELINE_FUZZ`` has so many of those tried in all (a few hundred by default).
"""

import hashlib
import json
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pytest

from pipeline.adapters.git import door
from pipeline.adapters.process import Command, Completed
from pipeline.adapters.process import run as run_program
from pipeline.cli import run
from pipeline.cli.support.cluster_environment import place
from pipeline.core.cluster.api.canonical import digest
from pipeline.core.cluster.approval.approval import Approval
from pipeline.core.cluster.approval.approval import to_bytes as approval_bytes
from pipeline.core.cluster.inventory.inventory import ApplyRun, Inventory, InventoryEntry, to_body
from pipeline.core.cluster.plan.plan import Operation, PlanSource, PlanTarget, to_bytes
from pipeline.core.cluster.plan.policy import policy_of
from pipeline.core.errors import BUG
from pipeline.core.kube.resource import ResourceId
from pipeline.core.yaml.reader import YamlError, load
from pipeline.core.yaml.writer import dump
from pipeline.wiring import repository
from tests.support.odd_files import FILES, changed, damaged
from tests.support.plans import action, plan
from tests.support.platforms import git, platform, verbs, write

CASES = int(os.environ.get("PIPELINE_FUZZ", "200"))
CONFIG = """\
releases:
  - {name: web, chart: ./charts/web, namespace: shop, values: [values/extra.yaml]}
environments: {default: {kubeVersion: "1.34", cluster: {context: c}, policy: strict}}
policy:
  failOn: high
  profiles: {strict: {failOn: low}}
  overrides: {image-changed: low}
  waivers: [{rule: image-changed, reason: reviewed and fine, owner: "@bob", expires: 2027-01-01}]
helm: {engine: embedded}
apply: {conflicts: [{manager: x, action: take}], approvals: {required: 1, methods: [interactive]}}
secrets: {rendered: omit}
"""
PATCH = "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {c: d}}"
KUBECONFIG = """\
contexts: [{name: c, context: {cluster: k, user: u}}]
clusters: [{name: k, cluster: {server: "https://127.0.0.1:1", certificate-authority-data: "", proxy-url: ""}}]
users: [{name: u, user: {token: a, username: a, client-key-data: "", exec: {apiVersion: v1, command: "false"}}}]
"""
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: b}\nspec: {ports: [{port: 80}]}\n"
ANSWERS: dict[Command, Completed] = {}
ABOUT_COMMITS = ("rev-parse", "merge-base", "cat-file", "ls-tree")
GUARD = "A test tried to use socket"
"""What stops a test that a changed address would lead to another host: no fault of ours."""
FORMATS = ("terminal", "json", "markdown", "comment", "summary", "html", "sarif", "junit", "annotations")


@dataclass(frozen=True)
class Target:
    """A file, the verbs that read it, and whether the index vouches for it as it is."""

    path: str
    verbs: tuple[str, ...]
    vouched: bool = False


FOLDER = "rendered/default/web"
INDEX = "rendered/.pipeline/default/web.json"
TARGETS = {
    "configuration": Target("pipeline.yaml", ("diff", "ci shards", "plan --offline inventory.yaml")),
    "lock": Target("pipeline.lock", ("diff",)),
    "values": Target("values/web/common.yaml", ("diff",), vouched=True),
    "overlay": Target("overlays/web/kustomization.yaml", ("diff",), vouched=True),
    "index": Target(INDEX, ("diff", "commit", "plan --offline inventory.yaml")),
    "manifest": Target(f"{FOLDER}/shop/service-web.yaml", ("diff", "commit")),
    "vouched manifest": Target(f"{FOLDER}/shop/service-web.yaml", ("diff",), vouched=True),
    "chart": Target("vendor_charts/web/1.0.0/Chart.yaml", ("diff",)),
    "defaults": Target("vendor_charts/web/1.0.0/values.yaml", ("diff",)),
    "folder": Target("new/a.yaml", ("diff dir:old dir:new", "diff dir:new dir:old")),
    "folder of JSON": Target("new/a.json", ("diff dir:old dir:new",)),
    "values of a chart": Target("f.yaml", ("diff chart:charts/web chart:charts/web -f f.yaml --engine embedded",)),
    "plan": Target("plan.json", ("apply plan.json", "approve plan.json --reject")),
    "approval": Target("approval.json", ("apply good.json --approval approval.json",)),
    "report": Target("r.json", (*(f"report r.json -o {name}" for name in FORMATS), "report r.json r.json")),
    "comment": Target("r.json", ("comment r.json --dry-run",)),
    "inventory": Target("given.yaml", ("plan --offline given.yaml",)),
    "kubeconfig": Target("kubeconfig", ("plan",)),
}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A repository with something of everything that is read."""
    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path_factory.mktemp("odd") / "platform"
        overlay = f"resources: [chart.yaml]\npatches: [{{patch: '{PATCH}'}}]\n"
        values = {"values/web/common.yaml": "port: 81\n", "values/extra.yaml": "a: {b: 1}\n", "f.yaml": "port: 82\n"}
        files = {"pipeline.yaml": CONFIG, "overlays/web/kustomization.yaml": overlay} | values
        platform(root, files)
        patch.chdir(root)
        patch.setenv("PIPELINE_STATE_DIR", str(root.parent / "state"))
        patch.setenv("XDG_CACHE_HOME", str(root.parent / "cache"))
        patch.setenv("KUBECONFIG", str(root / "kubeconfig"))
        verbs("vendor", "render", "commit")
        head = git(root, "rev-parse", "HEAD").strip()
        source = PlanSource(head, "rendered/default", place(repository(), "default").tree_id(head))
        target = PlanTarget("default", "c", "u", "v1.34.0")
        gone = (action(1, Operation.DELETE, "old"),)
        policy = policy_of(repository().config.environments["default"].apply)
        planned = plan(source=source, now=time.time(), target=target, actions=gone)
        made = to_bytes(msgspec.structs.replace(planned, policy=policy))
        typed = {"typed": digest(made)[7:15]}
        yes = Approval(digest(made), "approve", "bob", "interactive", "2026-11-28T15:00:00Z", evidence=typed)
        done = ApplyRun("r", "p", "c", "done")
        entries = {ResourceId("", "Service", "shop", "web"): InventoryEntry("u", "v1", "web")}
        inventory = Inventory("default", "pipeline-system", entries, {}, head, {"web": head}, done, (done,))
        recorded = dump(to_body(inventory))
        write(root, {"old/a.yaml": SERVICE, "new/a.yaml": SERVICE, "new/a.json": json.dumps(load(SERVICE))})
        write(root, {"good.json": made.decode(), "plan.json": made.decode(), "kubeconfig": KUBECONFIG})
        write(root, {"inventory.yaml": recorded, "given.yaml": recorded, "approval.json": approval_bytes(yes).decode()})
        assert run(["diff", "dir:old", "worktree", "-o", "json=r.json"]) in (0, 2, 3)
        yield root


def vouch(root: Path) -> None:
    """Let the index name the digests of the files as they are now."""
    path = root / INDEX
    index = json.loads(path.read_bytes())
    for key, base in (("values", ""), ("overlay", "overlays/web/")):
        for name in index[key]:
            index[key][name] = f"sha256:{hashlib.sha256((root / base / name).read_bytes()).hexdigest()}"
    for name, entry in index["files"].items():
        entry["digest"] = f"sha256:{hashlib.sha256((root / FOLDER / name).read_bytes()).hexdigest()}"
    path.write_text(json.dumps(index, indent=2, sort_keys=True) + "\n")


@contextmanager
def commits_stay(remembered: dict[Command, Completed]) -> Iterator[None]:
    """Git's answers about commits are remembered, as no verb makes one here."""

    def answer(command: Command) -> Completed:
        if not any(word in command.argv for word in ABOUT_COMMITS):
            return run_program(command)
        key = replace(command, env=None)
        if key not in remembered:
            remembered[key] = run_program(command)
        return remembered[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(door, "run", answer)
        yield


def fault(root: Path, target: Target, data: bytes, verb: str, capfd: pytest.CaptureFixture[str]) -> str:
    """How the run ends otherwise than it should; empty where it ends well."""
    paths = {root / target.path, root / INDEX, root / "pipeline.yaml"}
    good = {path: path.read_bytes() for path in paths}
    makes_one = verb == "commit"
    head = git(root, "rev-parse", "HEAD").strip() if makes_one else ""
    (root / target.path).write_bytes(data)
    try:
        if target.vouched:
            vouch(root)
        with nullcontext() if makes_one else commits_stay(ANSWERS):
            code = run(verb.split())
    finally:
        for path, content in good.items():
            path.write_bytes(content)
        if makes_one:
            git(root, "reset", "--quiet", head)
    said = "".join(capfd.readouterr())  # a chart that does not render is told in the report
    if GUARD in said:
        return ""
    unnamed = code in (1, 4, 5, 64) and not _elsewhere(said) and Path(target.path).name not in said
    if code == BUG or "Traceback" in said or unnamed:
        return f"{verb}: exit {code}: {data[:400]!r}: {said}"
    return ""


def _elsewhere(said: str) -> bool:
    """What a file that can be read leads to: a cluster that is not there, a difference that is reported."""
    reasons = (
        "several environments have",
        "is in the index of",
        "is not the inventory of",
        "changed since the plan was created",
        "needs a person at a terminal",
        "does not answer",
        "not up to date",
        "is not what is committed",
        "is not what the plan",
        "differs from what was planned",
        "pipeline.yaml has no environment",
        "plan expired",
        "is not what pipeline vendor fetched",  # the folder is named
    )
    return any(
        reason in said
        for reason in (
            *reasons,
            "not approved",
            "no Git revision",
            "no credentials",
            "error on web/templates",
            "by hand",
        )
    )


@pytest.mark.parametrize("name", TARGETS)
def test_odd_files(here: Path, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    target = TARGETS[name]
    files = enumerate(FILES.values())
    found = [fault(here, target, data, target.verbs[n % len(target.verbs)], capfd) for n, data in files]
    assert [one for one in found if one] == []


@pytest.mark.parametrize("name", TARGETS)
def test_good_files_with_one_change(here: Path, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    target = TARGETS[name]
    good = (here / target.path).read_bytes()
    found = []
    for number in range(CASES // len(TARGETS)):
        chance = random.Random(f"{name} {number}")
        data = damaged(good, chance)
        if number % 2:
            try:
                data = json.dumps(changed(load(good.decode()), chance)).encode()
            except YamlError:
                pytest.fail(f"{target.path} was not good")
        found.append(fault(here, target, data, chance.choice(target.verbs), capfd))
    assert [one for one in found if one] == []
