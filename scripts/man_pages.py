"""Writes the man pages: one for ``pipeline``, one for each verb, made of what ``--help`` says.

usage: python -m scripts.man_pages FOLDER. The wheel has them (scripts/wheel_hook.py): pipx and pip install them.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from pipeline import __version__
from pipeline.cli import cli

PROGRAM = "pipeline"
_WIDTH = 100


def main(folder: str) -> None:
    """Write all of them into ``folder``."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        Path(folder, name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """The text of each page by the name of its file: ``pipeline-diff.1``."""
    with cli.make_context(PROGRAM, [], resilient_parsing=True, max_content_width=_WIDTH) as context:
        return dict(_pages(cli, context, (PROGRAM,)))


def _pages(command: click.Command, context: click.Context, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    yield f"{'-'.join(names)}.1", "\n".join(_page(command, context, names)) + "\n"
    if isinstance(command, click.Group):
        for verb in command.list_commands(context):
            below = command.get_command(context, verb)
            assert below is not None, f"BUG: {verb} is listed and not there"
            with click.Context(below, info_name=verb, parent=context) as own:
                yield from _pages(below, own, (*names, verb))


def _page(command: click.Command, context: click.Context, names: tuple[str, ...]) -> Iterator[str]:
    name = "-".join(names)
    short = command.get_short_help_str(200).rstrip(".")
    yield f'.TH "{name.upper()}" "1" "" "{PROGRAM} {__version__}" "{PROGRAM} manual"'
    yield from (".SH NAME", f"{roff(name)} \\- {roff(short)}")
    yield ".SH SYNOPSIS"
    yield f".B {roff(' '.join([*names, *command.collect_usage_pieces(context)]))}"
    yield ".SH DESCRIPTION"
    yield from _prose(command.help or "")
    yield ".SH OPTIONS"
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None:
            yield from (".TP", f".B {roff(record[0])}", roff(" ".join(record[1].split())))
    if isinstance(command, click.Group):
        yield ".SH COMMANDS"
        for verb in command.list_commands(context):
            below = command.get_command(context, verb)
            if below is not None:
                yield from (".TP", f".BR {roff('-'.join((*names, verb)))} (1)", roff(below.get_short_help_str(200)))
    title, _, rest = (command.epilog or "").removeprefix("\b\n").partition("\n")
    if rest:
        yield from (f".SH {roff(title.rstrip(':').upper())}", ".nf", *map(roff, rest.splitlines()), ".fi")
    if len(names) > 1:
        yield from (".SH SEE ALSO", f".BR {roff('-'.join(names[:-1]))} (1)")


def _prose(text: str) -> Iterator[str]:
    """Paragraphs; one that begins with the mark of click keeps its lines."""
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        kept = paragraph.lstrip("\n").startswith("\b")
        lines = [line for line in paragraph.replace("\b", "").splitlines() if line.strip()]
        yield ".PP"
        yield from (".nf", *map(roff, lines), ".fi") if kept else (roff(" ".join(line.strip() for line in lines)),)


def roff(text: str) -> str:
    """``text`` as it stands, whatever it begins with: no request, no escape, and a hyphen that can be copied."""
    safe = text.replace("\\", "\\e").replace("-", "\\-").replace("…", "...")
    return f"\\&{safe}" if safe[:1] in (".", "'") else safe


if __name__ == "__main__":
    main(*sys.argv[1:])
