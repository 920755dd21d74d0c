"""Durations as Istio writes them (``1.5s``, ``500ms``, ``1m30s``), and as Go prints them."""

import re

_PART = re.compile(r"([0-9]{1,12}(?:\.[0-9]{0,9})?)(h|ms|m|us|µs|ns|s)")
_UNITS = {
    "h": 3_600_000_000_000,
    "m": 60_000_000_000,
    "s": 1_000_000_000,
    "ms": 1_000_000,
    "us": 1_000,
    "µs": 1_000,
    "ns": 1,
}


def nanoseconds(value: object) -> int | None:
    """None for what is no duration."""
    if not isinstance(value, str) or not value:
        return None
    total, place = 0, 0
    while place < len(value):
        part = _PART.match(value, place)
        if part is None:
            return None
        whole, _, fraction = part[1].partition(".")
        unit = _UNITS[part[2]]
        total += int(whole) * unit + int(int(fraction or "0") * unit / 10 ** len(fraction))
        place = part.end()
    return total


def go_text(total: int) -> str:
    """``0s``, ``500ms``, ``1.5s``, ``1m30s``, ``2h0m0s``."""
    if total == 0:
        return "0s"
    if total < _UNITS["s"]:
        unit = next(name for name in ("ms", "µs", "ns") if total >= _UNITS[name])
        return f"{_decimal(total, _UNITS[unit])}{unit}"
    hours, rest = divmod(total, _UNITS["h"])
    minutes, rest = divmod(rest, _UNITS["m"])
    seconds = f"{_decimal(rest, _UNITS['s'])}s"
    if hours:
        return f"{hours}h{minutes}m{seconds}"
    return f"{minutes}m{seconds}" if minutes else seconds


def _decimal(total: int, unit: int) -> str:
    whole, rest = divmod(total, unit)
    digits = len(str(unit)) - 1
    return f"{whole}.{rest:0{digits}d}".rstrip("0") if rest else str(whole)
