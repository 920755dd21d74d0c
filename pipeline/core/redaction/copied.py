"""The places to which a render copies values of Secrets, as its index keeps them; what finds them: copies.py."""

from dataclasses import dataclass

from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import ResourceId


@dataclass(frozen=True, slots=True)
class Copied:
    """A place in an object. ``credential`` is false for what a Secret holds beside its secrets: a user's name, a host.

    ``below`` says that a key there is such a value, which no path may hold: all keys and values below are meant.
    """

    id: ResourceId
    path: Path
    credential: bool
    below: bool = False


@dataclass(frozen=True, slots=True)
class Copies:
    """``values`` are the paths in the values files that a Secret takes from."""

    places: tuple[Copied, ...] = ()
    values: tuple[Path, ...] = ()
