"""A journal's lines: what comes from outside is hidden where it is a secret, and the line stays JSON."""

import json

import pytest

from pipeline.core.cluster.inventory import journal
from pipeline.core.cluster.inventory.journal import START, encoded, read


@pytest.fixture(autouse=True)
def _hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "hide", lambda text: text.replace("hunter2", "***").replace("201", "***"))


def test_a_secret_value_in_what_comes_from_outside_is_hidden_and_numbers_stay() -> None:
    line = encoded({"type": "intent", "path": "/api/hunter2", "status": 201}, 0, START)
    assert b"hunter2" not in line
    assert json.loads(line) == {"type": "intent", "path": "/api/***", "status": 201, "number": 0, "previous": START}
    assert read(line, "journal").lines[0]["path"] == "/api/***"


def test_our_own_words_and_numbers_are_not_searched() -> None:
    line = encoded({"type": "outcome", "intent": 1, "status": 201, "fate": "done"}, 2, START)
    assert json.loads(line)["status"] == 201
