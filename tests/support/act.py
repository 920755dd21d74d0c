"""Runs workflows for real and offline: act without Docker, this code as ``pipeline``, stand-ins for GitHub's actions.

What act does not emulate (permissions, concurrency, environments, forks' secrets) test_workflows.py holds as a policy.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.tools import tool

ROOT = Path(__file__).parents[2]
STANDINS = ROOT / "tests" / "actions"
OURS = f"o/pipeline@{'a' * 40}"
"""How a workflow names this repository's own action."""
_USES = re.compile(r"uses: (actions/([a-z-]+)@[0-9a-f]{40})")


@dataclass(frozen=True, slots=True)
class Ran:
    """``jobs`` has the outcome of each job that ran; a job that was skipped is not in it."""

    code: int
    log: str
    jobs: Mapping[str, str]
    summary: str


class Act:
    """``folder`` keeps the artifacts; ``api`` is where GitHub's REST API is."""

    def __init__(self, repository: Path, folder: Path, api: str) -> None:
        self.repository, self.folder, self.api = repository, folder, api
        self.artifacts = folder / "artifacts"
        programs = folder / "programs"
        programs.mkdir(parents=True)
        python = Path(sys.executable)
        keep = 'if [ -s "$GITHUB_STEP_SUMMARY" ]; then cat "$GITHUB_STEP_SUMMARY" >> "$ARTIFACTS.summary"; fi'
        call = f'PYTHONPATH={ROOT} {python} -m pipeline "$@"; code=$?'
        _program(programs / "pipeline", f"{call}\n{keep}  # act itself throws it away\nexit $code")
        _program(programs / "python", f'exec {python} "$@"')
        # The package is installed: as `pipeline`, above. Anything else that is asked of pip is a mistake.
        _program(
            programs / "pip",
            'case "$*" in "install --quiet chart-verdict"*) ;; "install --quiet --require-hashes "*)'
            ' grep -q "^chart-verdict==.* --hash=sha256:" "$RUNNER_TEMP/requirements.txt" || exit 1 ;;'
            ' *) echo "pip $*" >&2; exit 1 ;; esac',
        )
        self.path = os.pathsep.join([str(programs), os.environ["PATH"]])

    def run(
        self, event: str, payload: Mapping[str, Any], workflow: str, secrets: Mapping[str, str] | None = None
    ) -> Ran:
        """Everything that ``event`` starts in ``workflow``."""
        file = self.folder / "event.json"
        file.write_text(json.dumps(payload))
        text = (self.repository / ".github/workflows" / workflow).read_text()
        options = [f"--local-repository={OURS}={ROOT}"] if OURS in text else []
        stand_ins = sorted({match.groups() for match in _USES.finditer(text)} - {_checkout(text)})
        options += [f"--local-repository={name}={STANDINS / short}" for name, short in stand_ins]
        options += [f"--env={name}={value}" for name, value in self._environment().items()]
        command = [tool("act"), event, f"--workflows=.github/workflows/{workflow}", f"--eventpath={file}"]
        command += ["--platform=ubuntu-24.04=-self-hosted", "--no-cache-server"]
        known = {"GITHUB_TOKEN": "secret-token"} | dict(secrets or {})
        options += [f"--secret={name}={value}" for name, value in known.items()]
        environment = {**os.environ, "PATH": self.path, "XDG_CACHE_HOME": str(self.folder / "cache")}
        done = subprocess.run(
            [*command, "--json", *options],
            cwd=self.repository,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        rows = [json.loads(row) for row in done.stdout.splitlines() if row.startswith("{")]
        jobs = {
            re.sub(r"^[^/]*/|-\d+$", "", row["job"]).strip(): str(row["jobResult"])
            for row in rows
            if "jobResult" in row
        }
        log = "\n".join(f"{row.get('job', '')}| {row.get('msg', '')}".rstrip() for row in rows) + done.stderr
        summary = self.artifacts.with_suffix(".summary")
        return Ran(done.returncode, log, jobs, summary.read_text() if summary.exists() else "")

    def _environment(self) -> dict[str, str]:
        return {
            "GITHUB_API_URL": self.api,
            "ARTIFACTS": str(self.artifacts),
            "ARTIFACTS_OF_RUNS": str(self.folder / "runs"),
        }


def _checkout(text: str) -> tuple[str, ...]:
    """act does a checkout by itself: it copies the work tree."""
    found = next((match for match in _USES.finditer(text) if match[2] == "checkout"), None)
    return found.groups() if found else ()


def _program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
