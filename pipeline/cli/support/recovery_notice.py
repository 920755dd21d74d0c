"""Runs before any verb: finishes or undoes what a killed run left here, and says so in one line."""

import click


def say(line: str) -> None:
    from pipeline.cli.support.log_lines import unheard_where_needed
    from pipeline.report.safe_text import safe

    click.echo(unheard_where_needed(safe(f"note: {line}\n")), err=True, nl=False)


def recover_here() -> None:
    """For the repository around the working folder, if there is one; a few looks at the disk where all is well."""
    from pathlib import Path

    start = Path.cwd()
    for folder in (start, *start.parents):
        if (folder / "pipeline.yaml").is_file() or (folder / ".git").exists():
            from pipeline.adapters.recovery import recover

            recover(folder, say)
            return
