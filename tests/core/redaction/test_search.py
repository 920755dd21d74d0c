"""What is sought is found wherever it stands, in time that grows with the text alone."""

import random
import string
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.redaction.forms import Form, forms
from pipeline.core.redaction.mask import Mask
from pipeline.core.redaction.search import Search

letters = st.text("ab-", min_size=6, max_size=14)


@given(st.lists(letters, min_size=1, max_size=8), st.text("ab-", max_size=120))
def test_it_covers_what_a_plain_search_finds(sought: list[str], text: str) -> None:
    search = Search()
    for number, one in enumerate(sought):
        search.add([Form(f"{one}--", len(one) + 2)], number)  # a sign in it: else a word of its own is asked for
    hits = search.hits(text)
    assert all(a.end <= b.start for a, b in pairwise(hits))
    covered = {n for hit in hits for n in range(hit.start, hit.end)}
    wanted = {
        n
        for one in sought
        for at in range(len(text))
        if text.startswith(f"{one}--", at)
        for n in range(at, at + len(one) + 2)
    }
    assert wanted <= covered
    assert bool(wanted) == bool(covered) or all(hit.part for hit in hits)


@given(st.lists(letters, min_size=2, max_size=8, unique=True), st.data())
def test_forms_added_one_by_one_are_found_as_all_at_once(sought: list[str], data: st.DataObject) -> None:
    text = "|".join(data.draw(st.lists(st.sampled_from(sought), min_size=1, max_size=6)))
    once, steps = Search(), Search()
    for number, one in enumerate(sought):
        once.add([Form(one, 6)], number)
        steps.add([Form(one, 6)], number)
        steps.hits("")
    assert [(h.start, h.end) for h in once.hits(text)] == [(h.start, h.end) for h in steps.hits(text)]


def masked_in(mask: Mask, text: str) -> float:
    start = time.perf_counter()
    mask.text(text)
    return time.perf_counter() - start


LONG = {
    "one letter": "x" * 60_000,
    "two letters": "ab" * 30_000,
    "any letters": "".join(random.Random(1).choices(string.ascii_letters, k=60_000)),
    "digits": "".join(random.Random(1).choices(string.digits, k=60_000)),
    "escapes": "%25" * 20_000,
    "signs of base64": "+/" * 30_000,
    "what JSON escapes": '"\\' * 30_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LONG)
def test_a_word_of_60000_letters_takes_seconds_at_most(name: str) -> None:
    word = LONG[name]
    mask = Mask()
    mask.hidden([word])
    text = f"{word[:59_990]}! " * 5 + f"before {word} after" + word[:20_000]
    start = time.process_time()
    shown = mask.text(text)
    assert time.process_time() - start < 30
    assert word[:10] not in shown
    assert "before <secret #1> after" in shown


@pytest.mark.slow
def test_thousands_of_secrets_in_a_large_report() -> None:
    chance = random.Random(2)
    values = [f"secret-{n}-{chance.getrandbits(64):x}" for n in range(1_000)]
    mask = Mask()
    mask.hidden(values)
    filler = "the quick brown fox: jumps over /a/lazy.dog and secret-less things; " * 20
    text = filler.join(values)  # 2 MB
    start = time.perf_counter()
    shown = mask.text(text)
    assert time.perf_counter() - start < 60
    assert not [value for value in values if value in shown]
    assert "jumps over" in shown
    assert "secret-less things" in shown


@pytest.mark.slow
def test_twice_the_text_takes_twice_the_time() -> None:
    mask = Mask()
    mask.hidden(["aaaaaaaaab" * 500, "aaaaaaaaac" * 500])
    mask.text("warm up aaaaaaaa")
    short, long = ("aaaaaaaaa" * n for n in (3_000, 12_000))
    base = max(min(masked_in(mask, short) for _ in range(3)), 0.005)
    assert min(masked_in(mask, long) for _ in range(3)) < 16 * base  # quadratic would be more


def test_no_form_is_empty_or_half_made() -> None:
    for value in ("Tr0ub4dor&3", "pässwörd 1", "\ud800abcdefg", "a\nb\nc1234567", "x" * 200_000):
        for form in forms(value):
            assert form.enough > 0
