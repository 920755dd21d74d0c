"""The texts in ``tests/texts`` are what the rules and the verbs say, and no finding is longer than promised."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from pipeline import rules
from pipeline.core.risk.finding import Finding
from tests.support import text_runs, texts

CATEGORIES = sorted({rule.category for rule in rules.load()})
FILES: dict[str, Callable[[], str]] = {f"rules/{name}.txt": partial(texts.rule_texts, name) for name in CATEGORIES}
FILES |= {f"runs/{name}.txt": partial(texts.run_texts, name) for name in text_runs.SETS}
TITLE = 118
USUAL, MOST = 3, 4
"""Lines of title, impact and fix at 120 columns: one each as a rule, and one of them may take a second."""


@pytest.mark.parametrize("name", FILES)
def test_texts_are_as_pinned(name: str, request: pytest.FixtureRequest) -> None:
    made, path = FILES[name](), texts.FOLDER / name
    if request.config.getoption("--write-texts"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made, encoding="utf-8")
    pinned = path.read_text(encoding="utf-8") if path.exists() else ""
    assert made == pinned, f"{path} differs from what the code says: run make texts, and read the difference"


def test_no_pinned_file_is_left_over() -> None:
    there = {path.relative_to(texts.FOLDER).as_posix() for path in texts.FOLDER.rglob("*.txt")}
    assert there == set(FILES)


def every() -> Iterator[Finding]:
    loaded = rules.load()
    for rule in loaded:
        yield from (finding for _, _, finding in texts.rule_findings(rule, loaded))


def test_a_title_is_one_line_at_120_columns() -> None:
    assert [finding.title for finding in every() if len(finding.title) > TITLE] == []


def test_a_finding_is_three_lines_at_120_columns() -> None:
    sizes = {f"{finding.rule}: {finding.title}": texts.lines_at(finding) for finding in every()}
    assert {name: size for name, size in sizes.items() if size > MOST} == {}
    longer = [name for name, size in sizes.items() if size > USUAL]
    assert len(longer) * 10 < len(sizes), longer
