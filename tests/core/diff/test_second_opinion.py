"""DeepDiff finds nothing that our comparison does not tell or explain; and it does find what a broken one leaves out.

``PIPELINE_PAIRS=10000`` asks for so many generated pairs instead of a few hundred.
"""

import copy
import os
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pipeline.core.diff import value_changes
from pipeline.core.diff.change import FieldChange
from pipeline.core.diff.compare import compare, fields_of
from pipeline.core.diff.second_opinion import unreported, unreported_fields
from pipeline.core.kube.merge_keys import entry_key, merge_key
from pipeline.core.kube.resource import ManifestSet, Resource
from pipeline.core.yaml.reader import load_all

DATA = Path(__file__).parents[2] / "data"
PAIRS = int(os.environ.get("PIPELINE_PAIRS", "300"))
CUSTOM = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: vs, namespace: t}
spec:
  hosts: [shop]
  http:
  - {name: canary, match: [{uri: {prefix: /api}}], timeout: 60s, route: [{destination: {host: b}}]}
  - {name: all, route: [{destination: {host: a}}]}
"""
TEXTS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: texts, namespace: t, annotations: {policy: '{"rules": [{"id": "a"}, {"id": "b", "x": [1, 2]}]}'}}
data:
  envoy.yaml: |
    http_filters:
    - name: jwt_authn
    - name: rbac
      typed: {inline: "- a: 1\\n- b: 2\\n"}
  app.ini: |
    [server]
    port = 80
    mode = fast
  notes: plain words
"""
ODD: list[Any] = [
    None,
    "",
    0,
    False,
    {},
    [],
    1,
    "1",
    1.5,
    True,
    "x",
    "1000m",
    "60s",
    {"name": "n"},
    [{"name": "n"}],
    ["a", "b"],
]
ODD += [{"a": {"b": [1, 2]}}, "a: 1\nb: [1, 2]\n", '{"a": [{"id": 1}]}', [{"name": "n", "value": 1}, {"name": "m"}]]


def bases() -> list[Resource]:
    texts = [(DATA / "mutations" / "base.yaml").read_text(), (DATA / "sparse.yaml").read_text(), CUSTOM, TEXTS]
    return [Resource.of(body) for text in texts for body in load_all(text) if body]


def paths(value: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path for step, item in steps for path in ((*above, step), *paths(item, (*above, step)))]


def mutated(body: Any, random: Random) -> Any:
    """The same with one to five changes: values, keys and entries that come, go, move, and double."""
    found = copy.deepcopy(body)
    for _ in range(random.randint(1, 5)):
        places = [
            path for path in paths(found) if path[0] not in ("apiVersion", "kind") and path[:2] != ("metadata", "name")
        ]
        if places:
            _once(found, random.choice(places), random)
    return found


def _once(body: Any, path: tuple[Any, ...], random: Random) -> None:
    holder = body
    for step in path[:-1]:
        holder = holder[step]
    last = path[-1]
    value = holder[last]
    match random.randrange(7):
        case 0:
            del holder[last]
        case 1 if isinstance(value, list):
            random.shuffle(value)
        case 2 if isinstance(value, list):
            value.insert(random.randint(0, len(value)), copy.deepcopy(random.choice([*ODD, *value])))
        case 3 if isinstance(value, dict):
            value[random.choice(["name", "new", "value", "type"])] = copy.deepcopy(random.choice(ODD))
        case 4 if isinstance(value, str) and "\n" in value:
            lines = value.splitlines(keepends=True)
            random.shuffle(lines)
            holder[last] = "".join(lines)
        case 5 if isinstance(value, str):
            holder[last] = value.replace("a", "b", 1) + random.choice(["", "x", "\n"])
        case _:
            holder[last] = copy.deepcopy(random.choice(ODD))


@pytest.mark.slow
def test_what_deepdiff_sees_in_generated_pairs_is_told_or_explained() -> None:
    random, everything = Random(13), bases()
    silent = 0
    for number in range(PAIRS):
        resource = everything[number % len(everything)]
        before = mutated(resource.body, random) if number % 3 == 0 else resource.body
        old, new = (resource.with_body(body) for body in (before, mutated(before, random)))
        fields = fields_of(old, new)
        silent += not fields
        assert [str(one) for one in unreported_fields(old, new, fields)] == [], (old.body, new.body)
    assert silent < PAIRS / 4


