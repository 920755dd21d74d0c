"""Runs tasks that wait for servers side by side, and says who is waited for."""

import queue
import threading
from collections.abc import Callable, Mapping
from typing import TypeVar

from pipeline.core.errors import PipelineError
from pipeline.core.ports import Progress
from pipeline.core.words import listed

_AT_ONCE = 8
"""Servers are asked by so many at once; more would be no faster, and less polite."""
_TELL_SECONDS = 5.0
T = TypeVar("T")


def side_by_side(tasks: Mapping[str, Callable[[], T]], progress: Progress) -> dict[str, T | PipelineError]:
    """What each task returns, or the error it ends with, by its name and in the order of ``tasks``.

    Every task is run, whatever becomes of the others. Where nothing happens for a while, ``progress`` hears who is
    waited for. Any other exception than a PipelineError is raised at once.
    """
    todo, events = queue.SimpleQueue[str](), queue.SimpleQueue[tuple[str, bool, object]]()
    for name in tasks:
        todo.put(name)
    for _ in range(min(_AT_ONCE, len(tasks))):
        threading.Thread(target=_work, args=(tasks, todo, events), daemon=True).start()
    results: dict[str, T | PipelineError] = {}
    running: dict[str, None] = {}
    while len(results) < len(tasks):
        try:
            name, ended, result = events.get(timeout=_TELL_SECONDS)
        except queue.Empty:
            progress(len(results), len(tasks), f"waiting for {listed(running)}")
            continue
        if not ended:
            running[name] = None
            progress(len(results), len(tasks), name)
            continue
        del running[name]
        if isinstance(result, BaseException) and not isinstance(result, PipelineError):
            raise result
        results[name] = result  # type: ignore[assignment]  # what the task of that name returned
    return {name: results[name] for name in tasks}


def _work(
    tasks: Mapping[str, Callable[[], object]],
    todo: "queue.SimpleQueue[str]",
    events: "queue.SimpleQueue[tuple[str, bool, object]]",
) -> None:
    while True:
        try:
            name = todo.get_nowait()
        except queue.Empty:
            return
        events.put((name, False, None))
        try:
            result: object = tasks[name]()
        except BaseException as error:  # noqa: BLE001 - it is raised or told where the results are awaited
            result = error
        events.put((name, True, result))
