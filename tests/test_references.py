"""What documents and docstrings name is there: files of the repository, modules, rooms."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
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


def test_every_room_says_what_belongs_there_and_what_may_not() -> None:
    rooms = [path for path in (ROOT / "pipeline" / "core").rglob("__init__.py") if path.parent.name != "core"]
    rooms += [ROOT / "pipeline" / name / "__init__.py" for name in ("adapters", "flows", "report", "core")]
    assert [str(path.relative_to(ROOT)) for path in rooms if len(_docstring(path).splitlines()) < 2] == []


def _docstring(path: Path) -> str:
    return path.read_text(encoding="utf-8").partition('"""')[2].partition('"""')[0].strip().replace("\n\n", "\n")
