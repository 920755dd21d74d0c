"""A command that people are told to copy is put together at one place, which quotes each word of it."""

import ast
import re
import shlex
from pathlib import Path

import pytest

import pipeline
from pipeline.core.words import command, kubectl

ROOT = Path(pipeline.__file__).parent
_TOOLS = r"(?:kubectl|git [a-z-]+|pipeline (?:apply|approve|plan|rollback|unlock))"
_BEGINS = re.compile(rf"(?:^|[ :(`]){_TOOLS} (?:[\w./=-]+ )*$")
HOSTILE = ["$(touch x)", "a; rm -rf ~", "a b", "`id`", "it's", "-n", "x\ny", "a|b", "\x1b[2J"]


def loose_words(path: Path) -> list[str]:
    """Where a text that reads as a command has something put into it as it is."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.JoinedStr):
            for before, after in zip(node.values, node.values[1:], strict=False):
                told = isinstance(before, ast.Constant) and _BEGINS.search(str(before.value))
                if told and isinstance(after, ast.FormattedValue):
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    return found


def test_no_other_place_puts_one_together() -> None:
    assert [place for path in sorted(ROOT.rglob("*.py")) for place in loose_words(path)] == []


def test_the_look_finds_such_a_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.core.test_shell_commands.ROOT", tmp_path)
    (tmp_path / "a.py").write_text(
        'x = f"kubectl delete job {name}"\ny = f"{cure}: pipeline apply {plan}"\nz = f"a {b}"\n'
    )
    assert loose_words(tmp_path / "a.py") == ["a.py:1", "a.py:2"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_one_word(name: str) -> None:
    assert shlex.split(command("pipeline", "apply", name)) == ["pipeline", "apply", name]
    assert shlex.split(kubectl("get", f"job/{name}", namespace=name)) == ["kubectl", "get", f"job/{name}", "-n", name]
