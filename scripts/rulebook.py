"""Writes pipeline/rules/README.md and docs/rules from the rules. A test says when they are out of date."""

from pathlib import Path

from pipeline import rules
from pipeline.report.rulebook import chapter, index

ROOT = Path(__file__).parent.parent


def files() -> dict[str, str]:
    """What each file must hold, by its path in the repository."""
    every = rules.load()
    pages = {f"docs/rules/{name}.md": chapter(name, every) for name in sorted({rule.category for rule in every})}
    return {"pipeline/rules/README.md": index(every), **pages}


if __name__ == "__main__":
    for name, text in files().items():
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_text(text, encoding="utf-8")
