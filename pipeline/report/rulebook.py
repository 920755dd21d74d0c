"""A rule as a page of text: the source of ``docs/rules`` and of ``pipeline rules explain``."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from textwrap import dedent, indent
from typing import Any

from pipeline.core.judge.case_findings import findings
from pipeline.core.risk.finding import Finding, Severity
from pipeline.core.risk.rule import Case, Rule
from pipeline.core.words import counted
from pipeline.report.look import Look
from pipeline.report.structured import entry
from pipeline.report.terminal_findings import one_finding

_EXAMPLES = 2
_PAGES = "../../docs/rules"
_MARK = "Written by `python -m scripts.rulebook` from the rules themselves; do not edit."
_LOOK = Look(width=110)


def page(rule: Rule, every: Iterable[Rule]) -> str:
    """Everything about a rule: its docstring, and each case with its manifests and what is reported of it."""
    parts = [f"# {rule.id}", _facts(rule), (rule.doc or "").strip(), "## Examples"]
    every = tuple(every)
    return "\n\n".join([*parts, *(_case(case, findings(rule, case, every)) for case in rule.cases)]) + "\n"


def index(rules: Iterable[Rule]) -> str:
    """Every rule by category and severity, with the way to its page: ``pipeline/rules/README.md``."""
    rules = sorted(rules, key=lambda rule: (rule.category, -rule.severity, rule.id))
    lines = [
        "# Risk rules",
        "",
        f"{_MARK} Each name leads to the rule's page in [docs/rules]({_PAGES}), with examples;",
        "`pipeline rules explain ID` prints everything, with the manifests of every example.",
        f"{counted(len(rules), 'rule')}. How to add one: [CONTRIBUTING.md](../../CONTRIBUTING.md).",
    ]
    for category, own in groupby(rules, key=lambda rule: rule.category):
        lines += ["", f"## [{category}]({_PAGES}/{category}.md)", ""]
        for severity, alike in groupby(own, key=lambda rule: rule.severity):
            lines.append(f"* {severity.label}: {', '.join(f'[{r.id}]({_PAGES}/{category}.md#{r.id})' for r in alike)}")
    return "\n".join(lines) + "\n"


def chapter(category: str, rules: Iterable[Rule]) -> str:
    """The rules of one category, each with its docstring and two examples as a terminal shows them."""
    every = tuple(rules)
    own = sorted((rule for rule in every if rule.category == category), key=lambda rule: rule.id)
    rows = (f"| [{rule.id}](#{rule.id}) | {rule.severity.label} | {_cell(summary(rule))} |" for rule in own)
    overview = "\n".join(["| Rule | Severity | Reports |", "|---|---|---|", *rows])
    head = [f"# Risk rules: {category}", f"{_MARK} [All rules](../../pipeline/rules/README.md).", overview]
    return "\n\n".join([*head, *(part for rule in own for part in _section(rule, every))]) + "\n"


def _section(rule: Rule, every: tuple[Rule, ...]) -> Iterator[str]:
    yield f"## {rule.id}"
    yield _facts(rule)
    yield (rule.doc or "").strip().replace("\n## ", "\n### ")
    yield "### Examples"
    spoken = [(case, reported) for case in rule.cases if (reported := findings(rule, case, every))]
    for case, reported in spoken[:_EXAMPLES]:
        yield f"{case.title[:1].upper()}{case.title[1:]}:\n\n```text\n{_shown(reported)}\n```"


def _facts(rule: Rule) -> str:
    needs = f" · needs: {', '.join(rule.needs)}" if rule.needs else ""
    told = "".join(
        f"\n\nOption `{option.name}`, by default {_stated(option.default)}: {option.doc}" for option in rule.options
    )
    return f"`{rule.category} · {rule.severity.label} · {rule.confidence}{needs}`{told}"


def _stated(value: object) -> str:
    return f"`{value}`" if value else "none"


def _shown(reported: Iterable[Finding]) -> str:
    return "\n\n".join(
        f"Counted as explained, and not shown: {finding.title}"
        if finding.severity is Severity.OFF
        else one_finding(entry(finding), _LOOK)
        for finding in reported
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def summary(rule: Rule) -> str:
    """The first paragraph of the rule's docstring, on one line."""
    return " ".join((rule.doc or "").strip().split("\n\n")[0].split())


def listing(rules: Iterable[Rule]) -> str:
    """One line per rule, in columns: id, category, severity, summary."""
    rules = tuple(rules)
    width = max((len(rule.id) for rule in rules), default=0)
    kind = max((len(rule.category) for rule in rules), default=0)
    return "".join(f"{r.id:{width}}  {r.category:{kind}}  {r.severity.label:7}  {summary(r)}\n" for r in rules)


def to_data(rule: Rule) -> dict[str, Any]:
    """The rule as JSON values, for other programs."""
    return {
        "id": rule.id,
        "category": rule.category,
        "severity": rule.severity.label,
        "confidence": str(rule.confidence),
        "needs": [str(need) for need in rule.needs],
        "options": [{"name": option.name, "default": option.default, "doc": option.doc} for option in rule.options],
        "summary": summary(rule),
        "doc": (rule.doc or "").strip(),
    }


def _case(case: Case, reported: tuple[Finding, ...]) -> str:
    lines = [f"* {case.title}: {'reported' if reported else 'not reported'}"]
    for word, text in (("before", case.before), ("after", case.after)):
        if text.strip():
            lines.append(indent(f"{word}:\n```yaml\n{dedent(text).strip()}\n```", "  "))
    if reported:
        lines.append(indent(f"```text\n{_shown(reported)}\n```", "  "))
    return "\n".join(lines)
