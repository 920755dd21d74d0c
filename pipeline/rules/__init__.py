"""One file per risk rule, in a folder per category. A new file is a new rule: nothing else to edit.

A rule file explains itself in its docstring and exports ``RULE``.
"""

from importlib import import_module
from pkgutil import walk_packages

from pipeline.core.rule import Rule


def load() -> tuple[Rule, ...]:
    """Every rule, sorted by id."""
    names = [info.name for info in walk_packages(__path__, f"{__name__}.") if not info.ispkg]
    return tuple(sorted((_rule(name) for name in names), key=lambda rule: rule.id))


def _rule(name: str) -> Rule:
    rule = import_module(name).RULE
    assert isinstance(rule, Rule), f"{name}.RULE is not a Rule"
    return rule
