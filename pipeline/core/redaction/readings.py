"""A text as its reader decodes it: lines joined, and HTML entities, percent signs and the like replaced.

A writer may encode any of a value's characters and leave the others, so that no list of forms holds every mixture. So
the text is decoded and searched again; a reading knows where in the text each of its characters stands.
"""

import html
import re
import string
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pipeline.core.character_runs import CharacterClass

_GAP = r"""(?:\\{0,4}["'])?[,+]?\\{0,4}(?:\s|\\{1,4}[nrt])++(?:\\{0,4}["'])?"""
_LETTER = "[A-Za-z0-9+/=_-]"
# Repetitions are possessive or bounded, and begin where a word does, so that time stays linear.
_WRAPPED = re.compile(rf"(?<!{_LETTER})(?:{_LETTER}{{8,}}+{_GAP})++{_LETTER}*+")
_GAPS = re.compile(rf"(?<={_LETTER}){_GAP}(?={_LETTER})")
_ENCODED = re.compile("[0-9]|[a-z][A-Z]")
"""Where lines are joined: text with neither is words, and two words in a row are not a value."""
_ENCODED_ONCE_JOINED = re.compile(rf"[0-9]|(?<!\\)[a-z](?:{_GAP})?[A-Z]")
"""The same, before the lines are joined: a letter after a backslash belongs to what stands between them."""
_PAIR = "(?:0x)?[0-9A-Fa-f]{2}"
_BETWEEN = r"(?:[:,-]|\s|\\[nrt]){1,4}+"
_ENTITY = re.compile(r"&(?:#[0-9]{1,8}|#[xX][0-9A-Fa-f]{1,7}|[A-Za-z][A-Za-z0-9]{1,31});?")
# Each begins with one sign that is always there: so the text between such signs is skipped.
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2})*")
_QUOTED_PRINTABLE = re.compile(r"=(?:\r?\n|(?:\\r)?\\n|[0-9A-F]{2}(?:=[0-9A-F]{2})*)")
_BYTE = r"(?:x[0-9A-Fa-f]{2}|[0-7]{3})"
_BACKSLASHES = re.compile(
    rf"\\(?:\\{{0,3}}{_BYTE}(?:\\{{1,4}}{_BYTE})*|\\{{0,3}}u[0-9A-Fa-f]{{4}}|\\{{0,3}}u\{{[0-9A-Fa-f]{{1,6}}\}})"
)
_HEXADECIMAL = re.compile(rf"(?<![0-9A-Za-z]){_PAIR}(?:{_BETWEEN}{_PAIR}(?![0-9A-Za-z])){{5,}}+")
_NUMBERS = re.compile(rf"(?<![0-9A-Za-z.])[0-9]{{1,3}}(?:{_BETWEEN}[0-9]{{1,3}}(?![0-9A-Za-z.])){{5,}}+")
_OCTAL = re.compile(rf"(?<![0-9A-Za-z.])(?:0o)?[0-7]{{2,4}}(?:{_BETWEEN}(?:0o)?[0-7]{{2,4}}(?![0-9A-Za-z.])){{5,}}+")
_LISTS = CharacterClass(
    f"{string.hexdigits}xo:,-\\nrt{''.join(filter(str.isspace, map(chr, range(256))))}", others=True
)
_SHORTEST_LIST = 11
"""Characters of what the three above find: six numbers, with a sign between two of them."""
_NUMBER = re.compile(r"[0-9]+")
_OCTAL_NUMBER = re.compile(r"(?:0o)?([0-7]+)")
_BYTE_IN_PAIRS = re.compile(r"(?:0x)?([0-9A-Fa-f]{2})")
_BYTE_IN_SLASHES = re.compile(r"\\{1,4}(?:x([0-9A-Fa-f]{2})|([0-7]{3}))")
_LARGEST_BYTE = 255
_NOTHING = "\0"
"""What stands in a reading for text that is left out of it."""


