"""A rule as a page of text: what the docs show and what ``pipeline rules explain`` prints are the same."""

from collections.abc import Iterable
from textwrap import dedent, indent
from typing import Any

from pipeline.core.risk.rule import Case, Rule


def page(rule: Rule) -> str:
    """The rule's Markdown page: title, facts, its docstring, and each case as an example."""
    facts = f"{rule.category} · {rule.severity.label} · {rule.confidence}"
    needs = f" · needs: {', '.join(rule.needs)}" if rule.needs else ""
    parts = [f"# {rule.id}", f"`{facts}{needs}`", (rule.doc or "").strip(), "## Examples"]
    return "\n\n".join([*parts, *(_example(case) for case in rule.cases)]) + "\n"


def book(rules: Iterable[Rule]) -> str:
    """All rules as one Markdown document: a table by category, then the page of each."""
    rules = sorted(rules, key=lambda rule: (rule.category, rule.id))
    lines = ["# Risk rules", "", "Written by `scripts/rulebook.py` from the rules themselves; do not edit.", ""]
    lines += [f"{len(rules)} rules. `pipeline rules explain ID` prints the same page.", ""]
    lines += ["| Rule | Category | Severity | Confidence | Says |", "|---|---|---|---|---|"]
    lines += [
        f"| [{r.id}](#{r.id}) | {r.category} | {r.severity.label} | {r.confidence} | {_cell(summary(r))} |"
        for r in rules
    ]
    return "\n".join(lines) + "\n\n" + "\n".join(_demoted(page(rule)) for rule in rules)


def _demoted(text: str) -> str:
    """Headings one level lower, so that a page becomes a chapter."""
    return "\n".join(f"#{line}" if line.startswith(("# ", "## ")) else line for line in text.split("\n"))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def summary(rule: Rule) -> str:
    """The first sentence of the rule's docstring, on one line."""
    return " ".join((rule.doc or "").strip().split("\n\n")[0].split())


def listing(rules: Iterable[Rule]) -> str:
    """One line a rule, in columns: id, category, severity, summary."""
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
        "summary": summary(rule),
        "doc": (rule.doc or "").strip(),
    }


def _example(case: Case) -> str:
    said = [f"{severity} at `{path or 'the object itself'}`" for severity, path in case.expect]
    lines = [f"* {case.title}: {', '.join(said) if said else 'quiet'}"]
    for word, text in (("before", case.before), ("after", case.after)):
        if text.strip():
            lines.append(indent(f"{word}:\n```yaml\n{dedent(text).strip()}\n```", "  "))
    return "\n".join(lines)
