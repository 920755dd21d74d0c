"""``pipeline report``: shows a report.json in any format; merges several first."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.diff import SHOWN_AS
from pipeline.cli.support.terminal_view import view_options
from pipeline.core.errors import OK, MissingFileError, UsageError

if TYPE_CHECKING:
    from pipeline.core.judge.report_document import ReportDocument

MOST_BYTES = 200 * 1024 * 1024


@click.command(short_help="Show a report.json in another format, or merge several.")
@click.argument("reports", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="REPORT...")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT[=PATH]",
    help=f"Output format: {SHOWN_AS} (repeatable).",
)
@view_options
def command(reports: tuple[Path, ...], outputs: tuple[str, ...], **options: Any) -> int:
    """Render REPORT in the formats asked for: terminal, json, markdown, comment, summary, html, sarif, junit.

    The reports of shards are merged into what one run of all would have written. Another format, annotations, is
    for a run of GitHub Actions, which shows them in the pull request; it can be combined with another one on stdout.
    """
    from pipeline.cli.support.showing import show
    from pipeline.cli.support.terminal_view import depth_of
    from pipeline.core.judge.merge_reports import merge

    show(merge([read(path) for path in reports]), outputs, depth_of(options))
    return OK


def read(path: Path, most: int = MOST_BYTES) -> "ReportDocument":
    """One report.json of at most ``most`` bytes.

    Raises:
        UsageError: it cannot be read, or is not a report.
    """
    import orjson

    from pipeline.core.judge.report_document import from_data

    hint = "pipeline diff -o json=report.json"
    try:
        if path.stat().st_size > most:
            raise UsageError(f"{path} is larger than a report may be ({most:,} bytes)")
        return from_data(orjson.loads(path.read_bytes()))
    except OSError as error:
        raise MissingFileError.of(path, error, hint=hint) from error
    except orjson.JSONDecodeError as error:
        raise UsageError(f"{path} is not valid JSON: {error}", hint=hint) from error
    except ValueError as error:
        raise UsageError(f"{path} is not a report: {str(error)[:300]}", hint=hint) from error
