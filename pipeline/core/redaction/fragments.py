"""Finds the middle and the end of a token, ten characters or more, where they stand without its beginning.

Of the text of a token every fifth place is a head of six characters: any ten characters of it hold one whole head. An
automaton finds the heads, and what stands around one is compared with what stands around it in the token. So the time
is linear in the text, and the memory in the token.

A piece counts if it looks random: its letters and digits, or its cases, take turns. Pieces of words do
not, so that a passphrase hides no ordinary words; in base64 they do. The beginning of a value is found by
core/redaction/search.py.
"""

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile

from ahocorasick_rs import AhoCorasick

from pipeline.core.redaction.forms import SHORTEST, public_beginning
from pipeline.core.redaction.parts import as_json, holds_address, looks_random
from pipeline.core.redaction.search import Match, apart

FEWEST = 10
"""Characters of a token that are not in some other text by accident."""
_STEP = FEWEST - SHORTEST + 1
_AROUND = 64
"""Characters looked at on each side of a head: longer matches are found head by head, and joined."""
_LONGEST = 20_000
"""Characters; what is longer is data and no token."""
_PASSWORD = 64
"""A longer text with signs that separate is several things, whose parts are learnt alone."""
_MOST_PLACES = 8
"""Of one head in all tokens: more would make the time depend on how often a token repeats itself."""
_SEPARATE = re.compile(r"[\s=;|{}<>()\[\],\"]")
_RUNS = re.compile(r"[A-Za-z0-9]{4,}")
_TURN = re.compile(r"(?<=[0-9])(?=[A-Za-z])|(?<=[A-Za-z])(?=[0-9])|(?<=[a-z])(?=[A-Z])")
_WORD = re.compile("[A-Za-z]{4}")
_KINDS = re.compile("[0-9]+|[a-z]+|[A-Z]+|[^0-9a-zA-Z]+")
_KEY_LINE = re.compile(r"[A-Za-z0-9+/=_-]{20,}")
_PUBLIC = re.compile(r"-----BEGIN (?:CERTIFICATE|PUBLIC KEY|X509 CRL)")
# Names of algorithms, as every key and certificate holds them in DER: 1.2.840.113549.1.1 and 1.2.840.10045 in base64.
_ALGORITHM = re.compile(r"hkiG9w0|oZIhvcN|KhkiG9|GSqGSIb3|qGSIb3DQ|SqGSIb3|hvcNAQ|qGSM49|hkjOPQ|KoZIzj|EBAQUA|BgNVB")
_FEWEST_IN_BASE64 = 12
"""What ten bytes always leave in base64, whatever stands around them: six bits a character."""
_UNLIKE = "\ue000"
"""No text has it."""
_FEWEST_OF_WORDS = 14
"""In base64, of a password that is made of words."""


