"""Every reader takes any bytes: it reads them, or says in one error which file it is and why not.

Three kinds of input: files that nobody writes on purpose, good files with one change, and what hypothesis makes up.
``PIPELINE_FUZZ`` has so many tried in all (a few hundred by default).
"""

import json
import os
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.core.analysis import overlay_lines
from pipeline.core.charts import values_lines
from pipeline.core.charts.chart import ValuesLayer
from pipeline.core.cluster.api.canonical import digest
from pipeline.core.cluster.approval import approval as approvals
from pipeline.core.cluster.inventory import inventory as inventories
from pipeline.core.cluster.inventory import journal, lease
from pipeline.core.cluster.inventory.inventory import ApplyRun, Inventory, InventoryEntry
from pipeline.core.cluster.plan import plan as plans
from pipeline.core.config import read as config
from pipeline.core.errors import PipelineError
from pipeline.core.kube.resource import ResourceId, mapping
from pipeline.core.render import rendered_tree
from pipeline.core.yaml import positions
from pipeline.core.yaml.reader import YamlError, load, load_all
from pipeline.core.yaml.writer import dump
from pipeline.flows.committed import parsed
from pipeline.report import plan_brief, plan_text
from pipeline.report.look import Look
from tests.support.odd_files import FILES, VALUES, changed, damaged
from tests.support.plans import plan, yes

pytestmark = pytest.mark.slow

WHERE = "rendered/.pipeline/prod/web.json"
CASES = int(os.environ.get("PIPELINE_FUZZ", "400"))


def read_config(data: bytes) -> None:
    config.read(data.decode(errors="replace"), file=WHERE).pairs()


def read_plan(data: bytes) -> None:
    made = plans.from_bytes(data, WHERE)
    plan_brief.brief(made, "sha256:0")
    plan_text.terminal(made, "sha256:0", Look(False))
    plan_text.markdown(made, "sha256:0")


def read_approval(data: bytes) -> None:
    approvals.from_bytes(data, WHERE)


def read_journal(data: bytes) -> None:
    found = journal.read(data, WHERE)
    journal.check_end(found, journal.Anchor("r", 2, journal.START), WHERE)


def read_index(data: bytes) -> None:
    rendered_tree.to_bytes(rendered_tree.from_bytes(data, WHERE))


def read_manifest(data: bytes) -> None:
    for resource in parsed(WHERE, data, "shop", "web").resources:
        dump(resource.body)


def read_inventory(data: bytes) -> None:
    """A ConfigMap of a cluster: its message names the object."""
    try:
        body = load(data.decode(errors="replace"))
    except YamlError:
        return
    try:
        found = inventories.from_body(dict(mapping(body)), "prod", "pipeline-system")
    except PipelineError as error:
        raise PipelineError(f"{WHERE}: {error}") from error
    inventories.to_body(found)


def read_lease(data: bytes) -> None:
    try:
        body = load(data.decode(errors="replace"))
    except YamlError:
        return
    journal.anchor_of(lease.read(dict(mapping(body))).journal)


def read_lines(data: bytes) -> None:
    """Where a value stands, in texts that are whatever a person wrote."""
    text = data.decode(errors="replace")
    positions.mark(text, ("a", 0, "b"))
    values_lines.where((ValuesLayer(WHERE, text, {"a": {"b": 1}}),), ("a", "b"))
    overlay_lines.where({WHERE: text}, ResourceId("", "Service", "shop", "web"), ("spec", "ports"))


def read_yaml(data: bytes) -> None:
    try:
        load_all(data.decode(errors="replace"))
    except YamlError as error:
        raise PipelineError(f"{WHERE}: {error}") from error


def good_inventory() -> bytes:
    run = ApplyRun("r", "p", "c", "done", journal="r 1 sha256:0")
    entries = {ResourceId("", "Service", "shop", "web"): InventoryEntry("u", "v1", "web")}
    made = Inventory("prod", "pipeline-system", entries, {"h": "d"}, "c", {"web": "c"}, run, (run,))
    return json.dumps(inventories.to_body(made)).encode()


