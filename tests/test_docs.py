"""What the documents tell people to type exists, and the quick start works as it is written."""

import re
import shlex
from pathlib import Path

import click
import pytest

from pipeline.cli import cli, run
from tests.support.platforms import CHART, git, publish, served
from tests.support.program import program_context

ROOT = Path(__file__).parent.parent
_GENERATED = {"modules.md"}
"""Pages that a program writes from the code, for its developers."""
PAGES = [ROOT / "README.md", *sorted(page for page in (ROOT / "docs").glob("*.md") if page.name not in _GENERATED)]
_BLOCK = re.compile(r"```(?:console|sh)\n(.*?)```", re.DOTALL)
_INLINE = re.compile(r"`(pipeline [a-z][^`]*)`")
_SHELL = re.compile(r"\s(?:&&|\|\||[|>]|#)(?:\s|$)")


def typed(text: str) -> list[str]:
    """Command lines after a ``$`` of a console, or in code marks."""
    blocks = [line[2:] for block in _BLOCK.findall(text) for line in block.splitlines() if line.startswith("$ ")]
    lines = [*blocks, *_INLINE.findall(text)]
    parts = [part.strip() for line in lines for part in _SHELL.split(line.split(" # ")[0])]
    return [part for part in parts if part.startswith("pipeline ")]


def problem(line: str) -> str:
    """What click says of a command line; nothing is run, and no file is looked for."""
    words = [word for word in shlex.split(line.replace("…", ""))[1:] if word]
    verb: click.Command = cli
    context = program_context()
    while isinstance(verb, click.Group):
        name = words[0] if words else ""
        found = verb.get_command(context, name)
        if found is None:  # a verb that has commands, and does something itself without them
            alone = verb.make_context(verb.name, [], context, resilient_parsing=True).command
            if alone is verb:
                return f"{line}: no verb {name}"
            verb = alone
        else:
            verb, words = found, words[1:]
        context = click.Context(verb, context, info_name=verb.name)
    try:
        verb.make_parser(context).parse_args(words)
    except click.UsageError as error:
        return f"{line}: {error.message}"
    return ""


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_command_line_of_a_document_exists(path: Path) -> None:
    lines = typed(path.read_text(encoding="utf-8"))
    assert [found for line in dict.fromkeys(lines) if "VERB" not in line for found in [problem(line)] if found] == []


def test_a_command_line_that_does_not_exist_is_noticed() -> None:
    assert problem("pipeline rendr") == "pipeline rendr: no verb rendr"
    assert "--chek" in problem("pipeline render --chek")
    assert problem("pipeline render --check") == ""


def test_the_quick_start_works_as_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its chart comes from a repository of this machine, under its own name."""
    text = (ROOT / "docs" / "quickstart.md").read_text(encoding="utf-8")
    chart = {name: body.replace("name: web", "name: cert-manager") for name, body in CHART.items()}
    publish(tmp_path / "charts", {"1.17.0": chart, "1.18.2": chart}, name="cert-manager")
    monkeypatch.chdir(tmp_path)
    with served(tmp_path / "charts") as url:
        for line in typed_lines(text):
            for part in line.replace("https://charts.jetstack.io", url).split(" && "):
                words = shlex.split(part)
                if words[0] == "cd":
                    monkeypatch.chdir(words[1])
                elif words[0] == "git":
                    git(Path.cwd(), *words[1:])
                else:
                    assert run(words[1:]) == 0, part
    assert git(Path.cwd(), "log", "-1", "--format=%D").strip().endswith("cert-manager-1.18")


def typed_lines(text: str) -> list[str]:
    return [line[2:] for block in _BLOCK.findall(text) for line in block.splitlines() if line.startswith("$ ")]


def test_the_readme_begins_with_the_main_job_and_the_tests() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(?:sh|bash|shell|console)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert blocks[:2] == ["make demo\n", "make test\n"]
