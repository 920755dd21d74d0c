"""There is one way to do each thing: what is left of a list, a plural, a command to copy, the order of severities."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest

from pipeline.core.risk.finding import Severity
from pipeline.core.words import agreeing, plural

ROOT = Path(__file__).parents[2] / "pipeline"
SOURCES = sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "core" / "words.py")
_LEFT_OVER = re.compile(r"\x00 more\b(?! than| of )|… and\b")
"""``\\x00`` stands for what is filled in."""
_TOOLS = r"(?:kubectl|git [a-z-]+|pipeline (?:apply|approve|plan|rollback|unlock))"
_COMMAND = re.compile(rf"(?:^|[ :(`]){_TOOLS} (?:[\w./=-]+ )*\x00")
Node = TypeVar("Node", bound=ast.AST)


@cache
def every_node() -> tuple[tuple[str, ast.AST], ...]:
    return tuple(
        (f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}", node)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.JoinedStr | ast.Call | ast.IfExp | ast.Tuple | ast.List | ast.Set)
    )


def nodes(kind: type[Node]) -> Iterator[tuple[str, Node]]:
    return ((where, node) for where, node in every_node() if isinstance(node, kind))


def text_of(node: ast.JoinedStr) -> str:
    """The text of an f-string, with a mark for each value."""
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "\x00" for part in node.values)


def words_of(node: ast.IfExp) -> tuple[str, ...]:
    """Both words of ``'are' if many else 'is'``."""
    found = [part.value for part in (node.body, node.orelse) if isinstance(part, ast.Constant)]
    return tuple(word for word in found if isinstance(word, str))


def test_only_words_says_how_much_of_a_list_is_left_over() -> None:
    found = [f"{where}: {text_of(node)}" for where, node in nodes(ast.JoinedStr)]
    found += [
        f"{where}: {part.value!s}"
        for where, node in nodes(ast.Call)
        if getattr(node.func, "id", "") in {"counted", "plural", "noun_for"}
        for part in node.args
        if isinstance(part, ast.Constant) and str(part.value).startswith("more ")
    ]
    assert [text for text in found if _LEFT_OVER.search(text) or ": more " in text] == []


def test_only_words_puts_a_command_together_which_quotes_each_word() -> None:
    assert [where for where, node in nodes(ast.JoinedStr) if _COMMAND.search(text_of(node))] == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('f"kubectl delete job {name}"', True),
        ('f"{fix}: pipeline apply {plan}"', True),
        ('f"a {b}"', False),
    ],
)
def test_the_look_for_a_command_finds_it(source: str, found: bool) -> None:  # noqa: FBT001
    (node,) = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.JoinedStr))
    assert bool(_COMMAND.search(text_of(node))) is found


def test_only_words_makes_plurals() -> None:
    pairs = ((where, words_of(node)) for where, node in nodes(ast.IfExp))
    assert [f"{where}: {pair}" for where, pair in pairs if len(pair) == 2 and is_plural_of(*pair)] == []


def is_plural_of(one: str, other: str) -> bool:
    if {one, other} == {"http", "https"}:  # schemes of a URL
        return False
    if not one or not other:
        return bool({one, other} & {"s", "es"})
    return any(b != a and b in (plural(a), agreeing(2, a)) for a, b in ((one, other), (other, one)))


def test_severities_have_one_order() -> None:
    """Of any other list with four of them, somebody could take the order."""
    names = {level.name.lower() for level in Severity}
    found = [
        where.partition(":")[0]
        for where, node in every_node()
        if isinstance(node, ast.List | ast.Tuple | ast.Set)
        if len(names & {str(part.value).lower() for part in node.elts if isinstance(part, ast.Constant)}) >= 4
    ]
    assert found == ["core/risk/levels.py"]


def test_no_program_is_started_past_the_door() -> None:
    """What import-linter cannot see: functions of ``os``. The door is adapters/process.py."""
    starts = re.compile(r"^(system|popen|fork\w*|exec[lv]\w*|spawn\w*|posix_spawn\w*)$")
    found = [
        where
        for where, node in nodes(ast.Call)
        if isinstance(node.func, ast.Attribute)
        and getattr(node.func.value, "id", "") == "os"
        and starts.match(node.func.attr)
    ]
    assert found == []
