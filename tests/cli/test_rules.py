"""``pipeline rules`` lists and explains what the rule files themselves say."""

import json
from pathlib import Path

from click.testing import CliRunner

from pipeline import rules
from pipeline.cli.rules import command
from pipeline.report.rulebook import book


def test_list_names_every_rule_once() -> None:
    done = CliRunner().invoke(command, ["list", "--format", "json"])
    ids = [rule["id"] for rule in json.loads(done.stdout)]
    assert done.exit_code == 0
    assert "crd-removed" in ids
    assert ids == sorted(set(ids))


def test_explain_shows_doc_and_cases() -> None:
    done = CliRunner().invoke(command, ["explain", "crd-removed"])
    assert "## What to do" in done.stdout
    assert "the chart stops shipping a CRD: blocker" in done.stdout


def test_a_misspelt_rule_is_met_with_its_neighbours() -> None:
    done = CliRunner().invoke(command, ["explain", "crd-remove"])
    assert "did you mean crd-removed" in str(done.exception)


def test_the_rulebook_is_up_to_date() -> None:
    target = Path(rules.__file__).parent / "README.md"
    assert target.read_text(encoding="utf-8") == book(rules.load()), "python -m scripts.rulebook writes it anew"
