"""A problem that the API server's validation reports, and the input of a check across fields."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pipeline.core.yaml.positions import Steps

STATEFUL_TEMPLATES_SINCE = 34
"""kube-apiserver validates the pods and claims of a StatefulSet since 1.34 (asked of real servers)."""


@dataclass(frozen=True, slots=True)
class Invalid:
    """``found`` at ``path`` is refused: it must be ``wanted`` (completes that sentence).

    ``key``: it is the key of a map, and not a value. ``missing``: it must be there and is not.
    """

    path: Steps
    field: str
    wanted: str
    found: Any
    key: bool = False
    missing: bool = False


class Context(Protocol):
    """The object that a check is about."""

    @property
    def kind(self) -> str: ...
    @property
    def minor(self) -> int: ...
    @property
    def body(self) -> Mapping[str, Any]: ...


Span = Callable[[Mapping[str, Any], Steps, Context], Iterator[Invalid]]
