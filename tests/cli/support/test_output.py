"""Whatever is printed in a run passes one place."""

import click
import pytest

from pipeline.cli.support.output import guarded_output, shown
from pipeline.core.redaction.mask import Mask


def test_what_a_run_knows_is_hidden_even_where_a_verb_forgets(capsys: pytest.CaptureFixture[str]) -> None:
    with guarded_output():
        Mask().hidden(["hunter2-canary"])
        click.echo("a hunter2-canary b")
        click.echo("a aHVudGVyMi1jYW5hcnk= b", err=True)
        print("hunter2-canary")  # noqa: T201 - as a library might
    said = capsys.readouterr()
    assert said.out == "a <secret #1> b\n<secret #1>\n"
    assert said.err == "a <secret #1> b\n"
    click.echo("hunter2-canary")
    assert capsys.readouterr().out == "hunter2-canary\n"


@pytest.mark.parametrize(
    "hostile", ["\x1b]0;x\x07", "\x1b[2J", "\x9b31m", "\u202ex", "\x08", "\x7f", "a\x0bb", "\x1b7"]
)
def test_nothing_that_a_terminal_obeys_gets_through(hostile: str) -> None:
    text = shown(f"a {hostile} b\n")
    assert all(c.isprintable() or c == "\n" for c in text)
    assert "\\u" in text


def test_colours_and_the_bar_get_through() -> None:
    text = "\r\x1b[K\x1b[1;31mred\x1b[0m\tplain pässwörd\n"
    assert shown(text) == text
