"""``pipeline doctor``: which tools are found, what is missing for which purpose, and whether pipeline.yaml is valid."""

from typing import TYPE_CHECKING

import click

from pipeline.core.errors import FAILED, OK, NoRepositoryError, PipelineError

if TYPE_CHECKING:
    from pipeline.core.config.model import Config


@click.command(short_help="Check which helm, kustomize and git are found, and what is missing.")
def command() -> int:
    """Look for the tools that pipeline can use, and check the repository.

    Exit 1 if something required is missing or wrong.
    """
    from pipeline.adapters.toolbox import tools

    missing = []
    for tool in tools():
        mark = "ok" if tool.found else "--"
        click.echo(f"{mark}  {tool.name:<14} {tool.found or f'not found; {tool.fix}'}  [{tool.purpose}]")
        if not tool.found:
            missing.append(tool.name)
    broken = _needed(missing)
    for line in broken:
        click.echo(f"!!  {line}", err=True)
    return FAILED if broken else OK


def _needed(missing: list[str]) -> list[str]:
    """What keeps the verbs from working in this repository; outside of one, what keeps them from working at all."""
    broken = ["git is needed by diff and commit"] if "git" in missing else []
    if {"helm", "embedded helm"} <= set(missing):
        broken.append("Helm is missing, so nothing can be rendered")
    try:
        broken += _repository(missing)
    except NoRepositoryError:
        click.echo("--  repository     no pipeline.yaml here or above; pipeline init creates one")
    except PipelineError as error:
        broken += str(error).splitlines()
    return broken


def _repository(missing: list[str]) -> list[str]:
    from pipeline.core.render.overlay import FOLDER, NAMES
    from pipeline.core.words import counted
    from pipeline.wiring import engine_for, repository

    here = repository()
    releases = here.config.releases
    extent = f"{counted(len(releases), 'release')}, {counted(len(here.config.environments), 'environment')}"
    click.echo(f"ok  {'pipeline.yaml':<14} {here.root}: {extent}")
    broken = []
    engine = engine_for(here.config.helm_engine, here.config.helm_version)
    click.echo(f"ok  {'engine':<14} {engine.name}, Helm {engine.version}  [what render uses here]")
    overlays = [path for path in here.disk.paths(FOLDER) if path.rpartition("/")[2] in NAMES]
    if "kustomize" in missing and overlays:
        broken.append("overlays/ contains overlays, but Kustomize is missing")
    unlocked = [release.pin for release in here.config.pins() if here.lock.chart_of(release.pin) is None]
    if unlocked:
        click.echo(f"--  {'vendored':<14} not yet: {', '.join(unlocked)}; pipeline vendor fetches them")
    broken += _sources(here.config, missing)
    return broken


def _sources(config: "Config", missing: list[str]) -> list[str]:
    """What keeps vendor from fetching a chart: a program that is not there; a variable that is not set is only told."""
    from pipeline.adapters.fetch.server_identity import unset
    from pipeline.core.charts.reference import ChartKind

    references = [config.reference(release) for release in config.releases]
    for repository in config.repositories.values():
        for name in unset(repository):
            click.echo(f"--  {'repository':<14} {repository.name}: ${name} is not set; pipeline vendor needs it")
    if "git" in missing and any(reference.kind is ChartKind.GIT for reference in references):
        return ["charts come from Git repositories, but git is missing"]
    return []
