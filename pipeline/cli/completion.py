"""``pipeline completion``: prints the script that completes verbs, options, releases, environments and rules."""

import click

SHELLS = ("bash", "zsh", "fish")


@click.command(short_help="Print the completion script for a shell.")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(context: click.Context, /, shell: str) -> None:
    """Print the completion script for SHELL, to be read at the shell's start."""
    from click.shell_completion import ShellComplete, get_completion_class

    shell_class = get_completion_class(shell)
    assert shell_class is not None, "BUG: click knows these shells"
    complete = shell_class(context.find_root().command, {}, "pipeline", "_PIPELINE_COMPLETE")
    click.echo(ShellComplete.source(complete))  # that of bash would start bash to ask for its version
