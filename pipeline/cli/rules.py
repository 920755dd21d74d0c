"""``pipeline rules``: lists every risk rule, and explains what each one means."""

import difflib

import click

from pipeline.core.errors import UsageError


@click.group(short_help="List the risk rules, or explain one.")
def command() -> None:
    """List the risk rules, or explain one."""


@command.command("list", short_help="List the rules, or those that report a path.")
@click.option("--category", help="Only rules of this category.")
@click.option("-o", "--output", type=click.Choice(["terminal", "json"]), default="terminal", help="Output format.")
@click.option("--path", metavar="[KIND] PATH", help="Only rules that report a change of this path.")
def list_rules(category: str | None, output: str, path: str | None) -> None:
    """List every rule: id, category, severity and what it reports."""
    from pipeline import rules
    from pipeline.report import rulebook
    from pipeline.report.rule_paths import reporting

    chosen = [rule for rule in rules.load() if category in (None, rule.category)]
    if path is not None and chosen:
        chosen = [rule for rule in reporting(rules.load(), path) if rule in chosen]
        if not chosen:
            hint = "check the spelling; a path that no rule reports is counted as unexplained"
            raise UsageError(f"no rule reports {path!r}", hint=hint)
    if not chosen:
        known = ", ".join(sorted({rule.category for rule in rules.load()}))
        raise UsageError(f"no rule has the category {category!r}", hint=f"one of {known}")
    if output == "json":
        from pipeline.cli.support.json_output import print_json

        print_json([rulebook.to_data(rule) for rule in chosen])
    else:
        click.echo(rulebook.listing(chosen), nl=False)


@command.command(short_help="Explain a rule, with examples.")
@click.argument("rule_id", metavar="ID")
@click.option("-o", "--output", type=click.Choice(["terminal", "json"]), default="terminal", help="Output format.")
def explain(rule_id: str, output: str) -> None:
    """Explain rule ID: what it reports, why it matters, what to do, with examples."""
    from pipeline import rules
    from pipeline.report import rulebook

    known = {rule.id: rule for rule in rules.load()}
    if rule_id not in known:
        near = difflib.get_close_matches(rule_id, known, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "pipeline rules list shows them all"
        raise UsageError(f"there is no rule {rule_id!r}", hint=hint)
    if output == "json":
        from pipeline.cli.support.json_output import print_json

        print_json(rulebook.to_data(known[rule_id]))
    else:
        click.echo(rulebook.page(known[rule_id], known.values()), nl=False)
