"""The way between two versions: fewest blockers, then fewest steps."""

import itertools
import random

import pytest

from pipeline.core.upgrade.best_path import UpgradePath, best_path

Costs = dict[tuple[str, str], int | None]


def way(costs: Costs, *versions: str) -> tuple[UpgradePath | None, list[tuple[str, str]]]:
    asked: list[tuple[str, str]] = []

    def judge(old: str, new: str) -> int | None:
        asked.append((old, new))
        return costs.get((old, new), 0)

    return best_path(versions, judge), asked


def test_one_jump_where_nothing_blocks() -> None:
    assert way({}, "1", "2", "3") == (UpgradePath(("3",), 0), [("1", "3")])


def test_a_stop_between_where_the_jump_is_blocked() -> None:
    found, _ = way({("1", "3"): 2}, "1", "2", "3")
    assert found == UpgradePath(("2", "3"), 0)


def test_of_equal_ways_the_shortest_that_goes_farthest() -> None:
    assert way({("1", "4"): 1}, "1", "2", "3", "4")[0] == UpgradePath(("3", "4"), 0)
    assert way({("1", "4"): 1, ("3", "4"): 1, ("2", "4"): 1}, "1", "2", "3", "4")[0] == UpgradePath(("4",), 1)


def test_a_version_that_does_not_render_is_passed_by() -> None:
    broken: Costs = {("1", "2"): None, ("2", "3"): None, ("1", "3"): 1}
    assert way(broken, "1", "2", "3")[0] == UpgradePath(("3",), 1)
    assert way({("1", "2"): None}, "1", "2")[0] is None
    assert way({}, "1")[0] == UpgradePath((), 0)


@pytest.mark.parametrize("seed", range(60))
def test_no_other_way_is_better(seed: int) -> None:
    """Held against all ways there are, up to 12 versions."""
    numbers = random.Random(seed)
    versions = [str(number) for number in range(numbers.randrange(2, 13))]
    costs: Costs = {pair: numbers.choice([0, 0, 1, 2, 5, None]) for pair in itertools.combinations(versions, 2)}
    found, asked = way(costs, *versions)
    assert len(asked) == len(set(asked)), "each step is judged once"
    every = []
    for count in range(len(versions) - 1):
        for between in itertools.combinations(versions[1:-1], count):
            steps = [costs[pair] for pair in itertools.pairwise([versions[0], *between, versions[-1]])]
            if None not in steps:
                every.append((sum(step for step in steps if step is not None), len(steps)))
    assert (None if found is None else (found.blockers, len(found.versions))) == (min(every) if every else None)
