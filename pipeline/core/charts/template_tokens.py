"""Splits Go templates into literal text and actions, and actions into tokens, as text/template's lexer does.

For what regular expressions over whole actions cannot tell: which word is a function that is called, where its command
ends, what stands in a string.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<string>\"(?:[^\"\\\n]|\\.)*\"|`[^`]*`|'(?:[^'\\\n]|\\.)+')"
    r"|(?P<comment>/\*(?:[^*]|\*(?!/))*\*/)"
    r"|(?P<pipe>\|)|(?P<open>\()|(?P<close>\))|(?P<assign>:?=|,)"
    r"|(?P<word>[A-Za-z_]\w*)|(?P<field>[.$][\w.$]*)|(?P<other>[\d+-][\w.]*|.)",
    re.DOTALL,
)
_END = re.compile(r"(?:\s-)?}}")
_KEYWORDS = frozenset({"if", "with", "range", "else", "return"})


class TokenKind(StrEnum):
    SPACE = "space"
    STRING = "string"
    COMMENT = "comment"
    PIPE = "pipe"
    OPEN = "open"
    CLOSE = "close"
    ASSIGN = "assign"
    WORD = "word"
    FIELD = "field"
    OTHER = "other"


_KINDS = {kind.value: kind for kind in TokenKind}


class TemplateToken(NamedTuple):
    kind: TokenKind
    text: str


@dataclass(frozen=True, slots=True)
class TemplateAction:
    """``head`` and ``tail`` are the braces, with the dashes that trim."""

    head: str
    tokens: tuple[TemplateToken, ...]
    tail: str
    text: str
    """All of it, as it was written."""

    @property
    def words(self) -> tuple[TemplateToken, ...]:
        """Without spaces and comments."""
        return tuple(token for token in self.tokens if token.kind not in (TokenKind.SPACE, TokenKind.COMMENT))


@lru_cache(maxsize=1024)
def parts(text: str) -> tuple[str | TemplateAction, ...]:
    """Literal text and actions in turn. What comes after an action that is never closed is literal text."""
    out: list[str | TemplateAction] = []
    at = 0
    while (start := text.find("{{", at)) >= 0:
        head = "{{-" if text[start + 2 : start + 3] == "-" and text[start + 3 : start + 4].isspace() else "{{"
        action = _action(text, start + len(head))
        if action is None:
            break
        tokens, tail = action
        end = start + len(head) + sum(len(token.text) for token in tokens) + len(tail)
        out += [text[at:start], TemplateAction(head, tokens, tail, text[start:end])]
        at = end
    return (*out, text[at:])


def tokens_of(action: str) -> tuple[TemplateToken, ...]:
    """Those of the text between the braces."""
    return tuple(TemplateToken(_KINDS[str(match.lastgroup)], match[0]) for match in _TOKEN.finditer(action))


def starts_command(words: tuple[TemplateToken, ...], index: int) -> bool:
    """Whether the token at ``index`` is the first of a command, where a word is a function that takes what follows."""
    if index == 0:
        return True
    before = words[index - 1]
    if before.kind in (TokenKind.PIPE, TokenKind.OPEN, TokenKind.ASSIGN):
        return True
    if before.kind is TokenKind.WORD and before.text in _KEYWORDS:
        return True
    named = index > 1 and words[index - 2].kind is TokenKind.WORD and words[index - 2].text in ("template", "block")
    return before.kind is TokenKind.STRING and named


def end_of_command(words: tuple[TemplateToken, ...], index: int) -> int:
    """The index of the token that ends the command around ``index``: a pipe, its closing parenthesis, or the end."""
    depth = 0
    for at in range(index, len(words)):
        kind = words[at].kind
        if depth == 0 and kind in (TokenKind.PIPE, TokenKind.CLOSE):
            return at
        depth += (kind is TokenKind.OPEN) - (kind is TokenKind.CLOSE)
    return len(words)


def opening(words: tuple[TemplateToken, ...], index: int) -> int:
    """The index of the parenthesis that the one at ``index`` closes; -1 where there is none."""
    depth = 0
    for at in range(index, -1, -1):
        depth += (words[at].kind is TokenKind.CLOSE) - (words[at].kind is TokenKind.OPEN)
        if depth == 0:
            return at
    return -1


def _action(text: str, at: int) -> tuple[tuple[TemplateToken, ...], str] | None:
    tokens: list[TemplateToken] = []
    while at < len(text):
        if end := _END.match(text, at):
            return tuple(tokens), end[0]
        match = _TOKEN.match(text, at)
        assert match is not None, "BUG: the last alternative takes any character"
        token = TemplateToken(_KINDS[str(match.lastgroup)], match[0])
        if token.kind is TokenKind.SPACE and text.startswith("-}}", match.end()):
            token = TemplateToken(TokenKind.SPACE, match[0][:-1])  # the last blank belongs to the dash
            if not token.text:
                return tuple(tokens), match[0] + "-}}"
        tokens.append(token)
        at += len(token.text)
    return None
