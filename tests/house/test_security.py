"""SECURITY.md says what the code does: each limit with its default, and each file that it names."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from pipeline.core.budget import Limits
from pipeline.core.config.read import read, schema

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def stated() -> dict[str, int]:
    """The table of limits, by setting."""
    found: dict[str, int] = {}
    for names, numbers in re.findall(r"^\| (`\w+\.\w+`(?:, `\w+\.\w+`)*) \| ([\d,; ]+) \|", TEXT, re.MULTILINE):
        settings = [name.strip("` ") for name in names.split(",")]
        defaults = [int(number.replace(",", "")) for number in numbers.split(";")]
        found |= dict(zip(settings, defaults, strict=True))
    return found


def test_every_limit_is_stated_with_its_default() -> None:
    wanted = {}
    for part, section in schema()["$defs"]["limits"]["properties"].items():
        for setting in section["properties"]:
            text = f"releases: []\nlimits: {{{part}: {{{setting}: 999}}}}\n"
            before, after = getattr(Limits(), part), getattr(read(text).limits, part)
            (name,) = [f.name for f in fields(before) if getattr(before, f.name) != getattr(after, f.name)]
            wanted[f"{part}.{setting}"] = getattr(before, name)
    assert stated() == wanted


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:core|adapters|flows|tests)/[\w/.]+\.py)`", TEXT))))
def test_files_that_are_named_are_there(path: str) -> None:
    assert (ROOT / path).exists() or (ROOT / "pipeline" / path).exists()
