"""Single changes to a CRD: each is said once, well aimed and as bad as it is, both ways; nothing is left over."""

import copy
import textwrap
from typing import Any

import pytest

from pipeline import rules
from pipeline.core.diff.compare import compare
from pipeline.core.judge.judge import Judgement, judge
from pipeline.core.kube.path import to_text
from pipeline.core.kube.resource import Delivery, ManifestSet
from pipeline.core.render.manifests import parse
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.upgrade import Facts, Side, Upgrade
from pipeline.core.yaml.writer import dump
from tests.support.crd_changes import BASE, CHANGES, Change

RULES = rules.load()
MINE = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: mine, namespace: shop}\nspec: {%s}\n"


def as_object(crd: Any) -> str:
    return dump(crd)


def as_text(crd: Any) -> str:
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: crds, namespace: shop}\ndata:\n  crds.yaml: |\n"
    return head + textwrap.indent(dump(crd), "    ")


def as_hook(crd: Any) -> str:
    body = copy.deepcopy(crd)
    body["metadata"]["annotations"] = {"helm.sh/hook": "pre-upgrade"}
    return dump(body)


def as_crds_folder(crd: Any) -> str:
    return f"# Source: web/crds/widgets.yaml\n{dump(crd)}"


def judged(before: str, after: str, others: ManifestSet | None = None) -> tuple[Upgrade, Judgement]:
    sides = [Side(parse(text, namespace="shop", release="web")) for text in (before, after)]
    diff = compare(sides[0].manifests, sides[1].manifests)
    upgrade = Upgrade("web", "shop", sides[0], sides[1], diff, Facts(repository_after=others))
    return upgrade, judge(upgrade, RULES)


def said(found: Judgement) -> list[str]:
    return sorted(f"{finding.severity.label} {finding.rule.removeprefix('crd-')}" for finding in found.findings)


def wanted(text: str) -> list[str]:
    return sorted(text.split(", ")) if text else []


EACH = pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
BROKEN = [change for change in CHANGES if change.breaks]
FITTING = [change for change in CHANGES if change.fits]


@EACH
@pytest.mark.parametrize("shape", [as_object, as_crds_folder, as_hook])
def test_a_change_is_said_once_and_nothing_is_left_over(change: Change, shape: Any) -> None:
    old, new = shape(BASE), shape(change.apply())
    for before, after, words in ((old, new, change.there), (new, old, change.back)):
        _, found = judged(before, after)
        if words or change.name != "integer to number":
            assert said(found) == wanted(words)
        assert found.unaccounted == {}


@EACH
def test_the_finding_stands_where_the_change_is(change: Change) -> None:
    upgrade, found = judged(as_object(BASE), as_object(change.apply()))
    for finding in found.findings:
        if finding.severity > Severity.INFO and finding.rule != "crd-invalid":
            changed = [field.path for one in upgrade.diff.changes for field in one.fields]
            place = finding.place.path
            assert any(path[: len(place)] == place or place[: len(path)] == path for path in changed), to_text(place)


@EACH
def test_a_crd_that_is_carried_as_text_is_read_alike(change: Change) -> None:
    """Whoever applies the text is refused, and not the apply of the ConfigMap: that is likely, and never blocks."""
    found = judged(as_text(BASE), as_text(change.apply()))[1]
    about = [finding for finding in found.findings if finding.category in ("crd", "immutable")]
    expected = [words.replace("blocker", "high") for words in wanted(change.there) if words != "blocker invalid"]
    assert sorted(f"{f.severity.label} {f.rule.removeprefix('crd-')}" for f in about) == sorted(expected)
    assert found.unaccounted == {}
    for finding in about:
        assert finding.place.resource.kind == "ConfigMap"
        assert finding.severity < Severity.BLOCKER


@pytest.mark.parametrize("change", BROKEN, ids=lambda change: change.name)
def test_a_custom_resource_that_breaks_is_proof(change: Change) -> None:
    mine = "---\n" + MINE % change.breaks
    found = judged(as_object(BASE) + mine, as_object(change.apply()) + mine)[1]
    proofs = [finding for finding in found.findings if finding.rule.startswith("crd-instance-")]
    assert [finding.confidence for finding in proofs] == [Confidence.PROVEN]
    at_once = proofs[0].rule != "crd-instance-invalid-when-edited"
    assert proofs[0].severity is Severity.BLOCKER if at_once else Severity.LOW <= proofs[0].severity < Severity.HIGH
    assert proofs[0].place.resource.name == "mine"


@pytest.mark.parametrize("change", FITTING, ids=lambda change: change.name)
def test_a_custom_resource_that_fits_eases_the_finding(change: Change) -> None:
    mine = "---\n" + MINE % change.fits
    repository = parse("", namespace="shop")
    found = judged(as_object(BASE) + mine, as_object(change.apply()) + mine, repository)[1]
    alone = judged(as_object(BASE), as_object(change.apply()))[1]
    assert [finding.rule for finding in found.findings] == [finding.rule for finding in alone.findings]
    for finding, without in zip(found.findings, alone.findings, strict=True):
        refutable = "default" not in finding.rule and "format" not in finding.rule
        if refutable and without.severity > Severity.LOW and finding.rule.startswith("crd-field-"):
            assert Severity.LOW <= finding.severity < without.severity
            assert "Widget shop/mine fits" in finding.impact
            assert "not known here" in without.evidence[0]
        else:
            assert finding.severity == without.severity


@pytest.mark.parametrize(
    ("before", "severity", "words"),
    [
        (as_object(BASE), "blocker", "Pruning it deletes every custom resource"),
        (as_crds_folder(BASE), "high", "Helm leaves it behind"),
        (as_object(BASE).replace("  name: widgets.example.com\n", "  name: widgets.example.com\n  annotations:\n"
                                 "    helm.sh/resource-policy: keep\n", 1), "high", "annotation keeps it"),
        (as_text(BASE), "high", "Whatever applies this text"),
    ],
    ids=["templates", "crds folder", "kept", "text"],
)  # fmt: skip
def test_how_a_crd_is_delivered_decides_what_its_removal_means(before: str, severity: str, words: str) -> None:
    found = [finding for finding in judged(before, "")[1].findings if finding.rule == "crd-removed"]
    assert [finding.severity.label for finding in found] == [severity]
    assert words in found[0].impact


def test_a_crd_in_the_folder_is_delivered_by_it() -> None:
    crds = ManifestSet.of(parse(as_crds_folder(BASE), namespace="shop").resources).resources
    assert [one.delivery for one in crds] == [Delivery.CRDS_DIR]
