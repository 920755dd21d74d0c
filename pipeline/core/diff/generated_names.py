"""Names that end in a hash or a version, generated so that users of an object notice that it is a new one."""

import re

_PART = re.compile(r"[0-9a-f]{5,64}|[bcdfghjklmnpqrstvwxz2456789]{5,10}|v?\d+|(?:alpha|beta|rc)\d*")
"""Hexadecimal, Kubernetes' and Kustomize's own hashes (SafeEncodeString: no vowels), the parts of a version."""
_CUT = re.compile(r"[-.]")


def stem(name: str) -> str:
    """``web`` of ``web-5f0c9a1b`` and of ``web-1.14.0``; the name itself where nothing at its end was generated."""
    end = len(name)
    for cut in reversed([match.start() for match in _CUT.finditer(name)]):
        if not _PART.fullmatch(name, cut + 1, end):
            break
        end = cut
    return name[:end]


def same_stem(old: str, new: str) -> bool:
    """Whether two names differ in nothing but a generated end. Two ends without any digit are words, not hashes."""
    base = stem(old)
    ends = (old[len(base) :], new[len(base) :])
    return old != new and bool(base) and base == stem(new) and all(ends) and any(map(str.isdigit, "".join(ends)))


def differing(old: str, new: str) -> tuple[str, str]:
    """What one name has and the other has not, the words that both begin and end with taken off.

    >>> differing("shop-web-metrics", "shop-frontend-metrics")
    ('web', 'frontend')
    """
    first, second = _CUT.split(old), _CUT.split(new)
    shortest = min(len(first), len(second))
    start = next((index for index in range(shortest) if first[index] != second[index]), shortest)
    end = next((n for n in range(shortest - start) if first[-1 - n] != second[-1 - n]), shortest - start)
    return "-".join(first[start : len(first) - end]), "-".join(second[start : len(second) - end])
