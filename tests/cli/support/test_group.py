"""The verbs are found without being imported, and carry the global options."""

import click
import pytest
from click.testing import CliRunner

from pipeline.cli import cli
from pipeline.cli.support.group import VerbGroup
from pipeline.cli.support.settings import Settings, colored, settings
from pipeline.cli.support.verbs import SECTIONS
from tests.support.program import program_context


class OneVerb(VerbGroup):
    """The real group with one verb of the test's own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return ["show"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        from pipeline.cli.support.group import _furnish

        del ctx
        _furnish(show, "show")
        return show if cmd_name == "show" else None


@click.command(cls=OneVerb)
def group() -> None: ...


@click.command()
@click.option("--kube-version", default="")
def show(kube_version: str) -> None:
    click.echo(f"{settings()} {kube_version}")


@pytest.mark.parametrize("args", [["--color", "never", "-q", "show"], ["show", "--color", "never", "--quiet"]])
def test_global_options_stand_before_or_after_the_verb(args: list[str]) -> None:
    assert str(Settings(color="never", quiet=True)) in CliRunner().invoke(group, args).output


def test_every_flag_is_also_a_variable() -> None:
    environ = {"PIPELINE_KUBE_VERSION": "1.33", "PIPELINE_DEBUG": "1"}
    assert CliRunner().invoke(group, ["show"], env=environ).output == f"{Settings(debug=True)} 1.33\n"


def test_every_verb_that_has_a_module_loads_and_is_in_the_help() -> None:
    ctx = program_context()
    text = cli.get_help(ctx)
    assert isinstance(cli, click.Group)
    for verb in cli.list_commands(ctx):
        command = cli.get_command(ctx, verb)
        assert command is not None
        assert f"\n  {verb} " in text


def test_a_verb_is_in_one_section_and_its_line_is_a_sentence() -> None:
    verbs = [verb for section in SECTIONS.values() for verb in section]
    assert len(verbs) == len(set(verbs))
    assert all(line.endswith(".") for section in SECTIONS.values() for line in section.values())


class Stream:
    def __init__(self, *, terminal: bool) -> None:
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


@pytest.mark.parametrize(
    ("when", "terminal", "environ", "expected"),
    [
        ("auto", True, {}, True),
        ("auto", False, {}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", True, {"TERM": "dumb"}, False),
        ("auto", False, {"FORCE_COLOR": "1"}, True),
        ("auto", False, {"FORCE_COLOR": "0"}, False),
        ("auto", False, {"GITHUB_ACTIONS": "true"}, True),
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colours(when: str, terminal: bool, environ: dict[str, str], expected: bool) -> None:  # noqa: FBT001
    assert colored(when, Stream(terminal=terminal), environ) is expected  # type: ignore[arg-type]