def pair(old: str, new: str) -> tuple[ManifestSet, ManifestSet]:
    first, second = (ManifestSet.of(Resource.of(body) for body in load_all(text) if body) for text in (old, new))
    return first, second


def said(old: str, new: str) -> list[str]:
    before, after = pair(old, new)
    return [str(one) for one in unreported(before, after, compare(before, after).changes)]


def blind_to_order(path: Any, old: Any, new: Any, found: list[FieldChange]) -> None:
    """A comparison that takes every named list for a map, as ours once did."""
    key = merge_key(str(path[-1]), old, new)
    if key is None:
        PLAIN(path, old, new, found)
        return
    before, after = ({entry_key(key, entry): entry for entry in side} for side in (old, new))
    for step, entry in before.items():
        if step in after:
            value_changes._value((*path, step), entry, after[step], found)


PLAIN = value_changes._plain_lists
VIRTUAL = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: p}\nspec: {http: [%s]}\n"
ENVOY = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: p}\ndata:\n  envoy.yaml: |\n    filters: [%s]\n    x: 1\n"
ONE, TWO = "{name: canary, match: [{uri: {prefix: /api}}]}", "{name: all}"
POD = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {initContainers: [%s], containers: [{name: c, image: %s}]}\n"
)


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        (POD % ("{name: a}, {name: b}", "x"), POD % ("{name: b}, {name: a}", "x"), "spec.initContainers[0]"),
        (POD % ("{name: a}, {name: b}", "x"), POD % ("{name: b}, {name: a}", "y"), "spec.initContainers[0]"),
        (VIRTUAL % f"{ONE}, {TWO}", VIRTUAL % f"{TWO}, {ONE}", "spec.http[0]"),
        (ENVOY % f"{ONE}, {TWO}", ENVOY % f"{TWO}, {ONE}", 'data["envoy.yaml"].filters[0]'),
    ],
)
def test_a_comparison_that_is_blind_to_order_does_not_pass(
    monkeypatch: pytest.MonkeyPatch, old: str, new: str, where: str
) -> None:
    assert said(old, new) == []
    monkeypatch.setattr(value_changes, "_lists", blind_to_order)
    assert any(where in one for one in said(old, new))


def test_a_change_that_is_left_out_is_named_with_its_object_and_path() -> None:
    before, after = pair(POD % ("{name: a}", "x"), POD % ("{name: a, tty: true}", "y"))
    (change,) = compare(before, after).changes
    for left_out in change.fields:
        told = [one for one in change.fields if one is not left_out]
        found = [str(one) for one in unreported_fields(before.resources[0], after.resources[0], told)]
        assert found, left_out.path
        assert all(one.startswith("Pod p spec.") for one in found)
    assert [str(one) for one in unreported(before, after, [])] != []
    assert [str(one) for one in unreported(before, ManifestSet(), [])] == ["Pod p"]
    assert [str(one) for one in unreported(ManifestSet(), after, [])] == ["Pod p"]


@pytest.mark.parametrize(("old", "new"), [("[0, a]", "[false, a]"), ("[1, 2]", "[1.0, 2]"), ("[[1]]", "[[true]]")])
def test_an_entry_of_another_type_is_seen_where_python_calls_it_equal(old: str, new: str) -> None:
    text = "apiVersion: example.org/v1\nkind: Box\nmetadata: {name: b}\nspec: {entries: %s}\n"
    before, after = pair(text % old, text % new)
    assert said(text % old, text % new) == []
    assert [str(one) for one in unreported(before, after, [])] != []


@pytest.mark.slow
def test_every_reported_path_of_generated_pairs_is_needed() -> None:
    """What is told is carried out: with any one change left out, DeepDiff sees the difference."""
    random, everything = Random(7), bases()
    missed = []
    for number in range(PAIRS):
        resource = everything[number % len(everything)]
        new = resource.with_body(mutated(resource.body, random))
        fields = fields_of(resource, new)
        if fields:
            left_out = random.choice(fields)
            told = [one for one in fields if one is not left_out]
            if not list(unreported_fields(resource, new, told)):
                missed.append((resource.id, left_out))
    assert missed == []
