"""The command group: knows its verbs without importing them, and gives every verb the global options."""

from collections.abc import Iterable
from importlib import import_module

import click

from pipeline.cli.support.completions import complete
from pipeline.cli.support.examples import examples
from pipeline.cli.support.settings import directory_option, global_options
from pipeline.cli.support.verbs import SECTIONS


class VerbGroup(click.Group):
    """``pipeline``: verbs in sections, each imported only when it is run."""

    def __init__(self, name: str | None = None, **attributes: object) -> None:
        super().__init__(name, **attributes)  # type: ignore[arg-type]  # click's own keyword arguments, passed through
        self.params.extend([directory_option(), *global_options()])

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        return [verb for verbs in SECTIONS.values() for verb in verbs]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command = import_module(f"pipeline.cli.{cmd_name}").command
        assert isinstance(command, click.Command), f"BUG: pipeline.cli.{cmd_name}.command is not a command"
        _furnish(command, cmd_name)
        command.epilog = command.epilog or examples(cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in self.list_commands(ctx):
            ctx.fail(_unknown(args[0], self.list_commands(ctx)))
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        from pipeline.cli.support.recovery_notice import recover_here
        from pipeline.cli.support.timings import told_at_the_end

        with told_at_the_end():
            recover_here()
            return super().invoke(ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        shown = self.list_commands(ctx)
        width = max(map(len, shown), default=0)
        for section, verbs in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl([(verb.ljust(width), line) for verb, line in verbs.items()])


def _unknown(word: str, verbs: Iterable[str]) -> str:
    import difflib

    near = difflib.get_close_matches(word, verbs, n=2)
    return f"there is no verb {word!r}" + (f"; did you mean {' or '.join(near)}?" if near else "")


def _furnish(command: click.Command, verb: str) -> None:
    """Give a verb (and what is below it) the global options, and each flag its PIPELINE_<FLAG>."""
    if not any(parameter.name == "debug" for parameter in command.params):
        command.params.extend(global_options(hidden=True))
    for parameter in command.params:
        complete(parameter, verb)
        if isinstance(parameter, click.Option) and parameter.envvar is None and parameter.name != "help":
            parameter.envvar = f"PIPELINE_{(parameter.name or '').upper()}"
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            _furnish(child, name)
