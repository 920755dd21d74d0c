"""A run is found where a regular expression finds one, whatever stands around it."""

import random
import re

import pytest

from pipeline.core.character_runs import CharacterClass

SIGNS = "abc+/-"


@pytest.mark.parametrize("least", [1, 2, 5])
@pytest.mark.parametrize("others", [False, True])
def test_runs_are_those_of_a_regular_expression(*, least: int, others: bool) -> None:
    kind = CharacterClass(SIGNS, others=others)
    beyond = "?\u0100-\U0010ffff" if others else ""
    expected = re.compile(rf"[abc+/\-{beyond}]{{{least},}}")
    rng = random.Random(least)
    for _ in range(300):
        text = "".join(rng.choice("aabbcc+/-?x \né€\ud800\U0001f600") for _ in range(rng.randrange(40)))
        assert list(kind.runs(text, least)) == [found.span() for found in expected.finditer(text)], repr(text)


def test_what_stands_in_place_of_other_characters_is_not_one_of_the_class() -> None:
    with pytest.raises(AssertionError):
        CharacterClass("abc?")
