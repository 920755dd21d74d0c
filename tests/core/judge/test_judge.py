"""The account of explained paths: claimed, noise, or counted."""

from collections.abc import Iterator

from pipeline.core.diff.change import Action, Diff, FieldChange, Op, ResourceChange
from pipeline.core.judge.judge import judge
from pipeline.core.kube.resource import ManifestSet, Resource
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Need, Rule, at
from pipeline.core.risk.upgrade import Side, Upgrade

BODY = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "shop"}}


def upgrade(*fields: FieldChange) -> Upgrade:
    resource = Resource.of(BODY)
    change = ResourceChange(resource.id, Action.CHANGED, resource, resource, fields)
    side = Side(ManifestSet((resource,)))
    return Upgrade("web", "shop", side, side, Diff((change,)))


def says_data(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    for field in change.under("data"):
        yield Hit(at(change, field), "data changed", "the program may read it", "read it")


def rule(**more: object) -> Rule:
    return Rule(module="x.config.data_changed", doc="", severity=Severity.LOW, each=says_data, cases=(), **more)  # type: ignore[arg-type]


DATA = FieldChange(("data", "a"), Op.CHANGED, "1", "2")
OTHER = FieldChange(("metadata", "annotations", "x"), Op.ADDED, new="1")
NOISE = FieldChange(("metadata", "labels", "helm.sh/chart"), Op.CHANGED, "a-1", "a-2", noise="chart version label")


def test_a_path_is_claimed_or_noise_or_counted() -> None:
    found = judge(upgrade(DATA, OTHER, NOISE), [rule()])
    assert [finding.rule for finding in found.findings] == ["data-changed"]
    assert list(found.unaccounted.values()) == [(1,)]


def test_a_rule_without_its_input_is_listed_and_claims_nothing() -> None:
    found = judge(upgrade(DATA), [rule(needs=(Need.LIVE,))])
    assert [(item.rule, item.needs) for item in found.not_evaluated] == [("data-changed", "live cluster")]
    assert list(found.unaccounted.values()) == [(0,)]


def test_the_fingerprint_survives_rewording_and_names_the_place() -> None:
    one, two = (judge(upgrade(DATA), [rule()]).findings[0] for _ in range(2))
    assert one.fingerprint == two.fingerprint
    assert len(one.fingerprint) == 12
