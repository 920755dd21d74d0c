"""What differs is found exactly, and said once."""

import sys
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.analysis.change_text import all_shown, shown
from pipeline.core.diff.change import Action, FieldChange, Op
from pipeline.core.diff.compare import compare
from pipeline.core.diff.value_changes import values_of
from pipeline.core.kube.path import to_text
from pipeline.core.kube.resource import ManifestSet, Resource
from pipeline.core.yaml.reader import load_all


def manifests(text: str) -> ManifestSet:
    return ManifestSet.of(Resource.of(body) for body in load_all(text) if body)


def changed(old: Any, new: Any) -> list[tuple[str, str]]:
    return [(to_text(change.path), str(change.op)) for change in values_of(old, new)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (1, True),
        (1, "1"),
        (1, 1.0),
        (0, False),
        (None, ""),
        ({}, []),
        ({"a": None}, {}),
        ({}, {"a": None}),
        ([1], [True]),
    ],
)
def test_look_alikes_differ(old: Any, new: Any) -> None:
    assert changed({"x": old}, {"x": new})


def test_entries_of_a_keyed_list_are_told_apart_by_their_key_and_its_order_is_a_change_of_its_own() -> None:
    old = {"containers": [{"name": "a", "image": "x:1"}, {"name": "b"}]}
    new = {"containers": [{"name": "b"}, {"name": "a", "image": "x:2"}]}
    assert changed(old, new) == [("containers[name=a].image", "changed"), ("containers", "reordered")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([{"name": "a"}, {"name": "b"}, {"name": "c"}], [{"name": "x"}, {"name": "a"}, {"name": "c"}]),
        ([{"name": "a"}, {"name": "b"}], [{"name": "b"}]),
    ],
)
def test_what_only_moves_up_because_another_entry_comes_or_goes_is_in_the_same_order(old: Any, new: Any) -> None:
    assert "reordered" not in {op for _, op in changed({"env": old}, {"env": new})}


def test_names_that_python_takes_for_equal_name_nothing() -> None:
    old, new = {"x": [{"name": 1}, {"name": True}]}, {"x": [{"name": True}, {"name": 1}]}
    assert changed(old, new) == [("x", "reordered")]


def test_ports_of_the_same_number_are_told_apart_by_protocol() -> None:
    old = {"ports": [{"port": 53, "protocol": "TCP"}, {"port": 53, "protocol": "UDP", "name": "d"}]}
    new = {"ports": [{"port": 53, "protocol": "TCP"}, {"port": 53, "protocol": "UDP", "name": "dns"}]}
    assert changed(old, new) == [("ports[port=53,protocol=UDP].name", "changed")]


def test_an_ordered_list_that_is_shuffled_is_one_change() -> None:
    assert changed({"args": ["a", "b", "c"]}, {"args": ["c", "a", "b"]}) == [("args", "reordered")]


def test_an_entry_put_in_front_is_one_addition() -> None:
    assert changed({"args": ["a", "b"]}, {"args": ["x", "a", "b"]}) == [("args[0]", "added")]


def test_a_subtree_that_goes_is_one_change_at_its_root() -> None:
    assert changed({"a": {"b": {"c": 1, "d": 2}}}, {"a": {}}) == [("a.b", "removed")]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            ["--a=1", "--b=2", "--d=1", "--keep"],
            ["--c=4", "--keep", "--b=3", "--a=1"],
            [("args", "reordered"), ("args[2]", "changed"), ("args[2]", "removed"), ("args[0]", "added")],
        ),
        (["--h=a", "--h=b", "--h=c"], ["--h=a", "--h=c", "--h=d"], [("args[2]", "changed")]),
        (["--level", "info", "--x"], ["--level", "debug", "--x"], [("args[1]", "changed")]),
        (["serve", "--x"], ["run"], [("args[0]", "changed"), ("args[1]", "removed")]),
    ],
)
def test_a_flag_is_held_against_the_flag_of_its_name(old: list[str], new: list[str], expected: list[Any]) -> None:
    assert changed({"args": old}, {"args": new}) == expected


def test_a_key_that_a_list_holds_twice_names_nothing() -> None:
    old = {"env": [{"name": "x", "value": "1"}, {"name": "x", "value": "2"}]}
    new = {"env": [{"name": "x", "value": "1"}, {"name": "x", "value": "3"}]}
    assert changed(old, new) == [("env[1].value", "changed")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lambda n: [str(i) for i in range(n)], lambda n: [str(i) for i in reversed(range(n))]),
        (lambda n: [str(i) for i in range(n)], lambda n: [f"y{i}" for i in range(n)]),
        (lambda n: [{"name": str(i)} for i in range(n)], lambda n: [{"name": str(-i), "v": i} for i in range(n)]),
        (lambda n: [f"--f{i}={i}" for i in range(n)], lambda n: [f"--f{i}=x" for i in reversed(range(n))]),
        (lambda n: [{"q": {"a": i}} for i in range(n)], lambda n: [{"q": {"a": -i}} for i in reversed(range(n))]),
    ],
    ids=["shuffled", "all anew", "keyed", "flags", "no key"],
)
def test_a_long_list_takes_work_by_its_length(one: Any, other: Any) -> None:
    def calls(entries: int) -> int:
        values = {"args": one(entries)}, {"args": other(entries)}
        counted = Counter[str]()
        sys.setprofile(lambda _frame, event, _argument: counted.update((event,)))
        try:
            values_of(*values)
        finally:
            sys.setprofile(None)
        return counted["call"] + counted["c_call"]

    assert calls(20_000) < 12 * calls(2_000)  # 10 times the length; quadratic would be 100


