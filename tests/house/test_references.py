"""What documents and docstrings name is there: files of the repository, modules, rooms."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import module_index

ROOT = Path(__file__).parents[2]
ROOMS = "adapters|cli|core|data|flows|report|rules"
_MODULE = re.compile(rf"(?<![\w/.-])(?:pipeline/)?((?:{ROOMS})/[\w/.-]*\.(?:py|json|md|css|js|j2|tsv))\b")
_ROOM = re.compile(rf"`(?:pipeline/)?((?:{ROOMS})/[\w/]*)/?`")
_PAGE = re.compile(r"(?<![\w/.:-])((?:docs|scripts|tests)/[\w/.-]+\.(?:md|py|sh))\b|\]\(([\w./-]+\.md)[)#]")
_ALONE = re.compile(r"(?<![\w/.*<>-])([a-z_]+\.(?:py|md))\b")
DOCUMENTS = [
    path
    for folder, pattern in ((ROOT, "*.md"), (ROOT / "docs", "*.md"), (ROOT / "pipeline", "README.md"))
    for path in sorted(folder.glob(pattern))
    if path.name != "CHANGELOG.md"
]
SOURCES = sorted((ROOT / "pipeline").rglob("*.py"))


def missing(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    for name in {*_MODULE.findall(text), *(_ROOM.findall(text) if path.suffix == ".md" else ())}:
        if not (ROOT / "pipeline" / name).exists():
            yield name
    for ours, beside in _PAGE.findall(text):
        if not (ROOT / ours if ours else path.parent / beside).exists():
            yield ours or beside


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_names_only_files_that_exist(path: Path) -> None:
    assert list(missing(path)) == []


def test_the_guide_names_only_functions_and_classes_that_exist() -> None:
    """Of CONTRIBUTING's table of helpers and parts of a rule: the names in code marks after a module."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"`(core/[\w/]+\.py)`(?::| has the parts:) ((?:`\w+`[^`;|.]*)+)", text)
    assert len(rows) >= 5
    for module, names in rows:
        source = (ROOT / "pipeline" / module).read_text(encoding="utf-8")
        for name in re.findall(r"`(\w+)`", names):
            assert re.search(rf"^(?:def|class) {name}\b", source, re.MULTILINE), f"{module} has no {name}"


def test_a_docstring_names_only_files_that_exist() -> None:
    assert [f"{path.relative_to(ROOT)}: {name}" for path in SOURCES for name in missing(path)] == []


def test_a_file_named_alone_is_a_file_of_this_repository() -> None:
    known = {path.name for path in [*SOURCES, *ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("scripts/*")]}
    known |= {"notes.md", "a.md"}  # charts' own files, in examples
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in SOURCES
        if "rules" not in path.relative_to(ROOT / "pipeline").parts
        for name in _ALONE.findall(path.read_text(encoding="utf-8"))
        if name not in known
    ]
    assert found == []


MAP = (ROOT / "pipeline" / "README.md").read_text(encoding="utf-8")
ROOM_FILES = [path for path in sorted((ROOT / "pipeline").rglob("__init__.py")) if path.parent.name != "pipeline"]


def test_every_room_says_what_belongs_there_and_what_may_not() -> None:
    rooms = [*ROOM_FILES, ROOT / "pipeline" / "__init__.py"]
    assert [str(path.relative_to(ROOT)) for path in rooms if len(_docstring(path).splitlines()) < 2] == []


def test_the_map_names_every_room() -> None:
    rooms = {path.parent.relative_to(ROOT / "pipeline").as_posix() for path in ROOM_FILES}
    listed = set(re.findall(r"^\| `([\w/]+)/` \|", MAP, re.MULTILINE))
    assert listed == {room for room in rooms if not room.startswith("rules/")}


def test_the_map_names_every_module_that_lies_in_no_smaller_room() -> None:
    """In a smaller room the room's row and its few files suffice; these folders are too large for that."""
    modules = [
        path.relative_to(ROOT / "pipeline").as_posix()
        for room in ("core", "adapters", "flows", "cli/support")
        for path in sorted((ROOT / "pipeline" / room).glob("*.py"))
        if path.stem != "__init__"
    ]
    beside = {
        f"{folder}/{name}"
        for row in MAP.splitlines()
        for folder in re.findall(r"`([\w/]+)/\w+\.py`", row)
        for name in re.findall(r"`(\w+\.py)`", row)
    }
    assert [module for module in modules if f"`{module}`" not in MAP and module not in beside] == []


def test_the_map_has_one_row_for_each_thing() -> None:
    rows = re.findall(r"^\| ([^|]+) \|", MAP, re.MULTILINE)
    assert [row for row in set(rows) if rows.count(row) > 1 and set(row) != {"-"}] == []


def _docstring(path: Path) -> str:
    return path.read_text(encoding="utf-8").partition('"""')[2].partition('"""')[0].strip().replace("\n\n", "\n")


def test_the_list_of_modules_is_up_to_date() -> None:
    assert module_index.PAGE.read_text(encoding="utf-8") == module_index.page(), "make texts writes it again"
