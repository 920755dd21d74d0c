"""Kubernetes' additions to CEL: functions on text, lists, quantities, addresses and URLs.

After k8s.io/apiserver/pkg/cel/library and cel-go's strings extension. A function that cannot be certain of the
server's answer raises: the rule is then unchecked. Kubernetes' own objects (a quantity, a URL) are maps here.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any

from pipeline.core.kube.quantity import quantity as parsed

_LONGEST = 100_000
_UPPER = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_LOWER = {upper: lower for lower, upper in _UPPER.items()}
_PLAIN_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<host>[A-Za-z0-9.-]+)(?::(?P<port>\d{1,5}))?(?P<path>/[A-Za-z0-9._~/-]*)?"
)
_NO_URL = re.compile(r"[A-Za-z0-9._-]*")


class UnsureError(Exception):
    """The server may answer otherwise, or with an error."""


def functions() -> Mapping[str, Callable[..., Any]]:
    """By name; a method's object is its first argument."""
    return _FUNCTIONS


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise UnsureError
    return value


def _char_at(text: str, index: int) -> str:
    if not 0 <= index <= len(text):
        raise UnsureError
    return text[index : index + 1]


def _substring(text: str, start: int, end: int | None = None) -> str:
    end = len(text) if end is None else end
    if not 0 <= start <= end <= len(text):
        raise UnsureError
    return text[start:end]


def _replace(text: str, old: str, new: str, limit: int = -1) -> str:
    if not old or _text(text).count(old) * len(new) > _LONGEST:
        raise UnsureError
    return _text(text.replace(old, new, limit if limit >= 0 else -1))


def _split(text: str, separator: str, limit: int = -1) -> list[str]:
    if not separator:
        raise UnsureError
    return [] if limit == 0 else _text(text).split(separator, limit - 1 if limit > 0 else -1)


def _join(values: list[str], separator: str = "") -> str:
    if len(values) * len(separator) > _LONGEST:
        raise UnsureError
    return _text(separator.join(values))


def _index_of(value: Any, wanted: Any) -> int:
    if isinstance(value, str):
        return value.find(wanted)
    return list(value).index(wanted) if wanted in value else -1


def _last_index_of(value: Any, wanted: Any) -> int:
    if isinstance(value, str):
        return value.rfind(wanted)
    return len(value) - 1 - list(value[::-1]).index(wanted) if wanted in value else -1


def _alike(values: list[Any]) -> list[Any]:
    if not values or len({type(value) for value in values}) > 1:
        raise UnsureError
    return values


def _find_all(text: str, pattern: str, limit: int = -1) -> list[str]:
    import re2  # noqa: PLC0415 - few rules need it; it is Go's own dialect

    matches = [match.group(0) for match in re2.finditer(pattern, _text(text))]
    return matches if limit < 0 else matches[:limit]


def _quantity(text: str) -> dict[str, str]:
    value = parsed(text)
    if value is None:
        raise UnsureError
    return {"quantity": str(value)}


def _number(value: Mapping[str, str]) -> Any:
    from fractions import Fraction  # noqa: PLC0415

    return Fraction(value["quantity"])


def _compare(left: Any, right: Any) -> int:
    first, other = _number(left), _number(right)
    return int(first > other) - int(first < other)


def _url(text: str) -> dict[str, str]:
    match = _PLAIN_URL.fullmatch(text)
    if match is None:
        raise UnsureError
    return {key: value or "" for key, value in match.groupdict().items()}


def _is_url(text: str) -> bool:
    """``url.ParseRequestURI`` takes it: sure of plain URLs, and of words that are none."""
    if _PLAIN_URL.fullmatch(text):
        return True
    if _NO_URL.fullmatch(text):
        return False
    raise UnsureError


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    odd = isinstance(address, ipaddress.IPv6Address) and (address.scope_id or address.ipv4_mapped)
    return None if odd else address


def _family(value: Mapping[str, str]) -> int:
    return ipaddress.ip_address(value["ip"]).version


def _address(text: str) -> dict[str, str]:
    address = _ip(text)
    if address is None:
        raise UnsureError
    return {"ip": str(address)}


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "charAt": _char_at,
    "substring": _substring,
    "replace": _replace,
    "split": _split,
    "indexOf": _index_of,
    "lastIndexOf": _last_index_of,
    "lowerAscii": lambda text: _text(text).translate(_LOWER),
    "upperAscii": lambda text: _text(text).translate(_UPPER),
    "trim": lambda text: _text(text).strip(),
    "join": _join,
    "find": lambda text, pattern: next(iter(_find_all(text, pattern)), ""),
    "findAll": _find_all,
    "isSorted": lambda values: not values or _alike(values) == sorted(values),
    "sum": lambda values: sum(_alike(values)),
    "min": lambda values: min(_alike(values)),
    "max": lambda values: max(_alike(values)),
    "quantity": _quantity,
    "isQuantity": lambda text: parsed(text) is not None,
    "isGreaterThan": lambda left, right: _compare(left, right) > 0,
    "isLessThan": lambda left, right: _compare(left, right) < 0,
    "compareTo": _compare,
    "sign": lambda value: _compare(value, {"quantity": "0"}),
    "isURL": _is_url,
    "url": _url,
    "getScheme": lambda value: value["scheme"],
    "getHostname": lambda value: value["host"],
    "getHost": lambda value: value["host"] + (f":{value['port']}" if value["port"] else ""),
    "getPort": lambda value: value["port"],
    "isIP": lambda text: _ip(text) is not None,
    "ip": _address,
    "family": _family,
}
