"""One value of a manifest is replaced by any other, everywhere: no rule ends a run, and the change does not go unseen.

Three sources: each field of each built-in kind (from the table of fields), each field of the sparse objects that other
tests use, and each probe that a real API server answered (``PIPELINE_CORPUS``). ``PIPELINE_ODD_ROUNDS`` tries more.
"""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from pipeline import rules
from pipeline.core.diff.compare import compare
from pipeline.core.judge.judge import Judgement, judge
from pipeline.core.kube import fields
from pipeline.core.render.manifests import parse
from pipeline.core.risk.upgrade import Facts, Side, Upgrade
from pipeline.core.yaml.reader import load_all
from tests.rules.test_odd_objects import ODD, ROUNDS, SPARSE
from tests.support.tools import corpus

pytestmark = pytest.mark.slow

RULES = rules.load()
MINOR = fields.bounds()[1]
DEEPEST = 9
PLAIN = {"s": "x", "i": 1, "n": 1, "b": True, "q": "1Gi", "x": 8080, "y": "eA==", "j": {}}
PLAIN |= {"t": "2026-01-01T00:00:00Z", "m": "2026-01-01T00:00:00.000000Z"}
Steps = tuple[str | int, ...]


def nested(inner: Any, *, depth: int = 60) -> Any:
    for _ in range(depth):
        inner = [inner] if depth % 2 else {"a": inner}
    return inner


ODDER: tuple[Any, ...] = (
    *ODD,
    *(2**64 - 1, -(2**63), 1e308, 5e-324, "9" * 5000, "½", "²", "٣", "1e999", "0x", "\x00a", "{{", "a=b", "a:b:c:d"),
    *("//", "http://[", "1.2.3.4/99", "sha256:", "@", "a@b@c", "::1", " ", "\n", nested(1), nested(1, depth=61)),
    *({"$patch": "delete"}, [{"name": "x"}, {"name": "x"}], [[["x"]]], {"a": None}, {"0": 1}),
)


def whole(code: str, above: tuple[str, ...] = ()) -> Any:
    """A value of the type with every field that it has."""
    if code in PLAIN:
        return PLAIN[code]
    if code[0] == "[":
        return [whole(fields.entries(code)[1], above)]
    if code[0] == "{":
        return {"a": whole(fields.entries(code)[1], above)}
    name = code.removeprefix("#")
    if name in above or len(above) > DEEPEST:
        return {}
    return {field: whole(found, (*above, name)) for field, found in fields.fields_at(name, MINOR).items()}


def every_kind() -> Iterator[Any]:
    for key, name in fields._raw()["kinds"].items():
        version, _, kind = key.rpartition("/")
        metadata = {"name": "x", "namespace": "shop", "labels": {"a": "b"}}
        yield {**whole(name), "apiVersion": version, "kind": kind, "metadata": metadata}


def paths(value: Any, above: Steps = ()) -> Iterator[Steps]:
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in entries:
        yield (*above, step)
        yield from paths(inner, (*above, step))


def put(body: Any, steps: Steps, value: Any) -> Any:
    """A copy with ``value`` there. An entry that the list does not have is added."""
    out = at = copy.deepcopy(body)
    for step in steps[:-1]:
        at = at[step]
    if isinstance(at, list) and isinstance(steps[-1], int) and steps[-1] >= len(at):
        at.append(None)
    at[steps[-1]] = copy.deepcopy(value)
    return out


def judged(before: Any, after: Any) -> Judgement:
    old, new = (Side(parse(json.dumps(body), namespace="shop", release="web")) for body in (before, after))
    diff = compare(old.manifests, new.manifests)
    return judge(Upgrade("web", "shop", old, new, diff, Facts(target=(1, 35))), RULES)


def both_ways(body: Any, steps: Steps, value: Any) -> None:
    other = put(body, steps, value)
    judged(body, other)
    judged(other, body)


@pytest.mark.parametrize("part", range(8))
def test_any_value_at_any_field_of_the_sparse_objects(part: int) -> None:
    for index, body in enumerate(load_all(SPARSE.read_text())[part::8]):
        for steps in paths(body):
            chance = random.Random(f"{part} {index} {steps}")
            for value in chance.sample(ODDER, min(ROUNDS, len(ODDER))):
                both_ways(body, steps, value)
                judged(put(body, steps, chance.choice(ODDER)), put(body, steps, value))


def test_any_value_at_some_field_of_every_kind() -> None:
    for number, body in enumerate(every_kind()):
        chance = random.Random(number)
        for steps in chance.choices(list(paths(body)), k=ROUNDS):
            both_ways(body, steps, chance.choice(ODDER))


@pytest.mark.parametrize("part", range(8))
def test_whatever_the_api_server_was_asked(part: int) -> None:
    folder = corpus() / "values"
    bases = load_all((folder / "base.yaml").read_text())
    bodies = {(body["apiVersion"], body["kind"], body["metadata"]["name"]): body for body in bases}
    for line in (folder / "1.37.2.jsonl").read_text().splitlines()[part::8]:
        probe = json.loads(line)
        version = f"{probe['group']}/{probe['version']}".removeprefix("/")
        body, steps = bodies[version, probe["kind"], probe["name"]], tuple(probe["path"])
        both_ways(body, steps, probe.get("value"))  # what was taken away there is null here


POD = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
    "spec: {activeDeadlineSeconds: 60, terminationGracePeriodSeconds: 30, priority: 5, containers: [{name: c, image: i,"
    " ports: [{containerPort: 80}], livenessProbe: {tcpSocket: {port: 80}, periodSeconds: 9}}]}\n"
)
CASES: list[tuple[Steps, Any]] = [
    (("spec", "activeDeadlineSeconds"), "30"),
    (("spec", "activeDeadlineSeconds"), [30]),
    (("spec", "terminationGracePeriodSeconds"), "soon"),
    (("spec", "priority"), {"value": 5}),
    (("spec", "containers", 0, "ports", 0, "containerPort"), "80"),
    (("spec", "containers", 0, "livenessProbe", "tcpSocket", "port"), 80.5),
    (("spec", "containers", 0, "livenessProbe", "periodSeconds"), "9s"),
]


@pytest.mark.parametrize(("steps", "value"), CASES, ids=str)
def test_text_where_a_number_belongs_is_a_finding_and_cannot_change(steps: Steps, value: Any) -> None:
    (body,) = load_all(POD)
    found = judged(body, put(body, steps, value)).findings
    assert "immutable-pod-spec" in {finding.rule for finding in found}
