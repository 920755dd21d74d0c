"""How a changed text reads in a title."""

import pytest

from pipeline.core.analysis.change_text import shown
from pipeline.core.diff.change import FieldChange, Op


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("a\nb\nc\n", "a\nx\nc\n", "conf line 2 b -> x"),
        ("a\nb\nc\nd\n", "b\nc\nd\nx\n", "conf line 1, line 4, +1 -1 lines"),
        ("a\nb\nc\nd\n", "x\na\nb\nc\n", "conf line 1, line 4, +1 -1 lines"),
    ],
)
def test_a_line_that_goes_and_one_that_comes_elsewhere(old: str, new: str, said: str) -> None:
    assert shown(FieldChange(("data", "conf"), Op.CHANGED, old, new)) == said
