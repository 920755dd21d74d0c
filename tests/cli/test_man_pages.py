"""The man pages are made of the help: one for each verb, with its options and examples, and no text is a request."""

import re
import shutil
import subprocess

import pytest

from scripts.man_pages import pages, roff

ROFF = {"TH", "SH", "PP", "TP", "B", "BR", "nf", "fi"}


@pytest.fixture(scope="module")
def written() -> dict[str, str]:
    return pages()


def test_each_verb_has_one_with_its_options_and_examples(written: dict[str, str]) -> None:
    assert {"pipeline.1", "pipeline-diff.1", "pipeline-rules-explain.1"} <= set(written)
    diff = written["pipeline-diff.1"]
    assert ".B \\-\\-brief\nTerminal: the verdict and what to do, in at most 20 lines." in diff
    assert "pipeline diff v1..v2 \\-\\- web" in diff.replace("\\-\\- web  ", "\\-\\- web")
    assert ".SH EXIT CODES" in written["pipeline.1"]
    assert ".BR pipeline\\-diff (1)" in written["pipeline.1"]


def test_only_known_requests_stand_in_them(written: dict[str, str]) -> None:
    for name, text in written.items():
        requests = re.findall(r"^[.'](.*?)(?:\s|$)", text, re.MULTILINE)
        assert set(requests) <= ROFF, name
        assert all(line.isprintable() for line in text.splitlines()), name


@pytest.mark.parametrize(
    ("text", "shown"), [(".so x", "\\&.so x"), ("a\\b", "a\\eb"), ("'x", "\\&'x"), ("--o", "\\-\\-o")]
)
def test_text_stays_text(text: str, shown: str) -> None:
    assert roff(text) == shown


def test_groff_has_nothing_to_say(written: dict[str, str]) -> None:
    groff = shutil.which("groff")
    if groff is None:
        pytest.skip("groff is not installed")
    command = [groff, "-man", "-Tutf8", "-ww"]
    text = "".join(written[name] for name in ("pipeline.1", "pipeline-diff.1", "pipeline-init.1"))
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "Compare OLD with NEW" in done.stdout
