"""What a plain YAML scalar means to Kubernetes: the resolver of go-yaml v2, which sigs.k8s.io/yaml reads with.

Not YAML 1.2, and not quite 1.1: ``on`` is true, ``0o17`` is 15, ``1_000`` is 1000, ``1:30`` and dates are strings.
"""

import re
from collections.abc import Mapping

_TRUE = "y Y yes Yes YES true True TRUE on On ON"
_FALSE = "n N no No NO false False FALSE off Off OFF"
_CONSTANTS: dict[str, object] = {
    **dict.fromkeys(_TRUE.split(), True),
    **dict.fromkeys(_FALSE.split(), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z", re.ASCII)
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))\Z", re.ASCII)
_FIRST_OF_CONSTANTS = frozenset("yYnNtTfFoO~")
_FIRST_OF_NUMBERS = frozenset("+-0123456789.")
_MIN_INT, _MAX_INT = -(2**63), 2**64 - 1  # Go's int64 and uint64; what is larger becomes a float

_MOST_DIGITS = 20
"""No decimal number that fits has more, and Python refuses to read thousands of them (sys.int_info)."""


def resolve(text: str) -> object:
    """The value of a plain scalar: str, int, float, bool or None."""
    first = text[:1]
    if first in _FIRST_OF_CONSTANTS or not first:
        return _CONSTANTS.get(text, text)
    if first not in _FIRST_OF_NUMBERS:
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    return _number(text)


def _number(text: str) -> object:
    digits = text if text[0] == "." else text.replace("_", "")
    match = None if text[0] == "." else _INTEGER.match(digits)
    if match and len(match[5] or "") <= _MOST_DIGITS:
        value = _integer(*match.groups())
        if _MIN_INT <= value <= _MAX_INT:
            return value
    if _FLOAT.match(digits):
        number = float(digits)
        return text if number in (float("inf"), float("-inf")) else number
    return text


def _integer(sign: str, hexadecimal: str | None, binary: str | None, octal: str | None, decimal: str | None) -> int:
    if hexadecimal:
        value = int(hexadecimal, 16)
    elif binary:
        value = int(binary, 2)
    elif octal:
        value = int(octal, 8)
    else:
        value = int(decimal or "0")
    return -value if sign == "-" else value


def key_text(value: object) -> str:
    """How a key that is not a string becomes one, as JSON objects have only string keys.

    Raises:
        ValueError: a key that Kubernetes refuses (null, a list, a map).
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    what = "null" if value is None else "a map" if isinstance(value, Mapping) else "a list"
    raise ValueError(f"a key of a map is {what}, not text")  # what it holds may be secret
