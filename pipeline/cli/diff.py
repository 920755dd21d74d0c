"""``pipeline diff``: what changes between two sources, what it breaks, and whether to go on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from pipeline.core.errors import CHANGES, FAILED, OK, RISK, UsageError

SHOWN_AS = "terminal, json, markdown, comment, summary, html, sarif or junit, in a file with =PATH"
LEVELS = ("blocker", "high", "medium", "low", "info")
_FILE = click.Path(path_type=Path)
_CHART = "For chart: sources: "


@dataclass(frozen=True, slots=True)
class ChartOptions:
    """How two ``chart:`` sources are rendered."""

    release_name: str
    namespace: str
    values: tuple[Path, ...]
    new_values: tuple[Path, ...]
    kube_version: str | None
    api_versions: tuple[str, ...]
    engine: str


@click.command(short_help="Compare two sources: changes, findings, verdict.")
@click.argument("old", default="merge-base")
@click.argument("new", default="worktree")
@click.option("-e", "--environment", "environments", multiple=True, help="Only this environment (repeatable).")
@click.option("-l", "--release", "releases", multiple=True, help="Only this release (repeatable).")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT[=PATH]",
    help=f"How to show it: {SHOWN_AS} (repeatable).",
)
@click.option("--shard", metavar="NUMBER/COUNT", help="Report only this part of the releases; see pipeline ci shards.")
@click.option("--fail-on", type=click.Choice(LEVELS), help="Exit 3 where a proven finding is this bad or worse.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 where anything changed.")
@click.option("--release-name", default="release", show_default=True, help=f"{_CHART}the release's name.")
@click.option("-n", "--namespace", default="default", show_default=True, help=f"{_CHART}the release's namespace.")
@click.option("-f", "--values", multiple=True, type=_FILE, help=f"{_CHART}values for both sides (repeatable).")
@click.option("--new-values", multiple=True, type=_FILE, help=f"{_CHART}values of the new side instead (repeatable).")
@click.option("--kube-version", help=f"{_CHART}the Kubernetes version to render for.")
@click.option("-a", "--api-versions", multiple=True, help=f"{_CHART}an API that the cluster offers (repeatable).")
@click.option("--engine", type=click.Choice(["auto", "cli", "embedded"]), default="auto", help=f"{_CHART}which Helm.")
@click.pass_context
def command(context: click.Context, /, old: str, new: str, **options: Any) -> None:
    """Compare OLD with NEW: worktree, merge-base[:BRANCH], ref:REVISION, dir:PATH, chart:CHART or cluster:ENV.

    With no arguments, what this branch changes: the merge base with the default branch against the work tree.
    """
    from pipeline.core.manifests import keep_parsed
    from pipeline.core.source import SourceKind, parse_source

    sources = parse_source(old), parse_source(new)
    kinds = {source.kind for source in sources}
    if SourceKind.CHART in kinds and len(kinds) > 1:
        raise UsageError(
            f"a chart cannot be compared with {next(str(s) for s in sources if s.kind is not SourceKind.CHART)}",
            hint="compare two charts: pipeline diff chart:OLD chart:NEW",
        )
    names = ChartOptions.__dataclass_fields__
    chart_options = ChartOptions(**{name: options[name] for name in names})
    import gc

    from pipeline.adapters.document_cache import DocumentCache
    from pipeline.cli import diffing

    keep_parsed(DocumentCache.of_user())
    gc.disable()  # a short life and no cycles to speak of: a fifth of the time went into looking for them
    fail_on = options["fail_on"]
    if SourceKind.CHART in kinds:
        report = diffing.charts(sources[0], sources[1], chart_options, fail_on)
    else:
        wanted = diffing.Asked(options["environments"], options["releases"], fail_on, options["shard"])
        report = diffing.repository(sources[0], sources[1], wanted)
    from pipeline.cli.showing import show

    show(report, options["outputs"])
    context.exit(_exit_code(report, detailed=options["detailed_exitcode"]))


def _exit_code(report: Any, *, detailed: bool) -> int:
    from pipeline.core.report import Verdict

    if report.verdict is Verdict.FAILED:
        return FAILED
    if report.verdict is Verdict.BLOCKED:
        return RISK
    return CHANGES if detailed and report.changes else OK
