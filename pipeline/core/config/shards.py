"""Distributes releases over shards of equal cost, in the same way in every shard."""

from collections.abc import Mapping
from typing import TypeVar

from pipeline.core.errors import UsageError

Shared = TypeVar("Shared")


def shared_out(costs: Mapping[Shared, int], count: int) -> tuple[tuple[Shared, ...], ...]:
    """``count`` groups of keys: the dearest first, each to the cheapest group so far (Graham's LPT rule).

    Ties go to the smaller key and the earlier group, so that every shard comes to the same answer on its own.
    """
    groups: list[list[Shared]] = [[] for _ in range(count)]
    totals = [0] * count
    for key in sorted(costs, key=lambda key: (-costs[key], str(key))):
        lightest = totals.index(min(totals))
        groups[lightest].append(key)
        totals[lightest] += costs[key] + 1
    return tuple(tuple(group) for group in groups)


def parse_shard(text: str) -> tuple[int, int]:
    """``2/8`` is the second of eight.

    Raises:
        UsageError: it is none.
    """
    number, slash, count = text.partition("/")
    if slash and number.isdigit() and count.isdigit() and 1 <= int(number) <= int(count):
        return int(number), int(count)
    raise UsageError(f"{text!r} is not a shard", hint="NUMBER/COUNT: --shard 2/8")
