"""A number is masked as a float, in groups, and to other bases."""

import pytest

from pipeline.core.redaction.mask import Mask

WRITTEN = (
    "9.18273645546e+11",
    "9.18273645546E+11",
    "9.18273645546e11",
    "918273645546.0",
    "918,273,645,546",
    "918_273_645_546",
    "0xd5cd5fdbea",
    "%!d(float64=9.18273645546e+11)",
)


@pytest.mark.parametrize("held", ["918273645546", "9.18273645546e+11", "918273645546.0"])
@pytest.mark.parametrize("text", WRITTEN)
def test_a_number_is_masked_however_it_is_written(held: str, text: str) -> None:
    mask = Mask()
    mask.hidden([held])
    shown = mask.text(f"execution error: {text}")
    assert "<secret #1>" in shown
    assert "18273645546" not in shown
    assert "273,645" not in shown


def test_a_number_that_a_float_cannot_hold_is_masked_as_it_is_rounded() -> None:
    mask = Mask()
    mask.hidden(["12345678901234567890"])
    assert mask.text("1.2345678901234567e+19 12345678901234567168") == "<secret #1> <secret #1>"


def test_a_float_in_a_report_is_masked() -> None:
    mask = Mask()
    mask.hidden(["918273645546"])
    assert "918273645546" not in str(mask.covered({"a": [{"b": 9.18273645546e11}]}))


def test_other_numbers_stay() -> None:
    mask = Mask()
    mask.hidden(["123456", "100000", "1e400"])
    text = "1.234 1e+05 100,00 9.18273645546e+11 1.23457"
    assert mask.text(text) == text