@dataclass(frozen=True, slots=True)
class _TokenText:
    """``text`` is a token, or its base64 where ``plain`` is what it encodes."""

    text: str
    number: int
    plain: str = ""

    def counts(self, start: int, end: int) -> bool:
        if not self.plain:
            return _is_random(self.text[start:end])
        if end - start >= _FEWEST_OF_WORDS and len(self.plain) <= _PASSWORD:
            return True  # in base64 they can be read by nobody, so that nothing is lost
        return end - start >= _FEWEST_IN_BASE64 and _is_random(self.plain[start * 3 // 4 : -(-end * 3 // 4)])


class Fragments:
    """Tokens with the numbers of their values. More may be added at any time."""

    def __init__(self) -> None:
        self._new: list[_TokenText] = []
        self._batches: list[_FragmentBatch] = []

    def add(self, value: str, number: int) -> None:
        """``value`` as a Secret holds it: a token, or a key in PEM. Of anything else nothing is looked for."""
        for token in _tokens(value):
            self._new += [_TokenText(text, number) for text in {token: 0, as_json(token): 0} if text]
        for token in _encoded_tokens(value):
            for before in range(3):  # so many bytes of something else stand in the same group of three
                plain, shared = "\0" * before + token, -(-before * 8 // 6)
                text = _UNLIKE * shared + base64.b64encode(plain.encode()).decode()[shared:]
                for written in {text: 0, text.replace("+", "-").replace("/", "_"): 0}:
                    self._new.append(_TokenText(written, number, plain))

    def hits(self, text: str) -> list[Match]:
        """Sorted, none overlaps another; each is ten characters or more."""
        if self._new:
            added, self._new = self._new, []
            while self._batches and len(self._batches[-1].sources) <= 2 * len(added):
                added = self._batches.pop().sources + added
            self._batches.append(_FragmentBatch(added))
        hits = sorted((hit for batch in self._batches for hit in batch.hits(text)), key=lambda hit: hit.start)
        return apart(hits)


class _FragmentBatch:
    def __init__(self, sources: list[_TokenText]) -> None:
        self.sources = sources
        self._places: dict[str, list[tuple[_TokenText, int]]] = {}
        for source in sources:
            for at in range(0, len(source.text) - SHORTEST + 1, _STEP):
                places = self._places.setdefault(source.text[at : at + SHORTEST], [])
                if len(places) < _MOST_PLACES:
                    places.append((source, at))
        self._heads = list(self._places)
        self._search = AhoCorasick(self._heads)

    def hits(self, text: str) -> Iterator[Match]:
        done = 0
        for n, start, end in self._search.find_matches_as_indexes(text, overlapping=True):
            if end <= done:
                continue
            for source, at in self._places[self._heads[n]]:
                before, after = _around(text, start, source.text, at)
                if before + after >= FEWEST and source.counts(at - before, at + after):
                    done = max(done, start + after)
                    yield Match(start - before, start + after, source.number, part=True)


def _around(text: str, at: int, token: str, place: int) -> tuple[int, int]:
    """How many characters before and from ``text[at]`` on are those around ``token[place]``."""
    left = zip(
        reversed(text[max(0, at - _AROUND) : at]), reversed(token[max(0, place - _AROUND) : place]), strict=False
    )
    right = zip(text[at : at + _AROUND], token[place : place + _AROUND], strict=False)
    return _same(left), _same(right)


def _same(pairs: Iterable[tuple[str, str]]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _tokens(value: str) -> Iterator[str]:
    bare = value.strip()
    if not FEWEST < len(bare) <= _LONGEST or _PUBLIC.search(bare):
        return
    if public_beginning(bare):
        yield from (line for line in map(str.strip, _secret_lines(bare).splitlines()) if _KEY_LINE.fullmatch(line))
    elif _is_token(bare):
        yield bare


def _encoded_tokens(value: str) -> Iterator[str]:
    """What is looked for in base64, too. It begins where three characters that are four in base64 do."""
    if not value.isascii() or len(value) > _LONGEST or _PUBLIC.search(value):
        return
    if public_beginning(value):
        body = _secret_lines(value)
        yield body[-value.find(body) % 3 :]
    elif _is_token(value) or (len(value) <= _PASSWORD and _is_one_word(value)):
        yield value


def _secret_lines(key: str) -> str:
    """Of a key in PEM: its first line tells what kind of key it is, and its last one may be filled up."""
    return "".join(key.splitlines(keepends=True)[2:-2])


def _is_token(text: str) -> bool:
    if (len(text) > _PASSWORD and _SEPARATE.search(text)) or not _is_one_word(text):
        return False
    known = looks_random(text[:512]) or text.isdecimal() or not re.search("[0-9]", text)
    return known and _is_random(text)


def _is_one_word(text: str) -> bool:
    return not any(map(str.isspace, text)) and not holds_address(text)


def _is_random(piece: str) -> bool:
    """Whether its characters take turns more often than those of words, versions and names."""
    if piece.isdecimal():
        return len(set(piece)) >= FEWEST // 2
    if len(piece) < _AROUND // 2 and _ALGORITHM.search(piece):
        return False
    turns = sum(len(_TURN.findall(run)) for run in _RUNS.findall(piece))
    if re.fullmatch("[0-9a-f]+", piece):
        return turns > 1
    few = len(piece) // 8 if re.search("[0-9]", piece) else len(piece) // 6 + 1
    if turns >= max(3, few):
        return True
    return not _WORD.search(piece) and looks_random(piece) and len(_KINDS.findall(piece)) >= FEWEST // 2
