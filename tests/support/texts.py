"""Every text that a person reads, written to ``tests/texts`` so that a change of it is seen in review.

``make texts`` writes the files again; ``tests/test_texts.py`` fails where they differ from what the code says. Each
section of a rules file is one finding of one case of a rule: severity, confidence and object; then title, impact and
fix, each on its own line.
"""

import contextlib
import io
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap
from unittest import mock

from pipeline import rules
from pipeline.cli import run
from pipeline.core.judge.case_findings import findings
from pipeline.core.risk.finding import Finding, Severity
from pipeline.core.risk.rule import Rule
from pipeline.report.fixes import fix
from pipeline.report.structured import entry
from tests.support import text_runs

FOLDER = Path(__file__).parent.parent / "texts"
COLUMNS = 120
_INDENT = len("  Evidence  ")


def rule_texts(category: str) -> str:
    """Title, impact and fix of every finding of every case of a category's rules."""
    every = rules.load()
    chosen = [rule for rule in every if rule.category == category]
    return "\n".join(_section(*item) for rule in chosen for item in rule_findings(rule, every))


def rule_findings(rule: Rule, every: tuple[Rule, ...]) -> Iterator[tuple[Rule, str, Finding]]:
    for case in rule.cases:
        for finding in findings(rule, case, every):
            yield rule, case.title, finding


def lines_at(finding: Finding, columns: int = COLUMNS) -> int:
    """How many lines title, impact and fix take together at a terminal of that width."""
    return sum(len(wrap(text, columns - _INDENT)) for text in (finding.title, finding.impact, _fix(finding)))


def _fix(finding: Finding) -> str:
    """As every format says it; for what is never shown, as the rule wrote it."""
    return finding.fix if finding.severity is Severity.OFF else fix(entry(finding))


def _section(rule: Rule, title: str, finding: Finding) -> str:
    parts = [
        f"== {rule.id}: {title}",
        f"{finding.severity.label} · {finding.confidence} · {finding.place}",
        f"Title    {finding.title}",
        f"Impact   {finding.impact}",
        f"Fix      {_fix(finding)}",
        *(f"Command  {line}" for line in finding.commands),
        *(f"Evidence {line}" for line in finding.evidence),
    ]
    return "\n".join(line.rstrip() for line in parts) + "\n"


def run_texts(name: str) -> str:
    """Each run of a set: the command, what it printed on stdout and stderr, and its exit code."""
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, {"COLUMNS": str(COLUMNS)}):
        try:
            return "\n".join(_run(Path(folder, str(number)), step) for number, step in enumerate(text_runs.SETS[name]))
        finally:
            os.chdir(here)


def _run(root: Path, step: text_runs.Run) -> str:
    step.lay_out(root)
    os.chdir(root)
    for line in step.before:
        _said(line)
    said, code = _said(step.line)
    for folder in sorted({str(root.resolve()), str(root)}, key=len, reverse=True):
        said = said.replace(folder, "HERE")
    said = re.sub(r"\b[0-9a-f]{40}\b", "COMMIT", said)
    said = "\n".join(row.rstrip() for row in said.split("\n")).rstrip("\n")
    return f"$ pipeline {step.line}\n{said}\nexit {code}\n"


def _said(line: str) -> tuple[str, int]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = run(line.split())
    return out.getvalue(), code
