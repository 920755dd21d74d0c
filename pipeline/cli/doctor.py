"""``pipeline doctor``: which tools are found, what is missing for which purpose, and whether pipeline.yaml is valid."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from pipeline.core.errors import FAILED, OK, NoRepositoryError, PipelineError

if TYPE_CHECKING:
    from pipeline.core.config.model import Config

Check = tuple[str, str, str, str]
"""What is looked at; ``ok``, ``missing`` or ``broken``; what is said of it; what it is needed for."""
_MARKS = {"ok": "ok", "missing": "--", "broken": "!!"}


@click.command(short_help="Check which helm, kustomize and git are found, and what is missing.")
@click.option("-o", "--output", type=click.Choice(["terminal", "json"]), default="terminal", help="Output format.")
def command(*, output: str) -> int:
    """Look for the tools that pipeline can use, and check the repository.

    Exit 1 if something required is missing or wrong.
    """
    checks = sorted(_checks(), key=lambda row: row[1] == "broken")
    works = all(status != "broken" for _, status, *_ in checks)
    if output == "json":
        from pipeline.cli.support.json_output import print_json

        keys = ("name", "status", "said", "neededFor")
        print_json({"works": works, "checks": [dict(zip(keys, row, strict=True)) for row in checks]})
    else:
        for name, status, said, purpose in checks:
            shown = f"{name:<14} {said}{purpose and f'  [{purpose}]'}" if status != "broken" else said
            click.echo(f"{_MARKS[status]}  {shown}", err=status == "broken")
    return OK if works else FAILED


def _checks() -> Iterator[Check]:
    from pipeline.adapters.toolbox import tools
    from pipeline.cli.support.git_use import GIT_USE

    missing = []
    for tool in tools():
        said = tool.found or f"not found; {tool.fix}"
        yield tool.name, "ok" if tool.found else "missing", said, tool.purpose
        if not tool.found:
            missing.append(tool.name)
    if "git" in missing:
        yield _broken(f"git is missing; {', '.join(GIT_USE)} need it")
    if {"helm", "embedded helm"} <= set(missing):
        yield _broken("Helm is missing, so nothing can be rendered")
    try:
        yield from _repository(missing)
    except NoRepositoryError:
        yield "repository", "missing", "no pipeline.yaml here or above; pipeline init creates one", ""
    except PipelineError as error:
        yield from map(_broken, str(error).splitlines())


def _broken(said: str) -> Check:
    return "", "broken", said, ""


def _repository(missing: list[str]) -> Iterator[Check]:
    from pipeline.core.render.overlay import FOLDER, NAMES
    from pipeline.core.words import counted
    from pipeline.wiring import engine_for, repository

    here = repository()
    releases = here.config.releases
    extent = f"{counted(len(releases), 'release')}, {counted(len(here.config.environments), 'environment')}"
    yield "pipeline.yaml", "ok", f"{here.root}: {extent}", ""
    engine = engine_for(here.config.helm_engine, here.config.helm_version)
    yield "engine", "ok", f"{engine.name}, Helm {engine.version}", "what render uses here"
    overlays = [path for path in here.disk.paths(FOLDER) if path.rpartition("/")[2] in NAMES]
    if "kustomize" in missing and overlays:
        yield _broken("overlays/ contains overlays, but Kustomize is missing")
    unlocked = [release.pin for release in here.config.pins() if here.lock.chart_of(release.pin) is None]
    if unlocked:
        yield "vendored", "missing", f"not yet: {', '.join(unlocked)}; pipeline vendor fetches them", ""
    yield from _sources(here.config, missing)


def _sources(config: "Config", missing: list[str]) -> Iterator[Check]:
    """What keeps vendor from fetching a chart: a program that is not there; a variable that is not set is only told."""
    from pipeline.adapters.fetch.server_identity import unset
    from pipeline.core.charts.reference import ChartKind

    references = [config.reference(release) for release in config.releases]
    for repository in config.repositories.values():
        for name in unset(repository):
            said = f"{repository.name}: ${name} is not set; pipeline vendor needs it"
            yield "repository", "missing", said, ""
    if "git" in missing and any(reference.kind is ChartKind.GIT for reference in references):
        yield _broken("charts come from Git repositories, but git is missing")
