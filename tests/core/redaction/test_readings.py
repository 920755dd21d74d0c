"""A value is found where only some of its characters are encoded, and where its encoding is broken into lines."""

import base64
import json
import time
from collections.abc import Callable
from itertools import product

import pytest

from pipeline.core.redaction.mask import Mask
from pipeline.core.redaction.readings import readings

KEY = "-----BEGIN KEY-----\nMIIEpAIBAAKCAQEAvJx7hQ2kLmNoPqRsTuVwXyZ01\nQwErTyUiOpAsDfGhJkLz==\n-----END KEY-----\n"
LINE = "Server=db;Uid=app;Pwd=Vb5nMq81XyTr6Ue;Timeout=30"
TOKEN = "Kx7vQm29LpZt4Rw"


def lines(text: str, width: int, between: str) -> str:
    return between.join(text[n : n + width] for n in range(0, len(text), width))


ENCODINGS: dict[str, Callable[[str], str]] = {
    "base64": lambda v: base64.b64encode(v.encode()).decode(),
    "base64 within more": lambda v: base64.b64encode(f"x: {v} and more".encode()).decode(),
    "base64 twice": lambda v: base64.b64encode(base64.b64encode(v.encode())).decode(),
    "base32": lambda v: base64.b32encode(v.encode()).decode(),
    "hexadecimal": lambda v: v.encode().hex(),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("value", [KEY, LINE])
def test_an_encoding_in_lines_is_masked(value: str, encoding: str) -> None:
    mask = Mask()
    mask.hidden([value])
    for width, between in product((8, 20, 60, 64, 76), ("\n", "\r\n", "\n    ", " ", "\\n", "\\\n", '"\n  "')):
        text = lines(ENCODINGS[encoding](value), width, between)
        shown = mask.text(f"before {text} after")
        assert "<secret #" in shown, (width, between)
        assert len(shown) < 70, (width, between, shown)
        assert mask.holds_json({"a": [f"x {text}"]}), (width, between)
        assert text not in json.dumps(mask.covered({"a": [{"b": text}]})), (width, between)


MIXED = (
    "&#75;&#x78;&#55;vQm29LpZt4Rw",
    "K&#X78;7vQm2&#0057;LpZt4Rw",
    "Kx7vQm29LpZt4R&#119",
    "K=787vQm2=39LpZt4Rw",
    "Kx7vQm2=\n9LpZt4Rw",
    "K%787vQm29LpZt4R%77",
    r"Kx7v\x51m29\114pZt4Rw",
    r"Kx7v\u0051m29\u{4c}pZt4Rw",
    ":".join(f"{byte:02x}" for byte in TOKEN.encode()),
    " ".join(f"{byte:02X}" for byte in TOKEN.encode()),
    ", ".join(f"0x{byte:02x}" for byte in TOKEN.encode()),
    str(list(TOKEN.encode())),
    " ".join(f"{byte:03o}" for byte in TOKEN.encode()),
    str([f"0{byte:03o}" for byte in TOKEN.encode()]).replace("'", ""),
    ",".join(f"0o{byte:o}" for byte in TOKEN.encode()),
    "".join(f"={byte:02X}" for byte in TOKEN.encode()),
)


@pytest.mark.parametrize("text", MIXED)
def test_characters_that_are_encoded_each_in_its_own_way_are_masked(text: str) -> None:
    mask = Mask()
    mask.hidden([TOKEN])
    assert mask.text(f"before {text} after").replace("[", "").replace("]", "") == "before <secret #1> after"
    assert mask.holds_json({"a": text})
    assert mask.covered({"a": [f"x {text}"], "b": ["y"]})["a"] != [f"x {text}"]


def test_named_entities_are_read_too() -> None:
    mask = Mask()
    mask.hidden(["a<b&c(d)é-4711"])
    assert mask.text("x a&lt;b&amp;c&lpar;d&#41;&eacute;-4711.") == "x <secret #1>."


@pytest.mark.parametrize(
    "text",
    [
        "the correct\nhorse is here\nbattery",
        "--listen=80 --a=1F &amp; 100%25 of 12:30:45:10:11:12:13",
        "database\nmonitors\n",
        "a\\nb\\x41\\u0041 \\ud800",
    ],
)
def test_other_text_stays_as_it_is(text: str) -> None:
    mask = Mask()
    mask.hidden([TOKEN, "correcthorse", "databasemonitors"])
    assert mask.text(text) == text


def test_places_are_those_of_the_source() -> None:
    source = "é &#75;x &lt; %C3%A9 =41 12:34:56:78:9a:bc"
    for reading in readings(source):
        whole = reading.in_source(0, len(reading.text))
        assert whole == (0, len(source))


@pytest.mark.slow
def test_long_runs_of_one_sign_take_time_that_grows_with_them() -> None:
    mask = Mask()
    mask.hidden([TOKEN])
    mask.text("warm up")
    for part in ("a", "aaaaaaaa ", "%41", "12,", "0a:", "\\", "&#", "\n", '"', "aaaaaaaa\\\\", "1,\\n", "=4", "a+\\"):
        start = time.process_time()  # of this process alone: a loaded machine changes nothing
        mask.text(part * (200_000 // len(part)))
        assert time.process_time() - start < 10, part


def test_of_several_texts_only_those_are_read_in_which_something_is_decoded() -> None:
    texts = ["nothing here", "Kx7vQm2=39LpZt4Rw", "nor here", "a\\x42c", "end"]
    found = {reading.text for reading in readings("\0".join(texts), apart="\0")}
    assert found == {"\0Kx7vQm29LpZt4Rw\0", "\0aBc\0"}
    for at, text in ((1, "Kx7vQm29LpZt4Rw"), (3, "aBc")):
        reading = next(one for one in readings("\0".join(texts), apart="\0") if text in one.text)
        start = reading.text.index(text)
        place = reading.in_source(start, start + len(text))
        assert place is not None
        assert "\0".join(texts)[slice(*place)] == texts[at]


def test_lines_of_words_are_joined_only_on_request() -> None:
    text = "monitoring configuration, and 0123456789ab monitoring"
    assert [reading.text for reading in readings("monitoring configuration")] == ["\0monitoringconfiguration\0"]
    assert not list(readings("monitoring configuration", words=False))
    assert [reading.text for reading in readings(text, words=False)] == ["\x000123456789abmonitoring\0"]
