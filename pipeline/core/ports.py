"""What flows need from outside, as types: adapters implement them, wiring.py passes them in, tests use fakes."""

from typing import Protocol


class Progress(Protocol):
    """Told before each step of a flow: ``done`` steps of ``total`` are finished, and ``what`` begins."""

    def __call__(self, done: int, total: int, what: str, /) -> object: ...


def no_pause(_seconds: float, /) -> None:
    """For those who have nothing to wait for."""


def no_progress(_done: int, _total: int, _what: str, /) -> None:
    """For those who do not want to know."""


class Memory(Protocol):
    """Keeps small entries between runs, or forgets them."""

    def get(self, key: str) -> bytes | None: ...
    def put(self, key: str, content: bytes) -> None: ...


class NoMemory:
    """Forgets everything."""

    def get(self, _key: str) -> bytes | None:
        return None

    def put(self, _key: str, _content: bytes) -> None:
        pass


NOTHING_KEPT = NoMemory()
