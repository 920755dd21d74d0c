"""``pipeline init --github``: writes the workflows where GitHub looks for them, and says what it left out and why."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from pkgutil import get_data
from typing import TYPE_CHECKING, Any

import click

from pipeline import __version__, rules
from pipeline.adapters.config_file import load
from pipeline.adapters.disk import Disk
from pipeline.adapters.git.door import marked, repository_root
from pipeline.core.config.model import FILE
from pipeline.core.errors import OK, UsageError
from pipeline.core.render.file_edits import Edits
from pipeline.core.review.pip_report import pinned_requirements
from pipeline.core.review.workflow_files import APPLY, FORK, PLAN, UPGRADE, WorkflowWish, workflow_files
from pipeline.core.safe_path import SafePath

if TYPE_CHECKING:
    from pipeline.core.config.model import Config


def write_workflows(folder: Path, options: Mapping[str, Any]) -> int:
    """Those that are missing. All of them, or none where one of that name is there with another content."""
    root = repository_root(folder) if folder.exists() and marked(folder) else folder
    config = load(folder, rules.names()) if (folder / FILE).is_file() else None
    wish = WorkflowWish(
        __version__,
        "" if root == folder else folder.resolve().relative_to(root.resolve()).as_posix().removeprefix("."),
        tuple(_applied(config)),
        options["enterprise"],
        options["index_url"],
        options["runner"],
        _requirements(options["hashes"]),
    )
    files = {path: text.encode() for path, text in workflow_files(_shipped(), wish).items()}
    there = {path for path in files if (root / SafePath(path)).exists()}
    other = sorted(path for path in there if (root / SafePath(path)).read_bytes() != files[path])
    if other:
        raise UsageError(f"{', '.join(other)}: already exists", hint="edit it, or move it away first")
    for path in Disk(root).carry_out(Edits(files={path: files[path] for path in files if path not in there})):
        click.echo(f"wrote {root / SafePath(path)}")
    for line in (*(f"{path} is as it would be written" for path in sorted(there)), *_said(config, wish)):
        click.echo(line)
    return OK


def _requirements(report: Path | None) -> tuple[str, ...]:
    if report is None:
        return ()
    try:
        text = report.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise UsageError(f"--hashes {report} cannot be read: {error}", hint="name the file that pip wrote") from error
    return pinned_requirements(text)


def _shipped() -> dict[str, str]:
    workflows = {}
    for name in (PLAN, FORK, UPGRADE, APPLY):
        data = get_data("pipeline", f"data/github/{name}")
        assert data is not None, f"BUG: {name} is missing from the package"
        workflows[name] = data.decode()
    return workflows


def _applied(config: "Config | None") -> list[str]:
    environments = config.environments.items() if config else ()
    return [name for name, environment in environments if environment.cluster is not None]


def _said(config: "Config | None", wish: WorkflowWish) -> Iterator[str]:
    """What was not written, and what comes next."""
    if wish.folder:
        yield f"they lie where GitHub looks for them, and work in {wish.folder}/"
    without = [name for name in config.environments if name not in wish.environments] if config else []
    if not wish.environments:
        yield (
            "no environment has a cluster, so nothing is planned or applied from here: Argo CD or Flux take the "
            "commit; or name environments.*.cluster in pipeline.yaml, and run this again"
        )
    elif without:
        yield f"no apply workflow for {', '.join(without)}: there is no cluster in pipeline.yaml"
    if wish.enterprise:
        yield (
            "for GitHub Enterprise Server: artifacts of version 3, so the comment links to the run instead of "
            "the page, and a fork's pull request has its report in the run's summary alone"
        )
    if not wish.requirements:
        yield f"the package is pinned by version ({wish.version}); --hashes REPORT pins it and what it needs by digest"
    yield "next: make the job named pipeline a required check; each of the other workflows begins with what it needs"
