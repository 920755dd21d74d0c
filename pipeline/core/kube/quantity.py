"""Kubernetes quantities and durations by their value: ``1000m`` is ``1``, ``1h`` is ``60m``."""

import re
from decimal import Decimal
from fractions import Fraction

# k8s.io/apimachinery/pkg/api/resource: decimal and binary suffixes, or an exponent.
_QUANTITY = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d{1,3})?\Z")
_LONGEST = 100
"""Characters of a number that is compared by its value; the time to read one grows with their square."""
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
# Go's time.ParseDuration, as metav1.Duration reads it.
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
_SECONDS = {
    "ns": Fraction(1, 10**9),
    "us": Fraction(1, 10**6),
    "µs": Fraction(1, 10**6),
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "m": Fraction(60),
    "h": Fraction(3600),
}


def quantity(value: object) -> Fraction | None:
    """The number that a quantity stands for; None where it is none.

    >>> quantity("1Gi") == quantity("1024Mi") == quantity(1073741824)
    True
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    match = _QUANTITY.match(str(value))
    if match is None or len(match[1]) > _LONGEST:
        return None
    number, suffix = Fraction(Decimal(match[1])), match[2] or ""
    if suffix in _BINARY:
        return number * Fraction(1024 ** _BINARY[suffix])
    exponent = _DECIMAL[suffix] if suffix in _DECIMAL else int(suffix[1:])
    return number * (Fraction(10**exponent) if exponent >= 0 else Fraction(1, 10**-exponent))


def seconds(value: object) -> Fraction | None:
    """The seconds of a duration in Go's notation; None where it is none (a bare number is none)."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST or _PART.sub("", value.lstrip("+-")):
        return None
    total = sum((Fraction(Decimal(number)) * _SECONDS[unit] for number, unit in _PART.findall(value)), Fraction(0))
    return -total if value.startswith("-") else total
