"""``pipeline diff``: shows what changes between two sources, what that breaks, and whether to go on."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.support.diff_sides import SidesCommand, sides_of, versions_of, with_releases
from pipeline.cli.support.terminal_view import view_options
from pipeline.cli.support.upgrade_options import fail_on_option
from pipeline.core.errors import CHANGES, FAILED, OK, RISK, STALE, UsageError

if TYPE_CHECKING:
    from pipeline.cli.support.diffing import Comparison
    from pipeline.cli.support.kept_report import ShownReport
    from pipeline.core.config.diff_source import DiffSource
    from pipeline.core.judge.report_document import ReportDocument

SHOWN_AS = "terminal, json, markdown, comment, summary, html, sarif, junit or annotations, in a file with =PATH"
_FILE = click.Path(path_type=Path)
_CHART = "For chart: sources: "


@click.command(cls=SidesCommand, short_help="Compare two sources: changes, findings, verdict.")
@click.argument("sides", nargs=-1, metavar="[OLD [NEW] | RELEASE@VERSION...] [-- RELEASE...]")
@click.option("-e", "--environment", "environments", multiple=True, help="Only this environment (repeatable).")
@click.option("-l", "--release", "releases", multiple=True, help="Only this release (repeatable).")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT[=PATH]",
    help=f"Output format: {SHOWN_AS} (repeatable).",
)
@click.option("--shard", metavar="NUMBER/COUNT", help="Report only this part of the releases; see pipeline ci shards.")
@fail_on_option
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 if any object changed.")
@click.option(
    "--double-check", is_flag=True, help="Let DeepDiff search for differences that are missing in the report."
)
@click.option("--flux", "flux", type=_FILE, help="Compare what Flux objects below this folder declare.")
@click.option("--argocd", "argocd", type=_FILE, help="Compare what Argo CD Applications below this folder declare.")
@click.option("--helmfile", "helmfile", type=_FILE, help="Compare what this helmfile.yaml declares.")
@click.option("--release-name", default="release", show_default=True, help=f"{_CHART}the release's name.")
@click.option("-n", "--namespace", default="default", show_default=True, help=f"{_CHART}the release's namespace.")
@click.option("-f", "--values", multiple=True, type=_FILE, help=f"{_CHART}values for both sides (repeatable).")
@click.option(
    "--new-values", multiple=True, type=_FILE, help=f"{_CHART}different values for the new side (repeatable)."
)
@click.option("--kube-version", help=f"{_CHART}the Kubernetes version to render for.")
@click.option(
    "-a", "--api-versions", multiple=True, help=f"{_CHART}an API version that the cluster serves (repeatable)."
)
@click.option(
    "--engine", type=click.Choice(["auto", "cli", "embedded"]), default="auto", help=f"{_CHART}the Helm engine."
)
@view_options
@click.pass_context
def command(context: click.Context, /, sides: tuple[str, ...], **options: Any) -> None:
    """Compare OLD with NEW: a Git revision, or worktree, merge-base[:BRANCH], dir:PATH, chart:CHART or cluster:ENV.

    RELEASE@VERSION compares what is committed with that version. Without arguments, shows what this branch changes: the
    merge base with the default branch against the work tree. Exit 4 if a file of NEW was edited after render wrote it.

    --flux, --argocd and --helmfile need no pipeline.yaml: what the other tool declares is rendered at both revisions.
    """
    moved = versions_of(sides)
    old, new, named = sides_of(() if moved else sides, context)
    sources, options = (old, new), with_releases(options, named)
    report = _of_versions(moved, options) if moved else _found(sources, options)
    from pipeline.cli.support.outdated_notice import say_outdated
    from pipeline.cli.support.showing import show
    from pipeline.cli.support.terminal_view import depth_of
    from pipeline.cli.support.timings import timings

    late = say_outdated(report.outdated)
    with timings().step("show the report"):
        show(report.document, options["outputs"], depth_of(options))
    code = _exit_code(report.document, detailed=options["detailed_exitcode"])
    if late:
        code = code if code in (FAILED, RISK) else STALE
    if report.hand_edits:
        from pipeline.cli.support.hand_edit_notices import say_edits

        say_edits(report.hand_edits)
        code = code if code in (FAILED, RISK) else STALE
    context.exit(code)


def _of_versions(moved: tuple[str, ...], options: dict[str, Any]) -> "ShownReport":
    from pipeline.cli.support.release_versions import of_versions

    if options["releases"] or options["shard"] or options["double_check"]:
        raise UsageError("RELEASE@VERSION takes no --release, --shard or --double-check", hint="leave it out")
    return of_versions(moved, options["environments"], options["fail_on"])


def _found(sources: "tuple[DiffSource, DiffSource]", options: dict[str, Any]) -> "ShownReport":
    from pipeline.core.config.diff_source import SourceKind

    tools = [tool for tool in ("flux", "argocd", "helmfile") if options[tool] is not None]
    if len(tools) > 1:
        raise UsageError(f"--{' and --'.join(tools)} exclude each other", hint="compare one after the other")
    if tools:
        return _of_foreign(tools[0], sources, options)
    kinds = {source.kind for source in sources}
    if SourceKind.CHART in kinds and len(kinds) > 1:
        raise UsageError(
            f"a chart cannot be compared with {next(str(s) for s in sources if s.kind is not SourceKind.CHART)}",
            hint="compare two charts: pipeline diff chart:OLD chart:NEW",
        )
    return _of_charts(sources, options) if SourceKind.CHART in kinds else _of_trees(sources, options)


def _of_foreign(tool: str, sources: "tuple[DiffSource, DiffSource]", options: dict[str, Any]) -> "ShownReport":
    from pipeline.cli.support.diff_request import DiffRequest
    from pipeline.cli.support.foreign_diff import Foreign, compared_foreign
    from pipeline.cli.support.kept_report import of_comparison

    asked = DiffRequest(options["environments"], options["releases"], options["fail_on"], None, options["double_check"])
    what = Foreign(tool, options[tool], options["kube_version"] or "")
    return of_comparison(compared_foreign(what, *sources, asked))


def _of_charts(sources: "tuple[DiffSource, DiffSource]", options: dict[str, Any]) -> "ShownReport":
    """Helm is at work before the rest is loaded."""
    from pipeline.cli.support.chart_arguments import ChartOptions, begun
    from pipeline.cli.support.settings import settings
    from pipeline.cli.support.timings import timings

    names = ChartOptions.__dataclass_fields__
    told = timings().rendered if settings().timings else None
    with timings().step("start Helm"):
        rendering = begun(*sources, ChartOptions(**{name: options[name] for name in names}), told)
    _without_garbage_collection()
    with timings().step("load the program"):
        from pipeline.cli.support import diffing
        from pipeline.cli.support.kept_report import of_comparison
    with timings().step("render and compare"):
        comparison = diffing.charts(rendering, options["fail_on"], double_check=options["double_check"])
    with timings().step("hide secrets"):
        return of_comparison(comparison)


def _of_trees(sources: "tuple[DiffSource, DiffSource]", options: dict[str, Any]) -> "ShownReport":
    _without_garbage_collection()
    from pipeline.cli.support.diff_request import DiffRequest
    from pipeline.cli.support.kept_report import kept_or

    wanted = DiffRequest(
        options["environments"], options["releases"], options["fail_on"], options["shard"], options["double_check"]
    )

    def compare() -> "Comparison":
        from pipeline.cli.support import tree_diffing

        return tree_diffing.repository(*sources, wanted)

    return kept_or(*sources, wanted, compare)


def _without_garbage_collection() -> None:
    """A short life without cycles has no use for it."""
    import gc

    gc.disable()


def _exit_code(report: "ReportDocument", *, detailed: bool) -> int:
    from pipeline.core.judge.report import Verdict

    if report.verdict is Verdict.FAILED:
        return FAILED
    if report.verdict is Verdict.BLOCKED:
        return RISK
    return CHANGES if detailed and report.changes else OK
