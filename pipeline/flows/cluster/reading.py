"""Reads the live objects of many identities: as a list if many share a kind and namespace, else one by one."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sized
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import TypeVar

from pipeline.core.cluster.api.discovery import Served
from pipeline.core.kube.resource import Body, ResourceId, mapping
from pipeline.flows.cluster.client import Client

WORKERS = 16
"""So many requests at once: enough that the server never waits for us, few enough for its fairness queues."""
_LOOK_SECONDS = 0.1
_LIST_FROM = 4
"""So many objects of one kind in one namespace are read by one list."""
In = TypeVar("In")
Out = TypeVar("Out")


def in_parallel(work: Callable[[In], Out], items: Iterable[In]) -> list[Out]:
    """``work`` on each, WORKERS at a time; the answers in the order of ``items``. The first error is raised.

    After an error nothing new is begun. Plain threads that take the next one: futures cost as much as a request's JSON.
    """
    todo = list(items)
    done: dict[int, Out] = {}
    errors: dict[int, BaseException] = {}
    numbers = iter(range(len(todo)))  # next() of it is atomic
    begun, ended, woken = list[None](), list[None](), SimpleQueue[None]()

    def worker() -> None:
        begun.append(None)
        for number in numbers:
            if errors:
                break
            try:
                done[number] = work(todo[number])
            except BaseException as error:  # noqa: BLE001 - it is raised below, in the thread that asked
                errors[number] = error
        ended.append(None)
        woken.put(None)

    def wait_for(those: Sized) -> None:
        while len(ended) < len(those):
            with suppress(Empty):
                woken.get(timeout=_LOOK_SECONDS)

    threads = [threading.Thread(target=worker, daemon=True) for _ in range(min(WORKERS, len(todo)))]
    try:
        for thread in threads:
            thread.start()
        wait_for(threads)  # not by join(): before Python 3.13, one that a signal interrupts takes its thread for ended
    except BaseException as error:  # a second signal: what is under way is waited for, since we still hold the lock
        errors[-1] = error
        wait_for(begun)
        raise
    if errors:
        raise errors[min(errors)]
    return [done[number] for number in range(len(todo))]


def live(client: Client, wanted: Mapping[ResourceId, Served]) -> dict[ResourceId, Body]:
    """The objects that exist, by identity.

    Raises:
        WorldError: the cluster refuses to show one: what cannot be seen is not absent.
    """
    groups: defaultdict[tuple[Served, str], list[ResourceId]] = defaultdict(list)
    for rid, served in wanted.items():
        groups[served, rid.namespace].append(rid)
    jobs = [job for (served, namespace), rids in groups.items() for job in _jobs(client, served, namespace, rids)]
    bodies_read = [body for bodies in in_parallel(lambda job: job(), jobs) for body in bodies]
    return {rid: body for rid, body in bodies_read if rid in wanted}


def _jobs(
    client: Client, served: Served, namespace: str, rids: list[ResourceId]
) -> Iterable[Callable[[], list[tuple[ResourceId, Body]]]]:
    if len(rids) >= _LIST_FROM and "list" in served.verbs:
        return [lambda: [(_identity(rids[0], body), body) for body in client.every(served, namespace)]]
    return [partial(_one, client, served, rid) for rid in rids]


def _one(client: Client, served: Served, rid: ResourceId) -> list[tuple[ResourceId, Body]]:
    body = client.get(served, rid.namespace, rid.name)
    return [] if body is None else [(rid, body)]


def _identity(like: ResourceId, body: Body) -> ResourceId:
    metadata = mapping(body.get("metadata"))
    return ResourceId(like.group, like.kind, str(metadata.get("namespace") or ""), str(metadata.get("name") or ""))
