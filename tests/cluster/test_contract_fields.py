"""What a real API server refuses of built-in objects for their shape, and that the fields table says the same of each.

Each object of tests/data is tried with each of its fields replaced by what does not fit, doubled, left out, or joined
by a field that nobody knows. All are dry runs of server-side apply. The table must be of the server's version.
"""

import copy
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from urllib3.exceptions import ProtocolError

from pipeline.core.kube.apis import lookup
from pipeline.core.kube.field_check import Fault, FieldComplaint, complaints
from pipeline.core.kube.fields import fields_at, type_of
from pipeline.core.kube.resource import Resource
from pipeline.core.yaml.reader import load_all
from scripts.derive_apis import gvk_of
from scripts.derive_fields import described, reachable, short
from tests.cluster.cluster import Cluster, Object

DATA = Path(__file__).parents[1] / "data"
MINOR = 37
TWICE = 2
OTHERS: tuple[Any, ...] = ("x", 1, 1.5, True, {}, [], ["x"], {"nope": 1})
NOT_MOVED = (("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace"), ("metadata",))
CRD_SCHEMA = "openAPIV3Schema"
Steps = tuple[Any, ...]


@cache
def objects() -> list[Object]:
    """Every object of the test data that is well formed itself: some of the mutations' are not, on purpose."""
    files = (DATA / "mutations" / "base.yaml", DATA / "fields" / "rich.yaml")
    bodies = [body for file in files for body in load_all(file.read_text()) if body]
    return [body for body in bodies if not faults(body)]


def faults(body: Object) -> tuple[FieldComplaint, ...]:
    return complaints(Resource.of(body), MINOR)


def points(value: Any, path: Steps = ()) -> Iterator[tuple[Steps, Any]]:
    """Every path of an object with its value, the schemas of CRDs and what every object has left out."""
    if path in NOT_MOVED[:-1] or CRD_SCHEMA in path:
        return
    yield path, value
    for step, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from points(item, (*path, step))


def edited(body: Object, path: Steps) -> tuple[Object, Any]:
    """A copy, and in it what holds the last step of a path."""
    new = copy.deepcopy(body)
    target: Any = new
    for step in path[:-1]:
        target = target[step]
    return new, target


def variants(body: Object) -> Iterator[tuple[Fault, Steps, Object]]:
    """Each of a body's fields, spoilt in each way."""
    for number, (path, value) in enumerate(points(body)):
        if isinstance(value, dict):
            new, holder = edited(body, (*path, "nope"))
            holder["nope"] = 1
            yield Fault.UNKNOWN, path, new
        if isinstance(value, list) and value:
            new, holder = edited(body, (*path, 0))
            holder.append(copy.deepcopy(holder[0]))
            yield Fault.TWICE, path, new
        if path and path not in NOT_MOVED:
            new, holder = edited(body, path)
            del holder[path[-1]]
            yield Fault.MISSING, path, new
            for other in (OTHERS[number % len(OTHERS)], OTHERS[(number + 3) % len(OTHERS)]):
                new, holder = edited(body, path)
                holder[path[-1]] = other
                yield Fault.WRONG_TYPE, path, new


def asked(cluster: Cluster, body: Object) -> tuple[bool, bool]:
    """Whether the server takes it; and whether it was for its shape that it does not."""
    try:
        status, answer = cluster.apply(body, force=True, dryRun="All")
    except ProtocolError:  # kube-apiserver 1.37.2 panics at a Job with a successPolicy and no completions, and others
        return False, False
    message = str(answer.get("message") if isinstance(answer, dict) else answer)
    return status < 300, status == 500 and ("typed patch object" in message or "failed to convert" in message)


@pytest.fixture
def ready(cluster: Cluster) -> Cluster:
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "t"}})
    return cluster


def test_the_objects_are_taken_as_they_stand(ready: Cluster) -> None:
    assert len(objects()) > 60
    assert [(body["kind"], body["metadata"]["name"]) for body in objects() if not asked(ready, body)[0]] == []


def test_the_table_complains_of_what_the_server_refuses_and_of_nothing_else(ready: Cluster) -> None:
    invented, missed, kinds_of_fault = [], [], set()
    for body in thinned():
        ours = faults(body[2])
        taken, shape = asked(ready, body[2])
        kinds_of_fault |= {one.fault for one in ours}
        if ours and taken:
            invented.append((body[2]["kind"], body[1], ours))
        if shape and not ours:
            missed.append((body[2]["kind"], body[1], body[0]))
    assert invented == []
    assert [one for one in missed if one[1][-2:] != ("subresources", "status")] == []  # a type without fields
    assert kinds_of_fault == set(Fault)


def thinned() -> Iterator[tuple[Fault, Steps, Object]]:
    """The variants of every object; what stands under the same two names is spoilt in the same way but twice."""
    seen: Counter[tuple[Fault, Steps]] = Counter()
    for body in objects():
        for fault, path, new in variants(body):
            key = (fault, tuple(step for step in path if isinstance(step, str))[-2:])
            seen[key] += 1
            if seen[key] <= TWICE:
                yield fault, path, new


def test_every_field_that_must_be_set_is_one_that_the_server_asks_for(ready: Cluster) -> None:
    listed = {line for line in (DATA / "fields" / "refused.txt").read_text().splitlines() if not line.startswith("#")}
    tried: set[str] = set()
    for body in objects():
        for fault, _, new in variants(body):
            missing = {f"{one.type}.{one.field}" for one in faults(new) if one.fault is Fault.MISSING} & listed
            if fault is Fault.MISSING and not missing <= tried:
                assert not asked(ready, new)[0], missing
                tried |= missing
    assert tried == listed


@pytest.mark.parametrize("validation", ["Strict", "Warn", "Ignore"])
def test_a_client_that_does_not_apply_decides_itself_what_becomes_of_an_unknown_field(
    ready: Cluster, validation: str
) -> None:
    namespace = ready.namespace()
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": namespace}, "nope": 1}
    params = {"dryRun": "All", "fieldValidation": validation}
    status, answer = ready.raw("POST", f"/api/v1/namespaces/{namespace}/configmaps", body, params=params)
    assert (status, "nope" in answer) == (400 if validation == "Strict" else 201, False)


def test_the_table_is_the_document_that_the_server_publishes(ready: Cluster) -> None:
    """Type by type and field by field, with what each holds."""
    published = ready.expect(200, "GET", "/openapi/v2")["definitions"]
    roots = [name for name, one in published.items() if type_of_root(one)]
    names = reachable(published, roots)
    assert len(roots) > 70
    assert len(names) > 500
    for name in names:
        codes = {field: code.removeprefix("!") for field, code in described(published, name)}
        assert codes == fields_at(short(name), MINOR)


def type_of_root(definition: Object) -> str:
    group, version, kind = gvk_of(definition) or ("", "", "")
    api = lookup(group, version, kind)
    built_in = api is not None and api.namespaced is not None
    return type_of(f"{group}/{version}".removeprefix("/"), kind) if built_in else ""
