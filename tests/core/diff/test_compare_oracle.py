"""DeepDiff, which was written by others, is asked about real objects: both must see the same changes, both ways."""

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from deepdiff import DeepDiff
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.diff.change import Op
from pipeline.core.diff.compare import fields_of
from pipeline.core.diff.value_changes import canonical, values_of
from pipeline.core.kube.defaults.normalise import normal
from pipeline.core.kube.resource import Resource
from pipeline.core.render.manifests import parse
from tests.support.tools import corpus, tool

pytestmark = pytest.mark.slow

UPGRADES = [
    ("ingress-nginx-4.11.8.tgz", "ingress-nginx-4.12.0.tgz"),
    ("traefik-16.2.0.tgz", "traefik-17.0.5.tgz"),
    ("kube-state-metrics-5.37.0.tgz", "kube-state-metrics-6.0.0.tgz"),
    ("istio-1.1.17.tgz", "istio-1.2.10.tgz"),
]
LONGEST = 20_000
"""Characters of an object: DeepDiff takes seconds for a CRD."""
KEY = re.compile(r"\['([^']*)'\]|\[(\d+)\]")


@cache
def rendered(archive: str) -> dict[str, Resource]:
    chart = corpus() / "charts" / archive
    if not chart.is_file():
        pytest.skip(f"no {archive} in the corpus")
    command = [tool("helm"), "template", "rel", str(chart), "-n", "ns", "--set", "gateways.enabled=false"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {str(one.id): one for one in parse(text, namespace="ns").resources}


def pairs(old: str, new: str) -> Iterator[tuple[Resource, Resource]]:
    """The same object on both sides; and neighbours of one kind, which differ in more than an upgrade changes."""
    before, after = rendered(old), rendered(new)
    for name in sorted(before.keys() & after.keys()):
        yield before[name], after[name]
    kinds = sorted(before.values(), key=lambda one: one.id)
    yield from ((one, other) for one, other in pairwise(kinds) if one.kind == other.kind)


def maps_only(path: tuple[Any, ...]) -> tuple[str, ...]:
    """The steps before the first that leads into a list: the two name entries of lists differently."""
    end = next((index for index, step in enumerate(path) if not isinstance(step, str)), len(path))
    return path[:end]


def oracle(old: Any, new: Any) -> set[tuple[str, ...]]:
    found = DeepDiff(old, new, ignore_order=False, ignore_numeric_type_changes=False, verbose_level=1)
    paths = [path for kind in found.values() for path in kind]
    return {
        maps_only(tuple(int(index) if index else key for key, index in KEY.findall(path.removeprefix("root"))))
        for path in paths
    }


def covered(path: tuple[str, ...], others: set[tuple[str, ...]]) -> bool:
    """Whether one of ``others`` is the same place, or lies above or below."""
    return any(path[: len(other)] == other[: len(path)] for other in others)


@pytest.mark.parametrize(("old", "new"), UPGRADES, ids=lambda name: name.removesuffix(".tgz"))
def test_real_objects_differ_where_deepdiff_says_and_nowhere_else(old: str, new: str) -> None:
    compared = 0
    for before, after in pairs(old, new):
        one, other = normal(before), normal(after)
        if max(len(canonical(one)), len(canonical(other))) > LONGEST:
            continue
        compared += 1
        ours = {maps_only(change.path) for change in values_of(one, other)}
        theirs = oracle(one, other)
        assert [path for path in ours if not covered(path, theirs)] == [], before.id
        assert [path for path in theirs if not covered(path, ours)] == [], before.id
    assert compared > 3


@pytest.mark.parametrize(("old", "new"), UPGRADES, ids=lambda name: name.removesuffix(".tgz"))
def test_back_again_is_the_mirror_of_there(old: str, new: str) -> None:
    mirror = {Op.ADDED: Op.REMOVED, Op.REMOVED: Op.ADDED}
    for before, after in pairs(old, new):
        there, back = fields_of(before, after), fields_of(after, before)
        assert sorted(mirror.get(one.op, one.op) for one in there) == sorted(one.op for one in back), before.id


SCALAR = (
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.0, 1.0, 1.5, "", "1", "true", "--a=1", "--b"])
)
ENTRY = st.dictionaries(st.sampled_from(["name", "key", "port", "protocol", "value"]), SCALAR, max_size=3)
VALUE = st.recursive(
    SCALAR | ENTRY,
    lambda inner: (
        st.lists(inner | ENTRY, max_size=4)
        | st.dictionaries(st.sampled_from(["args", "env", "ports", "rules", "data", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)
LAWS = settings(max_examples=400, deadline=None, derandomize=True)


@LAWS
@given(VALUE, VALUE)
def test_silence_means_equal_to_the_letter(old: Any, new: Any) -> None:
    if not values_of(old, new):
        assert canonical(old) == canonical(new)


@LAWS
@given(VALUE, st.randoms(use_true_random=False))
def test_another_order_is_never_silent(value: Any, random: Random) -> None:
    other = shuffled(value, random)
    if canonical(value) != canonical(other):
        assert values_of(value, other)


def shuffled(value: Any, random: Random) -> Any:
    """The same with every list in an order by chance."""
    if isinstance(value, dict):
        return {key: shuffled(item, random) for key, item in value.items()}
    if isinstance(value, list):
        return random.sample([shuffled(item, random) for item in value], len(value))
    return value


@LAWS
@given(VALUE, VALUE)
def test_a_change_means_that_the_values_differ(old: Any, new: Any) -> None:
    if canonical(old) == canonical(new):
        assert list(values_of(old, new)) == []


@LAWS
@given(st.lists(SCALAR | ENTRY, max_size=6), st.lists(SCALAR | ENTRY, max_size=6))
def test_each_entry_of_a_list_is_accounted_for_once(old: list[Any], new: list[Any]) -> None:
    found = [change for change in values_of({"args": old}, {"args": new}) if len(change.path) == 2]
    grown = sum(one.op is Op.ADDED for one in found) - sum(one.op is Op.REMOVED for one in found)
    assert grown == len(new) - len(old)
