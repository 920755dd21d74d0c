"""The way from one version of a chart to another that the fewest findings block, in the fewest steps.

A step is one upgrade: what it skips is never rendered in the cluster. Only the steps that can matter are judged: the
search goes on from the place that is reached with the fewest blockers, and ends when the wanted version is.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Judge = Callable[[str, str], int | None]
"""``(old, new)``: how many blockers that step has; None where it cannot be made, because a version does not render."""


@dataclass(frozen=True, slots=True)
class UpgradePath:
    """``versions`` are the steps in order, without the one that it starts from; ``blockers`` those of all steps."""

    versions: tuple[str, ...]
    blockers: int


def best_path(versions: Sequence[str], judge: Judge) -> UpgradePath | None:
    """From the first of ``versions`` (oldest first) to the last; None where no way leads there.

    Of several ways with as few blockers the shortest is taken, and of several such the one that goes farthest at once.
    """
    last = len(versions) - 1
    todo: list[tuple[int, int, tuple[int, ...]]] = [(0, 0, ())]
    done: set[int] = set()
    while todo:
        blockers, steps, way = heapq.heappop(todo)
        here = -way[-1] if way else 0
        if here == last:
            return UpgradePath(tuple(versions[-number] for number in way), blockers)
        if here in done:
            continue
        done.add(here)
        for there in range(last, here, -1):
            cost = judge(versions[here], versions[there])
            if cost is not None:
                heapq.heappush(todo, (blockers + cost, steps + 1, (*way, -there)))
            if there == last and cost == 0:
                break  # nothing gets there with less
    return None
