"""One file per risk rule, in a folder per category. A new file is a new rule: nothing else to edit.

A rule file explains itself in its docstring and exports ``RULE``.
"""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.core.risk.rule import Rule


def load() -> "tuple[Rule, ...]":
    """Every rule, sorted by id."""
    return tuple(sorted(map(_rule, _modules()), key=lambda rule: rule.id))


def ids() -> tuple[str, ...]:
    """Every rule's id, sorted; no rule is imported for that."""
    return tuple(sorted(name.rpartition(".")[2].replace("_", "-") for name in _modules()))


def categories() -> tuple[str, ...]:
    """Every category, sorted; no rule is imported for that."""
    return tuple(sorted({name.split(".")[-2].replace("_", "-") for name in _modules()}))


def names() -> Iterator[str]:
    """What a policy may name: every rule by its id, every category as ``category:NAME``. Looked up when asked for."""
    yield from ids()
    yield from (f"category:{name}" for name in categories())


def _modules() -> list[str]:
    return [info.name for info in walk_packages(__path__, f"{__name__}.") if not info.ispkg]


def _rule(name: str) -> "Rule":
    from pipeline.core.risk.rule import Rule  # noqa: PLC0415 - 20 ms that whoever only asks for ids need not pay

    rule = import_module(name).RULE
    assert isinstance(rule, Rule), f"{name}.RULE is not a Rule"
    return rule
