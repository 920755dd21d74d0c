"""Reads a CEL expression: which names it takes from outside, and of which type its result surely is.

After the grammar of cel-go (parser/gen/CEL.g4), with Kubernetes' macros and optional values. Types beyond those of
literals and operators are not inferred.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

_TOKEN: Final = re.compile(
    r"""(?P<blank>[ \t\r\n\f]+|//[^\n]*)
    |(?P<text>(?:[rR][bB]?|[bB][rR]?)?(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''
        |"(?:\\.|[^\\"\r\n])*"|'(?:\\.|[^\\'\r\n])*'))
    |(?P<double>(?:\d+\.\d+|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)
    |(?P<int>(?:0x[0-9a-fA-F]+|\d+)[uU]?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*|`[A-Za-z0-9_.\-/ ]+`)
    |(?P<mark>&&|\|\||==|!=|<=|>=|[<>+\-*/%!?:.,()\[\]{}])""",
    re.VERBOSE | re.DOTALL,
)
_WORDS: Final = frozenset({"in", "true", "false", "null"})
_RESERVED: Final = frozenset(
    re.findall(
        r"\S+", "as break const continue else for function if import let loop package namespace return var void while"
    )
)
_LOOPS: Final = frozenset(re.findall(r"\S+", "all exists exists_one existsOne map filter optMap optFlatMap"))
_PAIRS: Final = frozenset(re.findall(r"\S+", "all exists existsOne transformList transformMap transformMapEntry"))
_BOOLEAN: Final = frozenset({"&&", "||", "==", "!=", "<", "<=", ">", ">=", "in"})
_LEVELS: Final = ({"||"}, {"&&"}, {"==", "!=", "<", "<=", ">", ">=", "in"}, {"+", "-"}, {"*", "/", "%"})
_DEEPEST: Final = 60


class CelSyntaxError(Exception):
    """The text is no expression; its message says where."""


class CelUnsureError(Exception):
    """The text may be an expression that this reader does not follow: a macro of another form, or very deep."""


@dataclass(slots=True)
class CelText:
    """``names`` are variables from outside, ``calls`` global functions, ``fields`` of ``variables.NAME`` the names.

    ``result`` is ``bool``, ``string``, ``number``, ``list``, ``map``, or empty where it is not certain.
    """

    names: dict[str, None] = field(default_factory=dict)
    calls: dict[str, None] = field(default_factory=dict)
    variables: dict[str, None] = field(default_factory=dict)
    result: str = ""


@lru_cache(maxsize=4096)
def read_cel(text: str) -> CelText:
    """Raises ``CelSyntaxError`` and ``CelUnsureError``."""
    return _CelReader(text).whole()


def _tokens(text: str) -> list[tuple[str, str, int]]:
    tokens, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise CelSyntaxError(f"character {at + 1}")
        kind = match.lastgroup or ""
        if kind != "blank":
            word = match.group()
            tokens.append(("mark" if kind == "name" and word == "in" else kind, word, at + 1))
        at = match.end()
    return [*tokens, ("end", "", len(text) + 1)]


class _CelReader:
    def __init__(self, text: str) -> None:
        self._tokens, self._at, self._depth = _tokens(text), 0, 0
        self._found, self._bound = CelText(), [frozenset[str]()]

    def whole(self) -> CelText:
        self._found.result = self._expression()
        if self._tokens[self._at][0] != "end":
            raise self._wrong()
        return self._found

    def _wrong(self) -> CelSyntaxError:
        return CelSyntaxError(f"character {self._tokens[self._at][2]}")

    def _is(self, *marks: str) -> bool:
        kind, word, _ = self._tokens[self._at]
        return kind == "mark" and word in marks

    def _take(self, *marks: str) -> bool:
        taken = self._is(*marks)
        self._at += taken
        return taken

    def _expect(self, mark: str) -> None:
        if not self._take(mark):
            raise self._wrong()

    def _expression(self) -> str:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise CelUnsureError
        result = self._binary(0)
        if self._take("?"):
            branch = self._binary(0)
            self._expect(":")
            other = self._expression()
            result = branch if branch == other else ""
        self._depth -= 1
        return result

    def _binary(self, level: int) -> str:
        if level == len(_LEVELS):
            return self._unary()
        result = self._binary(level + 1)
        while self._is(*_LEVELS[level]):
            mark = self._tokens[self._at][1]
            self._at += 1
            other = self._binary(level + 1)
            result = "bool" if mark in _BOOLEAN else result if result == other else ""
        return result

    def _unary(self) -> str:
        if self._is("!", "-"):
            mark = self._tokens[self._at][1]
            while self._take(mark):
                pass
            result = self._member()
            return "bool" if mark == "!" else result
        return self._member()

    def _member(self) -> str:
        result = self._primary()
        while True:
            if self._take("."):
                optional = self._take("?")
                kind, word, _ = self._tokens[self._at]
                if kind != "name" or (word in _WORDS):
                    raise self._wrong()
                self._at += 1
                result = self._call(word) if self._is("(") and not optional else ""
            elif self._take("["):
                self._take("?")
                self._expression()
                self._expect("]")
                result = ""
            elif self._is("{"):
                raise CelUnsureError  # a message: ``Object{…}``
            else:
                return result

    def _call(self, name: str) -> str:
        """A method's arguments, with the variables that its macro binds."""
        self._expect("(")
        binds = self._binds(name)
        if binds:
            self._bound.append(self._bound[-1] | binds)
        self._list(")")
        if binds:
            self._bound.pop()
        return "bool" if binds and name in ("all", "exists", "exists_one", "existsOne") else ""

    def _binds(self, name: str) -> frozenset[str]:
        """The names that a macro binds: the arguments before its last ones that are plain names."""
        if name not in _LOOPS | _PAIRS and name != "bind":
            return frozenset()
        kind, first, _ = self._tokens[self._at]
        if kind != "name" or self._tokens[self._at + 1][1] != ",":
            raise CelUnsureError
        second = self._tokens[self._at + 2]
        two = name in _PAIRS and second[0] == "name" and self._tokens[self._at + 3][1] == ","
        return frozenset({first, second[1]} if two else {first})

    def _list(self, end: str, *, pairs: bool = False) -> None:
        """Expressions up to ``end``, whose mark is taken too."""
        while not self._take(end):
            if end != ")":
                self._take("?")
            self._expression()
            if pairs:
                self._expect(":")
                self._expression()
            if not self._take(","):
                self._expect(end)
                return
            if end == ")" and self._is(end):
                raise self._wrong()

    def _primary(self) -> str:
        kind, word, _ = self._tokens[self._at]
        if kind in ("text", "double", "int"):
            self._at += 1
            return {"text": "bytes" if "b" in word.split(word[-1])[0].lower() else "string"}.get(kind, "number")
        if self._take("("):
            result = self._expression()
            self._expect(")")
            return result
        if self._take("["):
            self._list("]")
            return "list"
        if self._take("{"):
            self._list("}", pairs=True)
            return "map"
        rooted = self._take(".")
        kind, word, _ = self._tokens[self._at]
        if kind != "name":
            raise self._wrong()
        self._at += 1
        return self._named(word, rooted=rooted)

    def _named(self, word: str, *, rooted: bool) -> str:
        if word in _WORDS:
            return "null" if word == "null" else "bool"
        if word in _RESERVED or word.startswith("`"):
            raise CelSyntaxError(f"{word} is a reserved word") if word in _RESERVED else CelUnsureError
        if self._is("("):
            self._at += 1
            self._found.calls[word] = None
            start = self._at
            self._list(")")
            if word == "has" and self._at == start + 1:
                raise self._wrong()
            return "bool" if word in ("has", "bool") else {"size": "number", "string": "string"}.get(word, "")
        if rooted or word not in self._bound[-1]:
            self._found.names[word] = None
        if word == "variables" and self._is(".") and self._tokens[self._at + 1][0] == "name":
            self._found.variables[self._tokens[self._at + 1][1]] = None
        return ""
