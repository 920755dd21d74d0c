"""Writes a report in each requested format: to stdout, or to a file that is written whole or not at all."""

import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.support.log_lines import unheard, unheard_json, unheard_xml
from pipeline.cli.support.output import Covered
from pipeline.cli.support.terminal_view import paged
from pipeline.core.errors import UsageError, WorldError
from pipeline.core.judge.report_document import ReportDocument

if TYPE_CHECKING:
    from pipeline.report.terminal import Depth

_FOR_THE_LOG: Mapping[str, Callable[[str], str]] = {
    "json": unheard_json,
    "sarif": unheard_json,
    "junit": unheard_xml,
    "html": unheard_xml,
    "annotations": str,  # meant to be heard
}


def show(report: ReportDocument, outputs: tuple[str, ...], depth: "Depth | None" = None) -> None:
    """Each of ``FORMAT[=PATH]``; nothing asked for is the terminal's view, to the ``depth`` asked for.

    Raises:
        UsageError: an unknown format, or two for stdout.
        WorldError: a file cannot be written.
    """
    forms: Mapping[str, Callable[[ReportDocument], str]] = FORMATS | {"terminal": partial(_terminal, depth=depth)}
    put({form: partial(render, report) for form, render in forms.items()}, outputs)


def put(forms: Mapping[str, Callable[[], str]], outputs: tuple[str, ...]) -> None:
    """Each of ``FORMAT[=PATH]`` of ``forms``, made when it is asked for; nothing asked for is ``terminal``."""
    wanted = [_parse(output, forms) for output in outputs or ("terminal",)]
    if sum(not path and form != "annotations" for form, path in wanted) > 1:
        raise UsageError("only one format can go to stdout", hint="-o json=report.json -o terminal")
    for form, path in wanted:
        text = forms[form]()
        if path:
            write_whole(Path(path), text)
        else:
            said = Covered(_FOR_THE_LOG.get(form, unheard)(text))
            if form != "terminal" or not paged(said):
                click.echo(said, nl=False, color=True)


def write_whole(path: Path, text: str) -> None:
    """Beside the target first, then renamed: a reader never sees half a report."""
    staged = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        staged.write_text(text, encoding="utf-8")
        staged.replace(path)
    except OSError as error:
        staged.unlink(missing_ok=True)
        raise WorldError(
            f"{path}: {(error.strerror or str(error)).lower()}", hint="use a folder that exists"
        ) from error


def _parse(output: str, forms: Iterable[str]) -> tuple[str, str]:
    form, _, path = output.partition("=")
    if form not in forms:
        raise UsageError(f"unknown output format {form!r}", hint=f"one of {', '.join(forms)}, or FORMAT=PATH")
    return form, path


def _json(report: ReportDocument) -> str:
    from pipeline.report.structured import render

    return render(report)


def _terminal(report: ReportDocument, depth: "Depth | None" = None) -> str:
    from pipeline.cli.support.terminal_view import look_here
    from pipeline.report.terminal import DIGEST, render

    return render(report, look_here(), DIGEST if depth is None else depth)


def _markdown(report: ReportDocument) -> str:
    from pipeline.report.markdown import render

    return render(report)


def _comment(report: ReportDocument) -> str:
    from pipeline.report.comment import render

    return render(report)


def _summary(report: ReportDocument) -> str:
    from pipeline.report.comment import summary

    return summary(report)


def _html(report: ReportDocument) -> str:
    from pipeline.report.html import render

    return render(report)


def _sarif(report: ReportDocument) -> str:
    from pipeline.report.sarif import render

    return render(report)


def _junit(report: ReportDocument) -> str:
    from pipeline.report.junit import render

    return render(report)


def _annotations(report: ReportDocument) -> str:
    from pipeline.report.annotations import render

    return render(report, _declared())


def _declared() -> Mapping[str, tuple[str, int]]:
    """Where the pipeline.yaml at work here declares each release: its path in the Git repository, and the line."""
    from pipeline.adapters.config_file import find_root
    from pipeline.adapters.git.door import repository_root
    from pipeline.core.config.lines import release_lines
    from pipeline.core.config.model import FILE
    from pipeline.core.errors import PipelineError

    try:
        root = find_root(Path.cwd())
        file = (root / FILE).resolve().relative_to(repository_root(root).resolve()).as_posix()
        lines = release_lines((root / FILE).read_text(encoding="utf-8"))
    except (PipelineError, OSError, ValueError):
        return {}
    return {release: (file, line) for release, line in lines.items()}


FORMATS: dict[str, Callable[[ReportDocument], str]] = {
    "terminal": _terminal,
    "json": _json,
    "markdown": _markdown,
    "comment": _comment,
    "summary": _summary,
    "html": _html,
    "sarif": _sarif,
    "junit": _junit,
    "annotations": _annotations,
}
