"""How a number is written elsewhere: as a float of Go, C or Python, with its digits in groups, to another base.

Helm makes every number of the values a float, so that a chart prints 918273645546 as 9.18273645546e+11.
"""

import re
from collections.abc import Iterator

_NUMBER = re.compile(r"[+-]?([0-9]{1,300})(?:\.([0-9]{1,300}))?(?:[eE]([+-]?[0-9]{1,3}))?")
_ENOUGH_DIGITS = 8
"""So many digits identify a number without its exponent."""
_SEPARATORS = (",", "_", ".", " ", "'")
_SHORTEST = 6
_LARGEST_EXPONENT = 300
"""A float of 64 bits has not many more."""


def number_forms(text: str) -> Iterator[str]:
    """None where ``text`` is not a decimal number of six digits or more. Some come twice."""
    match = _NUMBER.fullmatch(text)
    if not match or len((match[1] + (match[2] or "")).strip("0")) < _SHORTEST - 1:
        return
    whole, fraction, exponent = match[1], match[2] or "", int(match[3] or 0)
    yield from _scientific(whole + fraction, len(whole) + exponent)
    if len(whole) + abs(exponent) < _LARGEST_EXPONENT:
        yield from _scientific(*_as_float(text))
        yield from _plain(whole, fraction, exponent)


def _as_float(text: str) -> tuple[str, int]:
    """The digits that a float of 64 bits keeps, and where the point is."""
    mantissa, _, exponent = f"{float(text):.16e}".lstrip("-").partition("e")
    shortest = repr(float(mantissa))
    return shortest.replace(".", ""), int(exponent) + 1


def _scientific(digits: str, point: int) -> Iterator[str]:
    """``digits`` with the decimal point after ``point`` of them."""
    bare = digits.lstrip("0")
    exponent = point - (len(digits) - len(bare)) - 1
    bare = bare.rstrip("0")
    mantissa = f"{bare[:1]}.{bare[1:]}" if len(bare) > 1 else bare
    if len(bare) >= _ENOUGH_DIGITS:
        yield mantissa
    for sign in "eE":
        yield f"{mantissa}{sign}{exponent:+03d}"
        yield f"{mantissa}{sign}{exponent}"
        if exponent >= 0:
            yield f"{mantissa}{sign}+{exponent}"


def _plain(whole: str, fraction: str, exponent: int) -> Iterator[str]:
    """Without an exponent."""
    digits = (whole + fraction).ljust(len(whole) + exponent, "0")[: max(0, len(whole) + exponent)]
    number = int(digits or "0")
    if number < 10 ** (_SHORTEST - 1):
        return
    yield str(number)
    long = number >= 10 ** (_ENOUGH_DIGITS - 1)
    for separator in _SEPARATORS if long else _SEPARATORS[:2]:
        yield f"{number:,}".replace(",", separator)
    if long:
        yield f"0x{number:x}"
        yield f"{number:x}"
        yield f"{number:X}"
        yield f"{number:o}"
        yield f"{number:b}"
    as_float = int(float(number))
    if as_float != number:
        yield str(as_float)
