"""Times, cron schedules and time zones as Kubernetes reads them: by Go's time package and robfig/cron."""

import re
from datetime import date

_MONTHS = {name: number for number, name in enumerate(re.findall("...", "janfebmaraprmayjunjulaugsepoctnovdec"), 1)}
_DAYS = {name: number for number, name in enumerate(re.findall("...", "sunmontuewedthufrisat"))}
_FIELDS: tuple[tuple[int, int, dict[str, int]], ...] = (
    (0, 59, {}),
    (0, 23, {}),
    (1, 31, {}),
    (1, 12, _MONTHS),
    (0, 6, _DAYS),
)
_DESCRIPTORS = {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}
_NUMBER = re.compile(r"[0-9]{1,9}")
_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?(?:ns|us|µs|ms|s|m|h))+")
_AREA = re.compile(
    r"(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Brazil|Canada|Chile|Etc|Europe|Indian|Mexico|Pacific"
    r"|US)(?:/[A-Za-z0-9_+-]+){1,2}"
)
_ALONE = re.compile(
    r"CET|CST6CDT|Cuba|EET|EST|EST5EDT|Egypt|Eire|Factory|GB|GB-Eire|GMT|GMT\+0|GMT-0|GMT0|Greenwich|HST|Hongkong|Iceland"
    r"|Iran|Israel|Jamaica|Japan|Kwajalein|Libya|MET|MST|MST7MDT|NZ|NZ-CHAT|Navajo|PRC|PST8PDT|Poland|Portugal|ROC|ROK"
    r"|Singapore|Turkey|UCT|UTC|Universal|W-SU|WET|Zulu"
)


_DATE = r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
_OFFSET = r"(?:Z|[+-](?:[01][0-9]|2[0-4]):[0-5][0-9])"
_TIME = _DATE + r"T(?:[01]?[0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]%s" + _OFFSET
_SECOND = re.compile(_TIME % r"(?:[.,][0-9]+)?")
_MICROSECOND = re.compile(_TIME % r"[.,][0-9]{6}")


def second(text: str) -> bool:
    """What meta.v1.Time takes: RFC 3339, with an hour of one digit and a comma too, as Go's parser has it.

    >>> second("2026-01-02T03:04:05Z"), second("2026-01-02"), second("2026-02-30T03:04:05Z"), second("")
    (True, False, False, False)
    """
    return _instant(_SECOND.fullmatch(text))


def microsecond(text: str) -> bool:
    """What meta.v1.MicroTime takes (times of a Lease and of an Event): the same with exactly six digits.

    >>> microsecond("2026-01-02T03:04:05.000000Z"), microsecond("2026-01-02T03:04:05Z")
    (True, False)
    """
    return _instant(_MICROSECOND.fullmatch(text))


def _instant(match: re.Match[str] | None) -> bool:
    if match is None:
        return False
    year, month, day = (int(part) for part in match.groups())
    try:
        date(year or 4, month, day)  # the year 0 of Go leaps, and is none of Python's
    except ValueError:
        return False
    return True


def time_zone(text: str) -> bool:
    """A name of the tz database; those with an area by their form, since which ones there are differs by machine."""
    return _ALONE.fullmatch(text) is not None or _AREA.fullmatch(text) is not None


def schedule(text: str) -> bool:
    """Whether the API server takes a CronJob's schedule.

    >>> schedule("*/5 0 * * mon-fri"), schedule("60 * * * *"), schedule("@hourly")
    (True, False, True)
    """
    if text.startswith("@"):
        return text in _DESCRIPTORS or (text.startswith("@every ") and _DURATION.fullmatch(text[7:]) is not None)
    fields = text.split()
    return len(fields) == len(_FIELDS) and all(
        _entry(part, *bounds) for field, bounds in zip(fields, _FIELDS, strict=True) for part in field.split(",")
    )


def _entry(part: str, least: int, most: int, names: dict[str, int]) -> bool:
    """``*``, ``?``, ``N``, ``N-M``, each with ``/STEP`` perhaps."""
    span, slash, step = part.partition("/")
    if slash and (_NUMBER.fullmatch(step) is None or int(step) == 0):
        return False
    if span in ("*", "?"):
        return True
    low, dash, high = span.partition("-")
    start = _value(low, names)
    end = _value(high, names) if dash else start
    return start is not None and end is not None and least <= start <= end <= most


def _value(text: str, names: dict[str, int]) -> int | None:
    if text.lower() in names:
        return names[text.lower()]
    return int(text) if _NUMBER.fullmatch(text) else None
