"""Reads a time span as people type it: ``3d``, ``12h``, ``90m``, ``2w``."""

import re
from datetime import timedelta

from pipeline.core.words import counted

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPAN = re.compile(r"([0-9]{1,5})([mhdw])")


def duration(text: str) -> timedelta:
    """Of one or several parts: ``1d12h``.

    Raises:
        ValueError: it is not such a text.
    """
    parts = _SPAN.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is not a time span such as 3d or 12h")
    return sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in parts), timedelta())


def told(span: timedelta) -> str:
    """In its largest whole unit: ``5 hours``, ``1 day``, ``40 days``, ``2 years``."""
    for days, unit in ((365, "year"), (1, "day")):
        if span >= timedelta(days=days):
            return counted(span // timedelta(days=days), unit)
    return counted(span // timedelta(hours=1), "hour")
