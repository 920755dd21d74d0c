"""The only check for names and paths: what passes it stays below any folder that it is joined to.

Names, versions, aliases, paths and links come from charts, indexes, locks, archives, overlays, values entries,
indexes and plans, and any of them may be malicious. A ``SafePath`` cannot be created from a text that leads out, so
it need not be checked again. The file is opened without following links: adapters/below.py.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Self

from pipeline.core.errors import WorldError
from pipeline.core.look_alikes import skeleton

LONGEST_NAME = 255
"""Bytes of one component that common file systems take."""
LONGEST_PATH = 2_048
"""Bytes of a whole path; Linux takes 4,096 with the folder that it is put under."""

_ORDINARY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_+@=,-]*(?:\.[A-Za-z0-9_+@=,-]+)*\Z")
"""Components that need no closer look: nearly all."""
_PART = _ORDINARY.pattern.removesuffix(r"\Z")
_ORDINARY_PATH = re.compile(rf"{_PART}(?:/{_PART})*\Z")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*\Z")
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\\\ud800-\udfff\u2028\u2029]")
_DRIVE = re.compile(r"[A-Za-z]:")
# Code points that HFS+ ignores in names, as Git lists them (utf8.c, next_hfs_char): .g\u200cit is .git there.
_IGNORED = re.compile(r"[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
_GIT = frozenset({".git", "git~1"})
_SHOWN = 80


class UnsafePathError(WorldError):
    """A name or a path that leads out of where it belongs, or that no file system can hold."""


class SafePath(str):
    """A relative path with ``/`` that stays below its folder. Nothing in it is ``.git``, empty, ``.`` or ``..``.

    ``what`` is what the error calls it: ``pipeline.lock: chart name``.

    Raises:
        UnsafePathError: the text is not such a path.
    """

    __slots__ = ()

    def __new__(cls, text: str, what: str = "") -> Self:
        reason = _why_not(text)
        if reason:
            raise UnsafePathError(f"{what or 'path'}: {shown(text)} {reason}", hint=_HINT)
        return super().__new__(cls, text)

    @classmethod
    def of(cls, *parts: str, what: str = "") -> Self:
        """The path through all ``parts``, each of which is safe by itself: none can undo another."""
        return cls("/".join(cls(part, what) for part in parts), what)


class SafeName(SafePath):
    """One component of letters, digits and ``._+-``: a chart's name, its version, an environment.

    Raises:
        UnsafePathError: the text is not such a name.
    """

    __slots__ = ()

    def __new__(cls, text: str, what: str = "") -> Self:
        if not _NAME.match(text) or len(text) > LONGEST_NAME:
            raise UnsafePathError(f"{what or 'name'}: {shown(text)} is not a name that can be a folder", hint=_HINT)
        return str.__new__(cls, text)


_HINT = "do not use this input; ask whoever made it"


def shown(text: str) -> str:
    """A text for a message: quoted, without control characters, and cut where it is long."""
    return repr(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!r}… ({len(text)} characters)"


def is_git(component: str) -> bool:
    """Whether a file system takes the name for ``.git``: NTFS drops dots and blanks at the end, HFS+ ignores some."""
    plain = _IGNORED.sub("", component).casefold().partition(":")[0].rstrip(". ")
    return plain in _GIT


def _why_not(text: str) -> str:
    if len(text) <= LONGEST_NAME and _ORDINARY_PATH.match(text):
        return ""
    if len(text) > LONGEST_PATH or len(text.encode("utf-8", "replace")) > LONGEST_PATH:
        return f"is longer than {LONGEST_PATH} bytes"
    if not text or text.startswith("/") or _DRIVE.match(text):
        return "is not a relative path"
    return next((reason for part in text.split("/") if (reason := _component(part))), "")


def _component(part: str) -> str:
    if _ORDINARY.match(part) and len(part) <= LONGEST_NAME:
        return ""
    if part in ("", ".", ".."):
        return "leads out of its folder" if part == ".." else f"has an empty component or {part or '//'!r}"
    if _FORBIDDEN.search(part):
        return "holds a character that no path may hold"
    if len(part.encode()) > LONGEST_NAME:
        return f"has a component of more than {LONGEST_NAME} bytes"
    return "names Git's own folder" if is_git(part) else ""


def collision(paths: Iterable[str]) -> str:
    """Two paths that some file system or a reader takes for one, in words; empty where there are none.

    Linear in their length.
    """
    files: dict[str, str] = {}
    folders: dict[str, str] = {}
    known: set[str] = set()
    for path in sorted(paths):
        other = files.setdefault(skeleton(path), path)
        if other != path:
            return f"{other} and {path} {_likeness(other, path)}"
        folder = path.rpartition("/")[0]
        while folder and folder not in known:
            known.add(folder)
            other = folders.setdefault(skeleton(folder), folder)
            if other != folder:
                return f"the folders {other} and {folder} {_likeness(other, folder)}"
            folder = folder.rpartition("/")[0]
    both = next((path for path in files if path in folders), None)
    return f"{files[both]} is both a file and a folder" if both else ""


def _canonical(text: str) -> str:
    """As file systems compare that know no cases, and one form of each letter (NTFS, APFS)."""
    return unicodedata.normalize("NFC", text.casefold())


def _likeness(one: str, other: str) -> str:
    if one.casefold() == other.casefold():
        return "differ only by case"
    if _canonical(one) == _canonical(other):
        return f"are one name in two spellings: {one!a} and {other!a}"
    return f"look alike: {one!a} and {other!a}"
