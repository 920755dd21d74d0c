"""Many requests at once: their answers in order, and an error that ends the rest."""

import os
import signal
import threading
import time

import pytest

from pipeline.flows.cluster.reading import WORKERS, in_parallel


def test_answers_come_in_the_order_of_the_questions() -> None:
    def slow(number: int) -> int:
        time.sleep(0.01 * (number % 3))
        return number * 2

    assert in_parallel(slow, range(100)) == [number * 2 for number in range(100)]
    assert in_parallel(slow, []) == []


def test_so_many_at_once_and_no_more() -> None:
    together = threading.Barrier(WORKERS)
    now, most, guard = 0, 0, threading.Lock()

    def work(_: int) -> None:
        nonlocal now, most
        with guard:
            now += 1
            most = max(most, now)
        together.wait(10)
        with guard:
            now -= 1

    in_parallel(work, range(WORKERS * 3))
    assert most == WORKERS


def test_first_error_is_raised_and_nothing_new_is_begun() -> None:
    begun = []

    def work(number: int) -> None:
        begun.append(number)
        if number == 1:
            raise ValueError("one")
        time.sleep(0.05)
        if number == 0:
            raise KeyError("nought")

    with pytest.raises(KeyError, match="nought"):
        in_parallel(work, range(1000))
    assert len(begun) <= WORKERS


def test_signal_ends_it_once_what_is_under_way_is_done() -> None:
    done: list[int] = []

    def work(number: int) -> None:
        if number == 20:
            os.kill(os.getpid(), signal.SIGINT)  # to the process: its main thread hears it
        time.sleep(0.1 if number else 1.0)  # the first is the one that is waited for when the signal comes
        done.append(number)

    with pytest.raises(KeyboardInterrupt):
        in_parallel(work, range(1000))
    assert 0 in done
    assert len(done) <= 20 + WORKERS
    before = list(done)
    time.sleep(0.3)
    assert done == before
