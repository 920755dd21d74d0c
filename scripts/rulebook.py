"""Writes pipeline/rules/README.md from the rules. A test says when it is out of date."""

from pathlib import Path

from pipeline import rules
from pipeline.report.rulebook import book

TARGET = Path(__file__).parent.parent / "pipeline" / "rules" / "README.md"


if __name__ == "__main__":
    TARGET.write_text(book(rules.load()), encoding="utf-8")
