"""The fixed set of runs whose texts are pinned in ``tests/texts/runs``: help, reports in each text format, errors."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import click

from pipeline.cli import cli
from tests.support.platforms import CONFIG, platform, write
from tests.support.program import program_context

LATTICE = Path(__file__).parent.parent.parent / "examples" / "lattice"
DEPLOYMENT = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n"
    "spec:\n  replicas: %d\n  selector: {matchLabels: {app: %s}}\n"
    "  template: {metadata: {labels: {app: %s}}, spec: {containers: [{name: a, image: %s}]}}\n"
)
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {ports: [{port: %d}]}\n"
BROKEN = {"charts/web/templates/a.yaml": "a: {{ .Values.a.b.c }}\n"}


@dataclass(frozen=True, slots=True)
class Run:
    """A command line, the files it meets, and the commands run before it. ``repository``: in a Git repository."""

    line: str
    files: dict[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    repository: bool = False
    lattice: bool = False

    def lay_out(self, root: Path) -> None:
        root.mkdir()
        if self.repository:
            platform(root, self.files)
        elif self.files:
            write(root, self.files)
        if self.lattice:
            shutil.copytree(LATTICE, root / "lattice")


def _repository(line: str, files: dict[str, str] | None = None, *before: str) -> Run:
    return Run(line, files or {}, before, repository=True)


def _config(text: str, line: str = "render") -> Run:
    return Run(line, {"pipeline.yaml": text})


_READY = ("vendor", "render", "commit")
_UPGRADE = "diff chart:lattice/1.4.0 chart:lattice/2.0.0 --kube-version 1.34.0 --engine embedded"
_FILES = {
    "old/web.yaml": DEPLOYMENT % (3, "web", "web", "a:1") + "---\n" + SERVICE % 80,
    "new/web.yaml": DEPLOYMENT % (1, "shop", "shop", "a:2"),
}


def _help() -> tuple[Run, ...]:
    """Of every verb, and of every verb below one."""
    runs = [Run("--help")]
    with program_context() as context:
        for verb in cli.list_commands(context):
            command = cli.get_command(context, verb)
            below = list(command.commands) if isinstance(command, click.Group) else []
            runs += [Run(f"{' '.join((verb, *names))} --help") for names in ((), *((name,) for name in below))]
    return tuple(runs)


REPORTS = (
    *(Run(f"{_UPGRADE} -o {form}", lattice=True) for form in ("terminal", "markdown", "comment", "summary")),
    *(Run(f"diff dir:old dir:new -o {form}", _FILES) for form in ("terminal", "markdown", "comment", "junit")),
    Run("diff dir:old dir:old", _FILES),
    _repository("diff", BROKEN, *_READY),
    Run("rules explain replicas-changed"),
)
ERRORS = (
    Run("frobnicate"),
    Run("diff --nope"),
    Run("render"),
    Run("diff"),
    Run("diff nowhere worktree"),
    Run("diff ref worktree"),
    Run("diff dir:missing dir:missing"),
    Run("diff chart:missing.tgz chart:missing.tgz"),
    Run("rules explain replica-changed"),
    Run("rules list --category nope"),
    Run("report missing.json"),
    Run("report broken.json", {"broken.json": "{"}),
    Run("report other.json", {"other.json": "{}"}),
    _config("releases: [\n"),
    _config(""),
    _config("releses: []\n"),
    _config("releases:\n  - {name: web}\n"),
    _config("releases:\n  - {name: web, chart: nowhere/web, version: 1.0.0}\n"),
    _config("releases:\n  - {name: web, chart: ./charts/web}\n  - {name: web, chart: ./charts/web}\n"),
    _config(CONFIG + "policy: {failOn: sometimes}\n"),
    _config(CONFIG, "vendor"),
    _config(CONFIG, "render nope"),
    _config(CONFIG, "approve plan.json"),
    _config(CONFIG, "apply plan.json"),
    _repository("render"),
    _repository("render nope", None, "vendor"),
    _repository("render --check", None, "vendor"),
    _repository("render", BROKEN, "vendor"),
    _repository("render", {"charts/web/templates/a.yaml": "a: [\n"}, "vendor"),
    _repository("render", {"values/web/common.yaml": "a: [\n"}, "vendor"),
    _repository("render", {"values/web/default.yml": "a: 1\n"}, "vendor"),
    _repository("vendor --locked", {"charts/web/values.yaml": "port: 81\n"}),
    _repository("diff ref:nope worktree", None, *_READY),
    _repository("commit", None, *_READY),
    _repository("plan", None, *_READY),
)
SETS: dict[str, tuple[Run, ...]] = {"help": _help(), "reports": REPORTS, "errors": ERRORS}
