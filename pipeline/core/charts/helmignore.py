"""A chart folder's .helmignore, as Helm reads it: what ``helm package`` leaves out.

Helm applies the file of the chart's own folder to that folder, and never to an archive. Its rules are not Git's: a
pattern without ``/`` is matched against the last component, one with ``/`` against the whole path, ``!`` leaves out all
that does *not* match, and ``**`` is an error (helm.sh/helm, pkg/ignore/rules.go; patterns as Go's filepath.Match).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

FILE = ".helmignore"
_DEFAULT = "templates/.?*"


class IgnoreError(ValueError):
    """A rule that Helm does not take. The message names the line."""


@dataclass(frozen=True, slots=True)
class _Rule:
    matches: Callable[[str], bool]
    whole: bool
    """Held against the whole path, not against its last component."""
    negated: bool = False
    folders_only: bool = False


@dataclass(frozen=True, slots=True)
class HelmIgnore:
    """The rules in their order, Helm's own default (``templates/.?*``) last."""

    rules: tuple[_Rule, ...]

    def ignores(self, path: str, *, is_folder: bool) -> bool:
        """Whether the file or folder at ``path`` (below the chart's folder) is left out; a folder with all in it."""
        for rule in self.rules:
            matched = rule.matches(path if rule.whole else path.rpartition("/")[2])
            if rule.negated:
                if (rule.folders_only and not is_folder) or not matched:
                    return True
            elif matched and (is_folder or not rule.folders_only):
                return True
        return False

    def leaves_out(self, path: str) -> bool:
        """Whether the file at ``path`` is ignored, or a folder that it is in."""
        parts = path.split("/")
        above = ("/".join(parts[:count]) for count in range(1, len(parts)))
        return any(self.ignores(folder, is_folder=True) for folder in above) or self.ignores(path, is_folder=False)


def parse(text: str) -> HelmIgnore:
    """Read a .helmignore; an empty text for a folder without one.

    Raises:
        IgnoreError: a pattern that Helm refuses, and the chart with it.
    """
    lines = text.removeprefix("\ufeff").split("\n")
    rules = [rule for number, line in enumerate(lines, 1) if (rule := _rule(line.strip(), number)) is not None]
    default = _rule(_DEFAULT, 0)
    assert default is not None, "BUG: Helm's default is a rule"
    return HelmIgnore((*rules, default))


def _rule(text: str, line: int) -> _Rule | None:
    if not text or text.startswith("#"):
        return None
    if "**" in text:
        raise IgnoreError(f"{FILE}:{line}: Helm does not support ** in patterns")
    _compiled(text, line)  # as Helm: what it refuses is the line as written
    negated = text.startswith("!")
    text = text.removeprefix("!")
    folders_only = text.endswith("/")
    text = text.removesuffix("/")
    pattern = _compiled(text.removeprefix("/"), line)
    return _Rule(partial(_matches, pattern), "/" in text, negated, folders_only)


Piece = Callable[[str], bool] | None
"""What one character must be; None is ``*``: any number of characters, of which none is ``/``."""


def _compiled(text: str, line: int) -> list[Piece]:
    pieces: list[Piece] = []
    at = 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == "*":
            pieces.append(None)
        elif char == "?":
            pieces.append(lambda one: one != "/")
        elif char == "[":
            piece, at = _class(text, at, line)
            pieces.append(piece)
        else:
            if char == "\\":
                if at >= len(text):
                    raise _bad(text, line)
                char = text[at]
                at += 1
            pieces.append(char.__eq__)
    return pieces


def _class(text: str, at: int, line: int) -> tuple[Piece, int]:
    """``[a-z]`` or ``[^a-z]`` from behind its bracket; and where it ends."""
    negated = text[at : at + 1] == "^"
    at += negated
    ranges: list[tuple[str, str]] = []
    while not ranges or text[at : at + 1] != "]":
        low, at = _one(text, at, line)
        high = low
        if text[at : at + 1] == "-":
            high, at = _one(text, at + 1, line)
        ranges.append((low, high))
    return lambda char: any(low <= char <= high for low, high in ranges) != negated, at + 1


def _one(text: str, at: int, line: int) -> tuple[str, int]:
    char = text[at : at + 1]
    if char in ("", "-", "]"):
        raise _bad(text, line)
    if char == "\\":
        at += 1
        char = text[at : at + 1]
    if not char or at + 1 >= len(text):
        raise _bad(text, line)
    return char, at + 1


def _matches(pieces: list[Piece], name: str) -> bool:
    """As Go does it: each part between two stars where it fits first. In linear time for each star."""
    at = star = 0
    piece = after_star = 0
    starred = False
    while at < len(name) or piece < len(pieces):
        wanted = pieces[piece] if piece < len(pieces) else None
        if piece < len(pieces) and wanted is None:
            starred, star, after_star = True, at, piece + 1
            piece += 1
        elif wanted is not None and at < len(name) and wanted(name[at]):
            at, piece = at + 1, piece + 1
        elif starred and star < len(name) and name[star] != "/":
            star += 1
            at, piece = star, after_star
        else:
            return False
    return True


def _bad(text: str, line: int) -> IgnoreError:
    return IgnoreError(f"{FILE}:{line}: {text!r} is not a pattern that Helm supports")