@dataclass(frozen=True, slots=True)
class _Decoded:
    """``text[start:end]`` is read as ``as_read``."""

    start: int
    end: int
    as_read: str


class Reading:
    """``text`` is what is read. ``starts`` and ``ends`` are the places in the source of what was decoded."""

    __slots__ = ("_at", "_ends", "_joined", "_sizes", "_starts", "text")

    def __init__(self, source: str, decoded: Iterable[_Decoded], *, joined: bool = False) -> None:
        out: list[str] = []
        self._at, self._sizes, self._starts, self._ends = list[int](), list[int](), list[int](), list[int]()
        self._joined = joined
        last = length = 0
        for part in decoded:
            out += (source[last : part.start], part.as_read)
            self._at.append(length + part.start - last)
            self._sizes.append(len(part.as_read))
            self._starts.append(part.start)
            self._ends.append(part.end)
            length += part.start - last + len(part.as_read)
            last = part.end
        self.text = "".join([*out, source[last:]])

    def in_source(self, start: int, end: int) -> tuple[int, int] | None:
        """Where ``text[start:end]`` stands in the source; None where it stands there in the same letters."""
        if not self._differs(start, end) or (self._joined and not _ENCODED.search(self.text, start, end)):
            return None
        last = bisect_right(self._at, end - 1) - 1
        stops = end if last < 0 else self._ends[last] + max(0, end - self._at[last] - self._sizes[last])
        return self.source_of(start), stops

    def source_of(self, at: int) -> int:
        """Where the character ``text[at]`` begins in the source."""
        n = bisect_right(self._at, at) - 1
        if n < 0:
            return at
        beyond = at - self._at[n] - self._sizes[n]
        return self._starts[n] if beyond < 0 else self._ends[n] + beyond

    def _differs(self, start: int, end: int) -> bool:
        n = bisect_left(self._at, start)
        while n < len(self._at) and self._at[n] < end:
            if self._sizes[n] or self._at[n] > start:
                return True
            n += 1
        return False


def readings(text: str, *, words: bool = True, apart: str = "") -> Iterator[Reading]:
    """Those of ``text`` that differ from it.

    Without ``words``, lines that are nothing but words are not joined: ``in_source`` finds nothing there. ``apart`` is
    the sign that separates several texts, of which only those are read in which something is decoded.
    """
    if gaps := list(_joined(text, words=words)):
        yield Reading(text, gaps, joined=True)
    lists = list(_LISTS.runs(text, _SHORTEST_LIST))
    for sign, kind, decode in _KINDS:
        if not sign or sign in text:
            places = kind.finditer(text) if sign else _within(kind, text, lists)
            decoded = [part for match in places for part in decode(match)]
            if decoded:
                yield Reading(text, _those_of(text, decoded, apart) if apart and apart in text else decoded)


def _within(kind: re.Pattern[str], text: str, runs: list[tuple[int, int]]) -> Iterator[re.Match[str]]:
    """What ``finditer`` finds, where each match lies in a run; what stands behind a run is looked at, too."""
    return (match for start, end in runs for match in kind.finditer(text, start, end + 1))


def _those_of(text: str, decoded: list[_Decoded], apart: str) -> Iterator[_Decoded]:
    """With nothing in place of the texts in which nothing was found."""
    end = 0
    for part in decoded:
        if part.start >= end:
            start = text.rfind(apart, end, part.start) + 1
            if start > end:
                yield _Decoded(end, start, _NOTHING)
            end = text.find(apart, part.end) % (len(text) + 1)
        yield part
    if end < len(text):
        yield _Decoded(end, len(text), _NOTHING)


def _joined(text: str, *, words: bool) -> Iterator[_Decoded]:
    """The runs of letters alone, without the white space in them."""
    last = 0
    for run in _WRAPPED.finditer(text):
        if words or _ENCODED_ONCE_JOINED.search(run.group()):
            yield _Decoded(last, run.start(), _NOTHING)
            yield from (_Decoded(gap.start(), gap.end(), "") for gap in _GAPS.finditer(text, run.start(), run.end()))
            last = run.end()
    if last:
        yield _Decoded(last, len(text), _NOTHING)


