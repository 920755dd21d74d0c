"""``pipeline show``: prints one rendered object, with where each line came from."""

from typing import TYPE_CHECKING, Any

import click

from pipeline.core.errors import OK, UsageError

if TYPE_CHECKING:
    from pipeline.cli.support.rendered_objects import ShownObject


@click.command(short_help="Print one rendered object, and where each line came from.")
@click.argument("object", metavar="KIND/NAME")
@click.argument("named", nargs=-1, metavar="[RELEASE]...")
@click.option("--at", "revision", default="", metavar="REF", help="As it is at this commit.  [default: the work tree]")
@click.option("-e", "--environment", "environments", multiple=True, help="Only this environment (repeatable).")
@click.option("-l", "--release", "releases", multiple=True, help="Only this release (repeatable).")
@click.option("-o", "--output", type=click.Choice(["terminal", "json"]), default="terminal", help="Output format.")
def command(**options: Any) -> int:
    """Print the rendered object KIND/NAME (or KIND/NAMESPACE/NAME) and where each line came from.

    A line of a value that the template only passes on names the value's file and line. Secret values are masked.
    """
    from pipeline.cli.support.hand_edit_notices import say_edits
    from pipeline.cli.support.rendered_objects import find

    kind, slash, name = options["object"].partition("/")
    if not slash or not kind or not name:
        raise UsageError(f"{options['object']!r} is not an object", hint="pipeline show Deployment/web")
    releases = (*options["releases"], *options["named"])
    objects, edits = find((kind, name), options["revision"], options["environments"], releases)
    if options["output"] == "json":
        click.echo(_json(objects), nl=False)
    else:
        click.echo("\n".join(_text(shown_object) for shown_object in objects))
    say_edits(edits)
    return OK


def _text(shown_object: "ShownObject") -> str:
    import os
    import sys

    from pipeline.cli.support.settings import settings
    from pipeline.report.look import Look
    from pipeline.report.plain import line
    from pipeline.report.safe_text import safe

    look = Look(settings().colored(sys.stdout))
    head = [
        f"# {line(shown_object.home)}  {line(shown_object.file)}",
        f"# {line(shown_object.template)}" if shown_object.template else "# an overlay",
    ]
    width = min(
        max((len(row.text) for row in shown_object.lines), default=0), int(os.environ.get("COLUMNS", "100")) // 2 + 20
    )
    rows = [
        f"{safe(row.text):{width}}  {look.style(f'# {line(row.origin)}', 'dim')}" if row.origin else safe(row.text)
        for row in shown_object.lines
    ]
    return "\n".join([*(look.style(text, "dim") for text in head), *rows])


def _json(objects: "list[ShownObject]") -> str:
    import orjson

    from pipeline.core.json_text import escaped

    data = [
        {
            "release": shown_object.home,
            "file": shown_object.file,
            "template": shown_object.template,
            "lines": [{"text": row.text, "origin": row.origin} for row in shown_object.lines],
        }
        for shown_object in objects
    ]
    return escaped(orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())
