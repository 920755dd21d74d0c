"""The GitHub workflows that ``pipeline init --github`` writes: the shipped ones, made to fit a repository.

They differ by where pipeline.yaml lies in it, by what is applied, and by what the GitHub in question has: GitHub
Enterprise Server knows artifacts of version 3 only (no pages, none of another run), and no YAML anchors.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.core.errors import UsageError

PLAN, FORK, UPGRADE, APPLY = (f"pipeline-{name}.yml" for name in ("plan", "fork-comment", "upgrade", "apply"))
FOLDER = ".github/workflows"
_INSTALL = 'run: pip install --quiet "$PIPELINE_PACKAGE"'
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_INDEX = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?(/[A-Za-z0-9._~/+-]*)?")
_SUBFOLDER = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")
_ANCHORED = r"^      - &([a-z]+)\n        ((?:.*\n(?=        ))*.*\n)"
_ARTIFACTS = {
    "upload-artifact": "actions/upload-artifact@a8a3f3ad30e3422c9c7b888a15615d19a852ae32 # v3.1.3",
    "download-artifact": "actions/download-artifact@9bc31d5ccc31df68ecc42ccf4149144866c47d8a # v3.0.2",
}
"""The newest that GitHub Enterprise Server runs."""


@dataclass(frozen=True, slots=True)
class WorkflowWish:
    """What the workflows must fit.

    ``folder`` is where pipeline.yaml lies, from the repository's root, empty for the root; ``environments`` are those
    that are applied; ``requirements`` are lines of ``name==version --hash=…``, empty where only versions are pinned.
    """

    version: str
    folder: str = ""
    environments: tuple[str, ...] = ()
    enterprise: bool = False
    index_url: str = ""
    runner: str = ""
    requirements: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.runner and not _LABEL.fullmatch(self.runner):
            raise UsageError(f"--runner {self.runner!r} is not a runner's label", hint="for example --runner linux-x64")
        if self.index_url and not _INDEX.fullmatch(self.index_url):
            hint = (
                "https://pypi.example.org/simple; credentials belong into a netrc of the runner, never into a workflow"
            )
            raise UsageError(f"--index-url {self.index_url!r} is not a package index's URL", hint=hint)
        if self.folder and not _SUBFOLDER.fullmatch(self.folder):
            raise UsageError(
                f"{self.folder!r} cannot stand in a workflow", hint="letters, digits, '.', '_', '-' and '/'"
            )

    @property
    def suffix(self) -> str:
        """Tells the workflows of several subfolders of one repository apart."""
        return f"-{self.folder.replace('/', '-')}" if self.folder else ""


def workflow_files(shipped: Mapping[str, str], wish: WorkflowWish) -> dict[str, str]:
    """The text of each file by its path from the repository's root. ``shipped`` has the templates by name."""
    names = [PLAN, UPGRADE] if wish.enterprise else [PLAN, FORK, UPGRADE]
    files = {_path(name, wish): _fitted(shipped[name], wish) for name in names}
    for environment in wish.environments:
        text = shipped[APPLY].replace("__ENVIRONMENT__", environment)
        files[_path(APPLY.replace(".yml", f"-{environment}.yml"), wish)] = _fitted(text, wish)
    return files


def _path(name: str, wish: WorkflowWish) -> str:
    return f"{FOLDER}/{name.removesuffix('.yml')}{wish.suffix}.yml"


def _fitted(text: str, wish: WorkflowWish) -> str:
    text = text.replace("@VERSION@", wish.version)
    if wish.folder:
        text = _in_folder(text, wish)
    if wish.enterprise:
        text = _for_enterprise(text)
    if wish.index_url:
        text = re.sub(
            r"^  PIPELINE_PACKAGE: .*\n", rf'\g<0>  PIP_INDEX_URL: "{wish.index_url}"\n', text, flags=re.MULTILINE
        )
    if wish.runner:
        text = re.sub(r"runs-on: ubuntu-[\d.]+", f"runs-on: {wish.runner}", text)
    return _pinned(text, wish.requirements) if wish.requirements else text


