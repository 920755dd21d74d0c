"""Versions and version ranges as Helm resolves them (Masterminds/semver 3.4): ``^1.2``, ``~1.4``, ``1.x``, ``>=1 <3``.

Helm is laxer than semver.org: ``v1.2`` is a version, and a range takes pre-releases only where it names one itself.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import total_ordering

_NUMBERS = r"v?([0-9|xX*]+)(?:\.([0-9|xX*]+))?(?:\.([0-9|xX*]+))?"
_SUFFIX = r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
_OPERATORS = ">=|=>|<=|=<|!=|~>|~|\\^|=|>|<|"
_VERSION = re.compile(r"v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?" + _SUFFIX)
_TERM = re.compile(rf"({_OPERATORS})\s*({_NUMBERS}{_SUFFIX})")
_BETWEEN = re.compile(r"\s*,\s*|\s+")
_HYPHEN = re.compile(rf"\s*({_NUMBERS}{_SUFFIX})\s+-\s+({_NUMBERS}{_SUFFIX})\s*")
_MAX_LENGTH = 256
_WILD = ("", "x", "X", "*")


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """A version, ordered as semver.org orders them; build metadata does not count. ``text`` is it as written."""

    text: str
    numbers: tuple[int, int, int]
    pre: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Version":
        """Read ``1.2.3``, ``v1.2`` or ``1.2.3-rc.1+build``.

        Raises:
            ValueError: it is none of these, or a number in it is out of bounds.
        """
        match = _VERSION.fullmatch(text) if len(text) <= _MAX_LENGTH else None
        if match is None:
            raise ValueError(f"{text!r} is not a version")
        major, minor, patch = (int(number or 0) for number in match.groups()[:3])
        pre = tuple((match[4] or "").split(".")) if match[4] else ()
        if max(major, minor, patch) >= 2**64 or any(re.fullmatch("0[0-9]+", part) for part in pre):
            raise ValueError(f"{text!r} is not a version: a number in it is out of bounds or starts with 0")
        return cls(text, (major, minor, patch), pre)

    @classmethod
    def or_none(cls, text: str) -> "Version | None":
        """The same; None for what is no version."""
        try:
            return cls.parse(text)
        except ValueError:
            return None

    def __str__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((self.numbers, self.pre))

    def __lt__(self, other: "Version") -> bool:
        return self._key() < other._key()

    def _key(self) -> tuple[tuple[int, int, int], bool, list[tuple[bool, int, str]]]:
        parts = [(False, int(part), "") if part.isdigit() else (True, 0, part) for part in self.pre]
        return (self.numbers, not self.pre, parts)


@dataclass(frozen=True, slots=True)
class _Term:
    """One comparison; ``wild`` counts the numbers left open: 1 for ``1.2``, 2 for ``1.x``, 3 for ``*``."""

    operator: str
    version: Version
    wild: int

    def admits(self, version: Version, *, pre: bool) -> bool:
        if version.pre and not pre:
            return False
        return _CHECKS[self.operator](version, self)


@dataclass(frozen=True, slots=True)
class Range:
    """A version range: any of ``groups``, in which every term holds. ``text`` is it as written."""

    text: str
    groups: tuple[tuple[_Term, ...], ...]

    @classmethod
    def parse(cls, text: str) -> "Range":
        """Read a range in Helm's syntax; the empty text admits every release.

        Raises:
            ValueError: it is not a range.
        """
        if len(text) > _MAX_LENGTH:
            raise ValueError(f"a version range of {len(text)} characters is too long")
        parts = _unhyphened(text).split("||") if text.strip() else ["*"]
        return cls(text, tuple(_group(part.strip(), text) for part in parts))

    def admits(self, version: Version) -> bool:
        return any(_group_admits(group, version) for group in self.groups)

    def best(self, versions: tuple[Version, ...]) -> Version | None:
        """The newest admitted version, as Helm chooses; the earliest of equals."""
        return max((version for version in versions if self.admits(version)), default=None)

    @property
    def exact(self) -> bool:
        """Whether only one version (give or take build metadata) can match."""
        terms = self.groups[0]
        return len(self.groups) == len(terms) == 1 and terms[0].operator in ("", "=") and terms[0].wild == 0


def _unhyphened(text: str) -> str:
    """``1.2 - 2.3`` as the two comparisons it stands for."""
    return _HYPHEN.sub(lambda match: f">={match[1]}, <={match[7]} ", text)


def _group(part: str, text: str) -> tuple[_Term, ...]:
    terms, position = [], 0
    while True:
        match = _TERM.match(part, position)
        if match is None:
            raise ValueError(f"{text!r} is not a version range")
        terms.append(_term(match, text))
        if match.end() == len(part):
            return tuple(terms)
        between = _BETWEEN.match(part, match.end())
        if between is None:
            raise ValueError(f"{text!r} is not a version range")
        position = between.end()


def _term(match: re.Match[str], text: str) -> _Term:
    numbers = [number or "" for number in match.groups()[2:5]]
    wild = next((3 - index for index, number in enumerate(numbers) if number in _WILD), 0)
    digits = numbers[: 3 - wild] + ["0"] * wild
    try:
        version = Version.parse(".".join(digits) + (f"-{match[6]}" if match[6] else ""))
    except ValueError as error:
        raise ValueError(f"{text!r} is not a version range: {error}") from None
    return _Term(match[1], version, wild)


def _group_admits(group: tuple[_Term, ...], version: Version) -> bool:
    pre = any(term.version.pre for term in group)
    return all(term.admits(version, pre=pre) for term in group)


def _equal(version: Version, term: _Term) -> bool:
    return _tilde(version, term) if term.wild else version == term.version


def _unequal(version: Version, term: _Term) -> bool:
    if term.wild in (0, 3):
        return version != term.version
    fixed = 3 - term.wild
    if version.numbers[:fixed] != term.version.numbers[:fixed]:
        return True
    return term.wild == 1 and version.pre != term.version.pre


def _greater(version: Version, term: _Term) -> bool:
    """``>1`` means from 2 on, ``>1.2`` from 1.3 on; ``>*`` is read as ``>0.0.0``."""
    if term.wild in (0, 3):
        return version > term.version
    fixed = 3 - term.wild
    return version.numbers[:fixed] > term.version.numbers[:fixed]


def _less_or_equal(version: Version, term: _Term) -> bool:
    """``<=1`` includes all of 1, ``<=1.2`` all of 1.2; ``<=*`` is read as ``<=0.0``."""
    if not term.wild:
        return version <= term.version
    fixed = 1 if term.wild == 2 else 2  # noqa: PLR2004  (of three numbers)
    return version.numbers[:fixed] <= term.version.numbers[:fixed]


def _tilde(version: Version, term: _Term) -> bool:
    """``~1.2.3`` and ``~1.2`` stay in 1.2, ``~1`` stays in 1; ``~0.0.0`` and ``~*`` take all."""
    if version < term.version:
        return False
    fixed = min(2, 3 - term.wild) if term.version.numbers != (0, 0, 0) or term.wild in (1, 2) else 0
    return version.numbers[:fixed] == term.version.numbers[:fixed]


def _caret(version: Version, term: _Term) -> bool:
    """Up to the next change of the leftmost number that is not 0."""
    if version < term.version:
        return False
    major, minor, _ = term.version.numbers
    fixed = 1 if major or term.wild == 2 else 2 if minor or term.wild == 1 else 3  # noqa: PLR2004
    return version.numbers[:fixed] == term.version.numbers[:fixed]


_CHECKS: dict[str, Callable[[Version, _Term], bool]] = {
    "": _equal,
    "=": _equal,
    "!=": _unequal,
    ">": _greater,
    ">=": lambda version, term: version >= term.version,
    "=>": lambda version, term: version >= term.version,
    "<": lambda version, term: version < term.version,
    "<=": _less_or_equal,
    "=<": _less_or_equal,
    "~": _tilde,
    "~>": _tilde,
    "^": _caret,
}