CONFIGURATION = """\
releases: [{name: web, chart: ./charts/web, namespace: shop, version: ">= 1", needs: [], values: [a.yaml]}]
environments: {prod: {kubeVersion: "1.34", policy: strict, cluster: {context: c, uid: u}}}
repositories: {r: {url: "https://example.org", usernameEnv: USER, passwordEnv: PASSWORD}}
groups: {g: [web]}
policy: {failOn: high, profiles: {strict: {failOn: low}}, overrides: {image-changed: low}}
apply: {adopt: [{kind: Service, name: a}], approvals: {required: 1, methods: [ssh], signers: s}}
limits: {render: {seconds: 60}}
secrets: {rendered: omit}
"""
LINES: list[dict[str, Any]] = [
    {"type": "run", "run": "r"},
    {"type": "intent", "verb": "POST", "path": "/a"},
    {"type": "end", "exit": 0},
]
LEASE = {"metadata": {"annotations": {"pipeline/journal": "r 1 sha256:0"}}, "spec": {"leaseDurationSeconds": 60}}
INDEX = {
    "schema": rendered_tree.SCHEMA,
    "files": {"shop/a.yaml": {"digest": "sha256:0", "source": "web/templates/a.yaml"}},
    "chart": {"name": "web", "version": "1.0.0"},
    "values": {"values/web/common.yaml": "sha256:0"},
    "volatile": {"Secret/shop/a": [["data", "x"]]},
    "overlaid": [{"object": {"group": "", "kind": "A", "name": "a", "namespace": ""}, "op": "added", "path": ["a"]}],
}


def good_journal() -> bytes:
    rows: list[bytes] = []
    for number, line in enumerate(LINES):
        previous = digest(rows[-1].rstrip(b"\n")) if rows else journal.START
        rows.append(journal.encoded(line, number, previous))
    return b"".join(rows)


READERS: dict[str, tuple[Callable[[bytes], None], bytes]] = {
    "pipeline.yaml": (read_config, CONFIGURATION.encode()),
    "plan": (read_plan, plans.to_bytes(plan())),
    "approval": (read_approval, approvals.to_bytes(yes(plan()))),
    "journal": (read_journal, good_journal()),
    "index": (read_index, json.dumps(INDEX).encode()),
    "manifest": (read_manifest, b"apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}\n"),
    "inventory": (read_inventory, good_inventory()),
    "lease": (read_lease, json.dumps(LEASE).encode()),
    "lines": (read_lines, b"a:\n- b: 1\nweb: {spec: {ports: [1]}}\n"),
    "YAML": (read_yaml, b"a: &a {b: [1, 'x', \"y\"]}\nc: *a\n---\n<<: {d: 1}\n"),
}


def refusal(name: str, data: bytes) -> str:
    """What the reader says against it; empty where it reads it. Anything but an error of ours goes through."""
    try:
        READERS[name][0](data)
    except PipelineError as error:
        return str(error)
    return ""


def ends_well(name: str, data: bytes) -> None:
    said = refusal(name, data)
    assert not said or (WHERE in said and len(said) > len(WHERE) + 5), said


@pytest.mark.parametrize("name", READERS)
def test_a_good_file_is_read(name: str) -> None:
    said = refusal(name, READERS[name][1])
    assert ("written again" in said) if name == "journal" else not said  # whose end is not the one that is asked for


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("file", FILES)
def test_odd_files_are_read_or_refused(name: str, file: str) -> None:
    ends_well(name, FILES[file])


@pytest.mark.parametrize("name", READERS)
def test_good_files_with_one_change_are_read_or_refused(name: str) -> None:
    good = READERS[name][1]
    for number in range(CASES // len(READERS) // 2):
        chance = random.Random(f"{name} {number}")
        ends_well(name, damaged(good, chance))
        if name not in ("journal", "YAML"):
            ends_well(name, json.dumps(changed(load(good.decode()), chance)).encode())


JSON = st.recursive(
    st.sampled_from(VALUES) | st.text(max_size=12) | st.integers() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=max(5, CASES // len(READERS) // 2), suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_anything_is_read_or_refused(name: str, data: st.DataObject) -> None:
    good = READERS[name][1]
    keys = sorted(mapping(load(good.decode()))) if name not in ("journal", "YAML") else ["type"]
    made: Any = data.draw(
        st.one_of(
            st.binary(max_size=200),
            JSON.map(lambda value: json.dumps(value).encode()),
            st.dictionaries(st.sampled_from(keys), JSON).map(lambda value: json.dumps(value).encode()),
            st.tuples(st.binary(max_size=6), st.integers(0, len(good))).map(
                lambda t: good[: t[1]] + t[0] + good[t[1] :]
            ),
        )
    )
    ends_well(name, made)