def _entity(match: re.Match[str]) -> Iterator[_Decoded]:
    as_read = html.unescape(match.group())
    if as_read != match.group():
        yield _Decoded(match.start(), match.end(), as_read)


def _percent(match: re.Match[str]) -> Iterator[_Decoded]:
    starts = range(match.start(), match.end(), 3)
    yield from _bytes([(at, at + 3, int(match.string[at + 1 : at + 3], 16)) for at in starts])


def _quoted_printable(match: re.Match[str]) -> Iterator[_Decoded]:
    if match.group().endswith(("n", "\n")):
        yield _Decoded(match.start(), match.end(), "")
    else:
        yield from _percent(match)


def _backslashes(match: re.Match[str]) -> Iterator[_Decoded]:
    _, _, number = match.group().partition("u")
    if number:
        code = int(number.strip("{}"), 16)
        if code <= sys.maxunicode:
            yield _Decoded(match.start(), match.end(), _character(chr(code)))
        return
    parts = list(_BYTE_IN_SLASHES.finditer(match.string, match.start(), match.end()))
    values = [int(part[1], 16) if part[1] else int(part[2], 8) % (_LARGEST_BYTE + 1) for part in parts]
    yield from _bytes([(part.start(), part.end(), value) for part, value in zip(parts, values, strict=True)])


def _hexadecimal(match: re.Match[str]) -> Iterator[_Decoded]:
    parts = list(_BYTE_IN_PAIRS.finditer(match.string, match.start(), match.end()))
    yield from _run(match, [(part.start(), part.end(), int(part[1], 16)) for part in parts])


def _numbers(match: re.Match[str]) -> Iterator[_Decoded]:
    parts = list(_NUMBER.finditer(match.string, match.start(), match.end()))
    values = [int(part.group()) for part in parts]
    if max(values) <= _LARGEST_BYTE:
        yield from _run(match, [(part.start(), part.end(), n) for part, n in zip(parts, values, strict=True)])


def _octal(match: re.Match[str]) -> Iterator[_Decoded]:
    parts = list(_OCTAL_NUMBER.finditer(match.string, match.start(), match.end()))
    yield from _run(match, [(part.start(), part.end(), int(part[1], 8) % (_LARGEST_BYTE + 1)) for part in parts])


def _run(match: re.Match[str], parts: list[tuple[int, int, int]]) -> Iterator[_Decoded]:
    """With what stands between the bytes left out."""
    ends = [start for start, _, _ in parts[1:]] + [match.end()]
    yield from _bytes([(start, end, value) for (start, _, value), end in zip(parts, ends, strict=True)])


def _bytes(parts: list[tuple[int, int, int]]) -> Iterator[_Decoded]:
    """Each ``(start, end, byte)``, as characters of UTF-8."""
    n = 0
    for character in bytes(value for _, _, value in parts).decode(errors="surrogateescape"):
        size = len(character.encode(errors="surrogateescape"))
        yield _Decoded(parts[n][0], parts[n + size - 1][1], _character(character))
        n += size


def _character(character: str) -> str:
    """Half a surrogate pair is not text."""
    return "\ufffd" if "\ud800" <= character <= "\udfff" else character


_KINDS: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], Iterator[_Decoded]]], ...] = (
    ("&", _ENTITY, _entity),
    ("%", _PERCENT, _percent),
    ("=", _QUOTED_PRINTABLE, _quoted_printable),
    ("\\", _BACKSLASHES, _backslashes),
    ("", _HEXADECIMAL, _hexadecimal),
    ("", _NUMBERS, _numbers),
    ("", _OCTAL, _octal),
)
"""A sign without which there is none; what is looked for; how it is read."""
