"""The names of the severities that are shown. Imports nothing heavy: ``pipeline diff --help`` lists them."""

from typing import Literal, get_args

Level = Literal["blocker", "high", "medium", "low", "info"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""Worst first: the one order; a test holds it against ``Severity``."""
SERIOUS = frozenset(LEVELS[:2])
"""What is to be dealt with before merging."""
