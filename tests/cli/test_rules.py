"""``pipeline rules`` lists and explains what the rule files themselves say."""

import json

import pytest
from click.testing import CliRunner

from pipeline.cli import run
from pipeline.cli.rules import command
from scripts import rulebook

INDEX = "pipeline/rules/README.md"

HELP = ["-h", "--help"]  # click keeps the names of the first run


def test_list_names_every_rule_once() -> None:
    done = CliRunner().invoke(command, ["list", "-o", "json"], help_option_names=HELP)
    ids = [rule["id"] for rule in json.loads(done.stdout)]
    assert done.exit_code == 0
    assert "crd-removed" in ids
    assert ids == sorted(set(ids))


def test_explain_shows_doc_and_cases() -> None:
    done = CliRunner().invoke(command, ["explain", "crd-removed"], help_option_names=HELP)
    assert "## What to do" in done.stdout
    assert "the chart stops shipping a CRD: reported" in done.stdout


def test_the_rules_that_report_a_path_are_found() -> None:
    def found(path: str) -> list[str]:
        done = CliRunner().invoke(command, ["list", "--path", path], help_option_names=HELP)
        return [line.split()[0] for line in done.stdout.splitlines()]

    assert {"overlay-noop", "replicas-changed"} <= {*found("Deployment spec.replicas")}
    image = "spec.template.spec.containers[].image"
    assert {"image-changed", "stateful-image-major"} <= {*found(image)}
    assert "stateful-image-major" not in found(f"Ingress {image}")
    assert "service-port-removed" in found("Service spec.ports[port=80,protocol=TCP].nodePort")
    assert found("nothing.of.the.kind") == []
    assert found("Deployment spec.replics") == []


def test_a_rule_is_found_by_a_path_that_none_of_its_examples_changes() -> None:
    def found(path: str) -> set[str]:
        done = CliRunner().invoke(command, ["list", "--path", path], help_option_names=HELP)
        return {line.split()[0] for line in done.stdout.splitlines()}

    assert found("Deployment spec.paused") == {"rollout-strategy-changed"}
    assert found("Deployment spec.progressDeadlineSeconds") == {"rollout-strategy-changed"}
    assert "autoscaling-changed" in found("HorizontalPodAutoscaler spec.behavior.scaleDown.stabilizationWindowSeconds")
    assert "rollout-strategy-changed" in found("spec.paused")
    assert "labels-changed" in found('ConfigMap metadata.labels["a.b/c"]')


def test_a_misspelt_rule_is_met_with_its_neighbours() -> None:
    done = CliRunner().invoke(command, ["explain", "crd-remove"], help_option_names=HELP)
    assert "did you mean crd-removed" in str(done.exception)


def test_the_rulebook_is_up_to_date() -> None:
    files = rulebook.files()
    for name, text in files.items():
        assert (rulebook.ROOT / name).read_text(encoding="utf-8") == text, "python -m scripts.rulebook writes it again"
    assert {f"docs/rules/{path.name}" for path in (rulebook.ROOT / "docs/rules").iterdir()} == {*files} - {INDEX}
    assert len(files[INDEX].splitlines()) <= 250


@pytest.mark.parametrize("verb", ["", "rules", "ci", "vendor"])
def test_no_line_of_a_list_of_verbs_is_cut(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*verb.split(), "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.endswith("...") and not line.startswith("Usage:")] == []