OLD = "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: web, namespace: shop}\n"
NEW = OLD.replace("v1beta1", "v1")


def test_another_api_version_is_an_edit_not_a_new_object() -> None:
    (change,) = compare(manifests(OLD), manifests(NEW)).changes
    assert (change.action, [field.path for field in change.fields]) == (Action.CHANGED, [("apiVersion",)])


def said(old: str, new: str) -> list[str]:
    (change,) = compare(manifests(old), manifests(new)).changes
    return [shown(field) for field in change.fields]


def test_a_number_is_shown_as_a_number() -> None:
    text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{replicas: {0}}}\n"
    assert said(text.format(1), text.format(0)) == ["replicas 1 -> 0"]
    assert said(text.format(1), text.format("true")) == ["replicas 1 -> true"]
    assert said(text.format(2), text.format("'2'")) == ['replicas 2 -> "2"']


def test_version_labels_are_noise_but_a_selector_is_not() -> None:
    text = (
        "apiVersion: v1\nkind: Service\nmetadata: {{name: web, labels: {{helm.sh/chart: {0}}}}}\n"
        "spec: {{selector: {{chart: {0}}}}}\n"
    )
    (change,) = compare(manifests(text.format("web-1")), manifests(text.format("web-2"))).changes
    assert [(to_text(field.path), bool(field.noise)) for field in change.fields] == [
        ('metadata.labels["helm.sh/chart"]', True),
        ("spec.selector.chart", False),
    ]


def test_entries_are_shown_by_their_names() -> None:
    text = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{template: {{spec: {{containers: "
        "[{{name: a, env: [{0}], ports: [{1}]}}]}}}}}}\n"
    )
    old = text.format("{name: LEVEL, value: info}, {name: OLD}", "{containerPort: 80, name: http}")
    new = text.format("{name: LEVEL, value: debug}, {name: NEW, value: x}", "{containerPort: 81}")
    assert said(old, new) == [
        "LEVEL info -> debug",
        "env NEW added",
        "env OLD removed",
        "ports 80/TCP http removed",
        "ports 81/TCP added",
    ]


def test_paths_that_end_alike_are_told_apart() -> None:
    fields = [
        FieldChange(("a", "list", 0, "cpu"), Op.CHANGED, 1, 2),
        FieldChange(("a", "list", 1, "cpu"), Op.CHANGED, 1, 2),
        FieldChange(("b", "max", "cpu"), Op.CHANGED, 1, 2),
        FieldChange(("b", "memory"), Op.CHANGED, 1, 2),
    ]
    assert all_shown(fields) == ["list[0].cpu 1 -> 2", "list[1].cpu 1 -> 2", "max.cpu 1 -> 2", "memory 1 -> 2"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "a", "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "name"]), inner, max_size=3),
    max_leaves=10,
)
LAWS = settings(max_examples=300, deadline=None, derandomize=True)


@pytest.mark.slow
@LAWS
@given(JSON)
def test_nothing_differs_from_itself(value: Any) -> None:
    assert list(values_of(value, value)) == []


@pytest.mark.slow
@LAWS
@given(JSON, JSON)
def test_swapping_the_sides_swaps_additions_and_removals(old: Any, new: Any) -> None:
    def counted(changes: tuple[FieldChange, ...]) -> dict[Op, int]:
        return {op: sum(1 for change in changes if change.op is op) for op in Op}

    there, back = counted(values_of(old, new)), counted(values_of(new, old))
    assert (there[Op.ADDED], there[Op.REMOVED]) == (back[Op.REMOVED], back[Op.ADDED])


@pytest.mark.slow
@LAWS
@given(JSON, JSON)
def test_whatever_deepdiff_sees_is_seen(old: Any, new: Any) -> None:
    from deepdiff import DeepDiff

    differs = bool(DeepDiff(old, new, ignore_order=False, ignore_numeric_type_changes=False))
    assert bool(values_of(old, new)) or not differs or _same_but_for_keyed_order(old, new)


def _same_but_for_keyed_order(old: Any, new: Any) -> bool:
    """A keyed list in another order: a difference to DeepDiff, none to Kubernetes."""
    from deepdiff import DeepDiff

    return not DeepDiff(old, new, ignore_order=True, report_repetition=True)
