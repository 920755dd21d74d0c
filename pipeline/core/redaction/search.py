"""Finds many texts, and beginnings of them, in a text: the time depends only on the length of the text.

An automaton (Aho and Corasick, 1975) finds the first six characters of every form; what follows there is compared with
the sorted forms that begin so. A regular expression over all forms, or one search each, took minutes for a value of
60,000 letters.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from ahocorasick_rs import AhoCorasick, Implementation

from pipeline.core.redaction.forms import SHORTEST, Form
from pipeline.core.redaction.parts import as_json

CUT = "…"
_CUTS = (CUT, "...")
"""How texts are shown to go on: by this tool, and by Go's YAML."""
BOUNDED = 8
"""A form of fewer letters and digits is looked for as a word only."""
_WINDOW = 64
_MOST = 60_000
"""Forms of one automaton: more of them take more memory than a second pass takes time."""
_FEW = 3_000
"""So many heads go into a full table, which is twice as fast and takes 10 MB at most."""
_ESCAPE = re.compile(r"\\(?:.|u[0-9a-fA-F]{4})$")
_ALNUM = re.compile(r"[A-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class Match:
    """``text[start:end]`` gives away the value of that number; ``part`` where it is only a beginning of it."""

    start: int
    end: int
    number: int
    part: bool = False


class Group:
    """The forms that begin with the same six characters, sorted."""

    __slots__ = ("enough", "numbers", "parents", "texts")

    def __init__(self, forms: Iterable[tuple[Form, int]]) -> None:
        best: dict[str, tuple[int, int]] = {}
        for form, number in forms:
            known = best.setdefault(form.text, (form.enough, number))
            best[form.text] = min(known[0], form.enough), known[1]
        self.texts = sorted(best)
        self.numbers = [best[text][1] for text in self.texts]
        self.enough = self._shared([best[text][0] for text in self.texts])
        self.parents = self._parents()

    def _shared(self, enough: list[int]) -> list[int]:
        """A beginning that two forms share is enough where it is for either."""
        shared = list(enough)
        for order in (range(1, len(shared)), range(len(shared) - 2, -1, -1)):
            for n in order:
                near = n - 1 if order.step > 0 else n + 1
                if shared[near] < shared[n] and self.texts[n].startswith(self.texts[near][: shared[near]]):
                    shared[n] = shared[near]
        return shared

    def _parents(self) -> list[int]:
        """For each form the longest other one that it begins with; -1 for none."""
        parents, chain = [], list[int]()
        for n, text in enumerate(self.texts):
            while chain and not text.startswith(self.texts[chain[-1]]):
                chain.pop()
            parents.append(chain[-1] if chain else -1)
            chain.append(n)
        return parents

    def nearest(self, text: str, at: int) -> tuple[int, int]:
        """The forms just below and just above what stands there: one of them has most in common with it."""
        size = _WINDOW
        while True:
            seen = text[at : at + size]
            above = bisect_right(self.texts, seen)
            more = above < len(self.texts) and len(seen) == size and self.texts[above].startswith(seen)
            if not more:
                return above - 1, above
            size *= 4

    def hit(self, text: str, at: int) -> Match | None:
        """The longest form there, whole or as far as it goes."""
        below, above = self.nearest(text, at)
        whole = below
        while whole >= 0 and not (
            text.startswith(self.texts[whole], at) and _stands_alone(text, at, self.texts[whole])
        ):
            whole = self.parents[whole]
        best = Match(at, at + len(self.texts[whole]), self.numbers[whole]) if whole >= 0 else None
        for n in (below, above):
            if 0 <= n < len(self.texts):
                end = at + _common(text, at, self.texts[n], 0)
                if end > (best.end if best else at) and self._reveals(n, text, at, end):
                    best = Match(at, end, self.numbers[n], part=True)
        return best

    def further(self, text: str, at: int, end: int) -> int:
        """Where a form that begins at ``at`` leads to beyond ``end``, up to where all is covered; else ``end``."""
        seen = text[at : at + _WINDOW]
        above = bisect_right(self.texts, seen)
        for n in (above - 1, above):
            if not 0 <= n < len(self.texts):
                continue
            form, done = self.texts[n], end - at
            near = max(0, done - _WINDOW)
            if len(form) > done and text.startswith(form[near:done], at + near):
                reached = end + _common(text, end, form, done)
                if reached > end and self._reveals(n, text, at, reached):
                    return reached
        return end

    def _reveals(self, n: int, text: str, at: int, end: int) -> bool:
        """Whether so much of form ``n`` may not be shown; a word that is cut short ends with a mark."""
        form = self.texts[n]
        if end - at == len(form):
            return _stands_alone(text, at, form)
        return end - at >= self.enough[n] or (end - at >= SHORTEST and text.startswith(_CUTS, end))


class Search:
    """Forms with the numbers of their values. More may be added at any time."""

    def __init__(self) -> None:
        self._new: list[tuple[Form, int]] = []
        self._batches: list[_Batch] = []
        self._plain: list[tuple[Form, int]] = []
        """Not looked through yet for what JSON writes otherwise."""

    def add(self, forms: Iterable[Form], number: int) -> None:
        added = [(form, number) for form in forms if len(form.text) >= SHORTEST]
        self._new += added
        self._plain += added

    def hits(self, text: str) -> list[Match]:
        """Sorted, and none overlaps another: what stands between them gives nothing away."""
        hits = [hit for batch in self._ready() for hit in batch.hits(text)]
        hits.sort(key=lambda hit: (hit.start, -hit.end))
        return apart(hits)

    def hits_in_json(self, text: str) -> list[Match]:
        """The same in JSON text: what JSON writes otherwise is looked for as written there, too."""
        forms, self._plain = self._plain, []
        for form, number in forms:
            if written := _written(form):
                self._as_json.add([written], number)
        return [*self.hits(text), *self._as_json.hits(text)]

    @cached_property
    def _as_json(self) -> "Search":
        return Search()

    def _ready(self) -> list["_Batch"]:
        """Batches of sizes that double, so that adding by and by costs no more than adding at once."""
        if self._new:
            batch, self._new = self._new, []
            while self._batches and len(self._batches[-1].forms) <= 2 * len(batch) <= _MOST:
                batch = self._batches.pop().forms + batch
            for start in range(0, len(batch), _MOST):
                self._batches.append(_Batch(batch[start : start + _MOST]))
        return self._batches


class _Batch:
    def __init__(self, forms: list[tuple[Form, int]]) -> None:
        self.forms = forms
        heads: dict[str, list[tuple[Form, int]]] = {}
        for form in forms:
            heads.setdefault(form[0].text[:SHORTEST], []).append(form)
        self._members = list(heads.values())
        self._groups: dict[int, Group] = {}
        fast = Implementation.DFA if len(heads) <= _FEW else None
        self._heads = AhoCorasick(list(heads), implementation=fast)

    def hits(self, text: str) -> Iterator[Match]:
        last: Match | None = None
        for n, start, _ in sorted(self._heads.find_matches_as_indexes(text, overlapping=True), key=_start):
            if last and start < last.end:
                reached = self._group(n).further(text, start, last.end)
                last = replace(last, end=reached, part=True) if reached > last.end else last
            elif hit := self._group(n).hit(text, start):
                if last:
                    yield last
                last = hit
        if last:
            yield last

    def _group(self, n: int) -> Group:
        """Few groups are ever asked for."""
        if n not in self._groups:
            self._groups[n] = Group(self._members[n])
        return self._groups[n]


def _start(span: tuple[int, int, int]) -> int:
    return span[1]


def apart(hits: list[Match]) -> list[Match]:
    """Of sorted hits: what overlaps is one."""
    return list(_apart(hits)) if len(hits) > 1 else hits


def _apart(hits: list[Match]) -> Iterator[Match]:
    last = hits[0]
    for hit in hits[1:]:
        if hit.start >= last.end:
            yield last
            last = hit
        elif hit.end > last.end:
            longer = hit if hit.end - hit.start > last.end - last.start else last
            last = Match(last.start, hit.end, longer.number, part=hit.part)
    yield last


def _common(text: str, at: int, form: str, start: int) -> int:
    """How many characters ``text`` from ``at`` on and ``form`` from ``start`` on have in common."""
    low, size, most = 0, _WINDOW, len(form) - start
    while low < most and text.startswith(form[start + low : start + low + size], at + low):
        low, size = min(low + size, most), size * 2
    high = min(low + size, most)
    while low < high:
        middle = (low + high + 1) // 2
        if text.startswith(form[start + low : start + middle], at + low):
            low = middle
        else:
            high = middle - 1
    return low


def _written(form: Form) -> Form | None:
    """As JSON writes it; None where that is the same."""
    text = as_json(form.text)
    return Form(text, len(as_json(form.text[: form.enough]))) if text and text != form.text else None


def _stands_alone(text: str, at: int, form: str) -> bool:
    """Whether it is a word of its own; an escape before it (a backslash and a letter) is none of its letters."""
    if len(form) >= BOUNDED or not form.isalnum():
        return True
    end = at + len(form)
    before = at > 0 and _ALNUM.match(text[at - 1]) and not _ESCAPE.search(text[max(0, at - 6) : at])
    return not before and not (end < len(text) and _ALNUM.match(text[end]))
