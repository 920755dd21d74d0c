"""Sources as people type them."""

import pytest

from pipeline.core.config.diff_source import DiffSource, SourceKind, parse_source
from pipeline.core.errors import UsageError


@pytest.mark.parametrize(
    "text", ["worktree", "merge-base", "merge-base:main", "ref:v1:x", "dir:./out", "chart:oci://h/c:1.2.3"]
)
def test_reads_back_as_typed(text: str) -> None:
    assert str(parse_source(text)) == text


def test_an_argument_may_hold_colons() -> None:
    assert parse_source("chart:oci://h/c:1") == DiffSource(SourceKind.CHART, "oci://h/c:1")


@pytest.mark.parametrize("text", ["", "tree", "ref", "ref:", "chart:", "worktree:x"])
def test_what_cannot_be_read_says_what_to_try(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_source(text)
    assert caught.value.hint