def _in_folder(text: str, wish: WorkflowWish) -> str:
    """Jobs that check the repository out work in the folder; the others have nothing of it."""
    text = re.sub(r"^name: (pipeline-.*)$", rf"name: \1{wish.suffix}", text, flags=re.MULTILINE)
    text = text.replace("workflows: [pipeline-plan]", f"workflows: [pipeline-plan{wish.suffix}]")
    text = re.sub(r"^( +group: pipeline-(?:plan|apply|fork-comment))-", rf"\1{wish.suffix}-", text, flags=re.MULTILINE)
    text = re.sub(r"^    paths: \[(.*)\]$", lambda match: _paths(match[1], wish.folder), text, flags=re.MULTILINE)
    text = text.replace(
        "pipeline comment report.json", f'pipeline comment report.json --key "{wish.folder}/pipeline.yaml"'
    )
    text = re.sub(r"^  group: pipeline-upgrade$", f"  group: pipeline-upgrade{wish.suffix}", text, flags=re.MULTILINE)
    return re.sub(r"^  [a-z]+:.*\n(?:    .*\n|\n)+", lambda job: _job(job[0], wish.folder), text, flags=re.MULTILINE)


def _paths(listed: str, folder: str) -> str:
    return f"    paths: [{', '.join(f'{folder}/{path}' for path in listed.split(', '))}]"


def _job(text: str, folder: str) -> str:
    if "checkout" not in text:
        return text
    work = f"    defaults: {{run: {{working-directory: {folder}}}}}\n    steps:\n"
    text = text.replace("    steps:\n", work, 1)
    return re.sub(r"^          path: ", rf"          path: {folder}/", text, flags=re.MULTILINE)


def _for_enterprise(text: str) -> str:
    for name, pinned in _ARTIFACTS.items():
        text = re.sub(rf"actions/{name}@.*", pinned, text)
    text = text.replace("          pattern: pipeline-shard-*\n", "")  # all artifacts, each in a folder: those are all
    text = re.sub(r"^ +archive: false.*\n", "", text, flags=re.MULTILINE)
    text = text.replace("          path: report.html\n", "          name: pipeline-page\n          path: report.html\n")
    text = text.replace("steps.page.outputs.artifact-url", "steps.page.outcome")
    text = text.replace("needs.pipeline.outputs.page != ''", "needs.pipeline.outputs.page == 'success'")
    text = text.replace(' --page "$PAGE"', "")
    return _without_anchors(re.sub(r"^ +PAGE: .*\n", "", text, flags=re.MULTILINE))


def _without_anchors(text: str) -> str:
    """Each step that is named once (``- &checkout``) stands again where it was referred to."""
    steps = dict(re.findall(_ANCHORED, text, re.MULTILINE))
    text = re.sub(r"^      - &[a-z]+\n        ", "      - ", text, flags=re.MULTILINE)
    return re.sub(r"^      - \*([a-z]+)\n", lambda match: f"      - {steps[match[1]]}", text, flags=re.MULTILINE)


def _pinned(text: str, requirements: tuple[str, ...]) -> str:
    """The requirements stand in the workflow itself: a job that checks nothing out has no file of the repository."""
    script = "\n".join(_install(requirements))
    return re.sub(r"^  PIPELINE_PACKAGE: .*\n", "", text.replace(_INSTALL, script), flags=re.MULTILINE).replace(
        "env:\n\n", ""
    )


def _install(requirements: tuple[str, ...]) -> Iterator[str]:
    yield "run: |"
    yield "          cat > \"$RUNNER_TEMP/requirements.txt\" <<'END'"
    yield from (f"          {line}" for line in requirements)
    yield "          END"
    yield '          pip install --quiet --require-hashes --only-binary :all: -r "$RUNNER_TEMP/requirements.txt"'
