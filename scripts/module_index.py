"""Writes docs/modules.md: every module by its room, each with the first paragraph of its docstring.

A test says when it is out of date. Rules are left out: docs/rules lists them.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/modules.md"
_HEAD = """# Every module

Written by `python -m scripts.module_index` from the modules themselves; do not edit. By what you want to change:
[the map](../pipeline/README.md). The rules of risk have [an index of their own](../pipeline/rules/README.md).
"""


def page() -> str:
    """The text that docs/modules.md must hold."""
    return "\n".join([_HEAD, *(line for room in _rooms() for line in _section(room))]) + "\n"


def _rooms() -> list[Path]:
    package = ROOT / "pipeline"
    folders = sorted({path.parent for path in package.rglob("*.py")})
    return [folder for folder in folders if "rules" not in folder.relative_to(package).parts]


def _section(room: Path) -> Iterator[str]:
    modules = [path for path in sorted(room.glob("*.py")) if path.name != "__init__.py"]
    if not modules:
        return
    yield f"## `{room.relative_to(ROOT).as_posix()}`\n"
    own = _first_paragraph(room / "__init__.py")
    if own:
        yield f"{own}\n"
    yield from (f"* `{path.name}`: {_first_paragraph(path)}" for path in modules)
    yield ""


def _first_paragraph(path: Path) -> str:
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(said.split("\n\n")[0].replace("``", "`").split())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
