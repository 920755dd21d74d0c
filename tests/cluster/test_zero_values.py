"""Zero and absent are one value exactly where a real API server stores the same for both."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.core.diff.compare import fields_of
from pipeline.core.kube.fields import bounds, entries, fields_at, type_of
from pipeline.core.kube.path import to_text
from pipeline.core.kube.resource import Resource
from tests.cluster.cluster import Cluster, Object

DATA = Path(__file__).parents[1] / "data"
BASE = list(yaml.safe_load_all((DATA / "mutations" / "base.yaml").read_text()))
ZEROS: dict[str, tuple[Any, ...]] = {
    "s": ("",),
    "i": (0,),
    "b": (False,),
    "[": ([],),
    "{": ({},),
    "#": ({},),
    "x": (0, ""),
}
NOTHING_TO_ASK = {"IngressClass", "Lease", "VolumeAttributesClass"}
"""Kinds of which the server stores nothing beside what must be set."""
DROPPED = {
    "dataSource",
    "scheduling",
    "schedulingGroup",
    "preferredHolder",
    "mode",
    "strategy",
    "sessionAffinityConfig",
}
DROPPED |= {"apiVersion", "kind", "selector"}
"""Fields that the server drops with what they hold (their feature is off, another field decides): we tell them."""
OWN = ("uid", "creationTimestamp", "managedFields", "resourceVersion", "generation")


def places(value: Any, code: str, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Every field that the type of an object has, set or not, below what is set."""
    if code[0] == "#" and isinstance(value, dict):
        for field, inner in fields_at(code[1:], bounds()[1]).items():
            yield (*path, field), inner
            yield from places(value.get(field), inner, (*path, field))
    elif code[0] == "[" and isinstance(value, list):
        for index, item in enumerate(value[:1]):
            yield from places(item, entries(code)[1], (*path, index))


def put(body: Object, path: tuple[Any, ...], value: Any) -> Object:
    """A copy with another value at a path; ``...`` takes it away."""
    found = copy.deepcopy(body)
    holder: Any = found
    for step in path[:-1]:
        holder = holder[step]
    if value is ...:
        holder.pop(path[-1], None)
    else:
        holder[path[-1]] = value
    return found


def stored(cluster: Cluster, body: Object, namespace: str) -> Any:
    """What a new object would be stored as; None where it is refused."""
    meta = {**body["metadata"], "name": "zero"} | ({"namespace": namespace} if "namespace" in body["metadata"] else {})
    if body["kind"] in ("CustomResourceDefinition", "APIService"):
        meta = body["metadata"]
    mine = {**body, "metadata": meta}
    status, answer = cluster.raw("POST", cluster.path(mine).rpartition("/")[0], mine, params={"dryRun": "All"})
    if status not in (200, 201):
        return None
    for key in OWN:
        answer["metadata"].pop(key, None)
    answer.pop("status", None)
    return _without_what_is_made(answer)


def _without_what_is_made(answer: Any) -> Any:
    """Addresses, node ports and names of tokens, which the server makes for each object by chance."""
    if isinstance(answer, dict):
        made = ("clusterIP", "clusterIPs", "nodePort", "healthCheckNodePort", "controller-uid")
        kept = {key: item for key, item in answer.items() if key not in made and "controller-uid" not in key}
        return {key: _without_what_is_made(item) for key, item in kept.items()}
    if isinstance(answer, list):
        return [
            _without_what_is_made(item)
            for item in answer
            if not (isinstance(item, dict) and str(item.get("name")).startswith("kube-api-access-"))
        ]
    return answer


def excused(path: str, *, equal: bool) -> bool:
    """Whether we may differ: told though nothing is stored, or silent because a Job is defaulted when it is made."""
    return path.startswith("spec.jobTemplate.spec.") if equal else path.rpartition(".")[2] in DROPPED


@pytest.mark.parametrize("body", BASE, ids=lambda body: f"{body['kind']} {body['metadata']['name']}")
def test_zero_is_absent_exactly_where_the_server_stores_the_same(cluster: Cluster, body: Object) -> None:
    root = type_of(body["apiVersion"], body["kind"])
    if not root or body["kind"] == "CustomResourceDefinition":
        pytest.skip("its schemas have rules of their own")
    namespace = cluster.namespace()
    wrong, asked = [], 0
    for path, code in places(body, f"#{root}"):
        if path[0] in ("status", "apiVersion", "kind") or path[:1] == ("metadata",):
            continue
        absent = put(body, path, ...)
        without = stored(cluster, absent, namespace)
        if without is None:
            continue
        for zero in ZEROS.get(code[0], ()):
            given = put(body, path, zero)
            answer = stored(cluster, given, namespace)
            if answer is None:
                continue
            asked += 1
            ours = not fields_of(Resource.of(absent), Resource.of(given))
            if ours is not (answer == without) and not excused(to_text(path), equal=ours):
                wrong.append(f"{to_text(path)} {zero!r}: server {'equal' if answer == without else 'differs'}")
    assert asked or body["kind"] in NOTHING_TO_ASK
    assert "\n".join(wrong) == ""
