"""Which API kinds each Kubernetes minor version serves: the table that scripts/derive_apis.py derives."""

import re
from dataclasses import dataclass
from functools import cache
from pkgutil import get_data
from typing import Any

import orjson

OFF_BY_DEFAULT_SINCE = 24
"""Beta APIs introduced in this minor or later are not served unless asked for (KEP-3136)."""
_ALPHA = re.compile(r"v\d+alpha\d+")
_BETA = re.compile(r"v\d+beta\d+")


@dataclass(frozen=True, slots=True)
class ApiKind:
    """One group, version and kind. The minors of Kubernetes 1 that added, deprecated and removed it.

    ``removed`` may be in the future, if the removal is announced. ``namespaced`` is None for what is not a resource
    of its own (``Scale``). ``replacement`` is ``group/version/Kind``, empty if none was named.
    """

    group: str
    version: str
    kind: str
    introduced: int
    deprecated: int | None
    removed: int | None
    namespaced: bool | None
    replacement: str = ""

    @property
    def off_by_default(self) -> bool:
        """Alphas always are, betas since Kubernetes 1.24 (those that came earlier stay on)."""
        if _ALPHA.fullmatch(self.version):
            return True
        return bool(_BETA.fullmatch(self.version)) and self.introduced >= OFF_BY_DEFAULT_SINCE

    def exists(self, minor: int) -> bool:
        return self.introduced <= minor and (self.removed is None or minor < self.removed)

    def served(self, minor: int) -> bool:
        """By a cluster of that minor with default settings."""
        return self.exists(minor) and not self.off_by_default


def lookup(group: str, version: str, kind: str) -> ApiKind | None:
    """None for what Kubernetes itself never had: custom resources, and mistakes."""
    return _table().get((group, version, kind))


def built_in_group(group: str) -> bool:
    return group in _groups()


def scope_of(group: str, kind: str) -> bool | None:
    """Whether objects of a built-in kind live in a namespace, whatever the version; None for what is not built in."""
    return _scopes().get((group, kind))


def kinds() -> tuple[ApiKind, ...]:
    return tuple(_table().values())


def newest() -> int:
    """The newest minor that the table knows."""
    return int(_raw()["newest"])


@cache
def capabilities(minor: tuple[int, int]) -> tuple[str, ...]:
    """What a cluster of that version offers by default: ``v1``, ``apps/v1``, ``apps/v1/Deployment``, sorted.

    A version newer than the table is taken for the newest in it.
    """
    number = min(minor[1], newest())
    names: set[str] = set()
    for api in kinds():
        if api.namespaced is not None and api.served(number):
            version = f"{api.group}/{api.version}".removeprefix("/")
            names |= {version, f"{version}/{api.kind}"}
    return tuple(sorted(names))


@cache
def _raw() -> dict[str, Any]:
    data = get_data("pipeline", "data/apis.json")
    assert data is not None, "BUG: apis.json is missing from the package"
    loaded: dict[str, Any] = orjson.loads(data)
    return loaded


@cache
def _table() -> dict[tuple[str, str, str], ApiKind]:
    table = {}
    for api_version, rows in _raw()["kinds"].items():
        group, _, version = api_version.rpartition("/")
        for kind, (introduced, deprecated, removed, scope, *other) in rows.items():
            namespaced = None if scope is None else bool(scope)
            table[group, version, kind] = ApiKind(
                group, version, kind, introduced, deprecated, removed, namespaced, other[0] if other else ""
            )
    return table


@cache
def _groups() -> frozenset[str]:
    return frozenset(group for group, _, _ in _table())


@cache
def _scopes() -> dict[tuple[str, str], bool]:
    return {(api.group, api.kind): api.namespaced for api in kinds() if api.namespaced is not None}
