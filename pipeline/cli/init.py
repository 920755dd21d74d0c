"""``pipeline init``: writes a commented pipeline.yaml that works, and the folders beside it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.support.github_options import github_options
from pipeline.core.errors import OK, UsageError

if TYPE_CHECKING:
    from pipeline.adapters.declared_elsewhere import RepositoryAround

_FOLDERS = {
    "values": "In-house values: <release>/common.yaml, then <release>/<environment>.yaml; the last one wins.\n",
    "overlays": "Kustomize overlays: <release>/[<environment>/]kustomization.yaml, with the chart as chart.yaml.\n",
    "vendor_charts": "Upstream charts, written by `pipeline vendor`. Never edit them: use values/ and overlays/.\n",
}

_SCHEMA = ".pipeline.schema.json"
"""What the modeline of pipeline.yaml names: editors complete and check the keys by it."""
_ATTRIBUTES = ".gitattributes"
_NO_CONVERSION = """\
# Git converts no line ends here: what is rendered, and what it is made of, is compared byte for byte.
rendered/** -text
values/** -text
overlays/** -text
pipeline.lock -text
"""


@click.command(short_help="Write a commented pipeline.yaml, and the folders beside it.")
@click.argument("folder", default=".", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--github", is_flag=True, help="Write the GitHub Actions workflows instead: plan, comment, upgrade, apply."
)
@click.option(
    "--from",
    "origin",
    type=click.Path(path_type=Path),
    help="Take over what a helmfile.yaml, or a folder of Flux, Argo CD or Helm files, declares.",
)
@click.option("--schema", is_flag=True, help="Print the JSON Schema of pipeline.yaml instead.")
@github_options
def command(folder: Path, *, github: bool, origin: Path | None, schema: bool, **options: Any) -> int:
    """Write pipeline.yaml and the folders that it refers to into FOLDER. Existing files are not touched."""
    if schema:
        return _print_schema()
    if github:
        from pipeline.cli.support.github_workflows import write_workflows

        return write_workflows(folder, options)
    if given := [name for name, value in options.items() if value]:
        raise UsageError(f"--{given[0].replace('_', '-')} is for --github", hint="pipeline init --github")
    if origin is not None:
        return _import(folder, origin)
    from pkgutil import get_data

    from pipeline.adapters.disk import Disk
    from pipeline.core.config.model import FILE
    from pipeline.core.render.file_edits import Edits

    text = get_data("pipeline", "data/pipeline.yaml.example")
    assert text is not None, "BUG: the example is missing from the package"
    if (folder / FILE).exists():
        raise UsageError(f"{folder / FILE} already exists", hint="edit it, and check it with pipeline doctor")
    folder.mkdir(parents=True, exist_ok=True)
    readmes = {f"{name}/README.md": line.encode() for name, line in _FOLDERS.items() if not (folder / name).exists()}
    if not (folder / _ATTRIBUTES).exists():
        readmes[_ATTRIBUTES] = _NO_CONVERSION.encode()
    if not (folder / _SCHEMA).exists():
        readmes[_SCHEMA] = f"{_schema_text()}\n".encode()
    for path in Disk(folder).carry_out(Edits(files={FILE: text} | readmes)):
        click.echo(f"wrote {folder / path}")
    click.echo("next: name a chart under releases:, then pipeline vendor && pipeline render && pipeline commit")
    return OK


def _import(folder: Path, origin: Path) -> int:
    """Everything, or nothing where a file is there already; what is not taken over is named on stderr."""
    from pipeline import rules
    from pipeline.adapters.declared_elsewhere import declared
    from pipeline.adapters.disk import Disk
    from pipeline.cli.support.log_lines import unheard_where_needed
    from pipeline.core.config.model import FILE
    from pipeline.core.config.read import read
    from pipeline.core.migration.repository_files import repository_files
    from pipeline.core.render.file_edits import Edits
    from pipeline.core.safe_path import SafePath
    from pipeline.core.words import agreeing, counted
    from pipeline.report.safe_text import safe

    files, left_out = repository_files(declared(origin, _around(folder, origin), build=True))
    there = [path for path in files if (folder / SafePath(path)).exists()]
    if there:
        raise UsageError(
            f"{', '.join(there)}: already exists", hint="name an empty folder: pipeline init FOLDER --from …"
        )
    read(files[FILE], rule_ids=rules.names())
    folder.mkdir(parents=True, exist_ok=True)
    for path in Disk(folder).carry_out(Edits(files={path: text.encode() for path, text in files.items()})):
        click.echo(safe(f"wrote {folder / SafePath(path)}"))
    for omission in left_out:
        click.echo(unheard_where_needed(safe(f"{omission}\n")), nl=False, err=True)
    if left_out:
        number = len(left_out)
        click.echo(f"{counted(number, 'thing')} {agreeing(number, 'was')} not taken over: see above", err=True)
    click.echo("next: pipeline vendor && pipeline render, then compare with what runs: pipeline diff dir:OLD worktree")
    return OK


def _around(folder: Path, origin: Path) -> "RepositoryAround | None":
    """The Git repository that ``origin`` lies in; it is known by its address where pipeline.yaml goes to its top."""
    from pipeline.adapters.declared_elsewhere import RepositoryAround
    from pipeline.adapters.git.door import marked
    from pipeline.adapters.git.remote import address

    top = marked(origin)
    return None if top is None else RepositoryAround(top, address(top) if folder.resolve() == top else "")


def _print_schema() -> int:
    click.echo(_schema_text())
    return OK


def _schema_text() -> str:
    import json

    from pipeline.core.config.read import schema

    return json.dumps(schema(), indent=2)
