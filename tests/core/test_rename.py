"""What left and what came are paired: by those who name them, by names with generated ends, by likeness."""

import pytest

from pipeline import rules
from pipeline.core.assemble import Targets, build
from pipeline.core.change import Action, ResourceChange
from pipeline.core.compare import compare
from pipeline.core.manifests import parse
from pipeline.core.snapshot import ReleaseKey, ReleaseSide, Snapshot
from pipeline.core.stems import same_stem, stem
from pipeline.core.upgrade import Side

USER = """---
apiVersion: apps/v1
kind: {user}
metadata: {{name: web}}
spec:
  template:
    spec:
      volumes: [{{name: v, {volume}}}]
      containers: [{{name: a, envFrom: [{{configMapRef: {{name: {name}}}}}]}}]
"""
MAP = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{{data}}}\n"


def config(name: str, data: str, volume: str = "", user: str = "Deployment") -> str:
    volume = volume or f"configMap: {{name: {name}}}"
    return MAP.format(name=name, data=data) + USER.format(name=name, volume=volume, user=user)


def changes(before: str, after: str) -> dict[str, ResourceChange]:
    old, new = (parse(text, namespace="shop") for text in (before, after))
    return {f"{change.id.kind} {change.id.name}": change for change in compare(old, new).changes}


def snapshot(text: str) -> Snapshot:
    return Snapshot("", {ReleaseKey("", "web"): ReleaseSide("shop", Side(parse(text, namespace="shop")))})


def test_a_generated_name_is_the_same_object_and_its_users_are_no_news() -> None:
    found = changes(config("web-6ct58987ht", "a: x"), config("web-9hkm2f7ctb", "b: y, c: z"))
    assert [change.action for change in found.values()] == [Action.RENAMED, Action.CHANGED]
    assert {field.noise for field in found["Deployment web"].fields} == {"follows web-6ct58987ht, now web-9hkm2f7ctb"}


def test_another_name_is_paired_by_who_uses_it_and_explained() -> None:
    before, after = config("web-conf", "a: x"), config("web-settings", "b: y")
    assert changes(before, after)["ConfigMap web-settings"].action is Action.RENAMED
    report = build(snapshot(before), snapshot(after), rules.load(), Targets())
    assert report.unaccounted == 0
    (finding,) = [finding for finding in report.findings if finding.rule == "resource-renamed"]
    assert "Deployment" in {place.resource.kind for place in finding.also}


def test_a_split_is_no_rename() -> None:
    before = config("one", "a: x")
    after = config("two", "b: y", volume="configMap: {name: three}") + MAP.format(name="three", data="c: z")
    actions = {name: change.action for name, change in changes(before, after).items()}
    assert actions["ConfigMap one"] is Action.REMOVED
    assert actions["ConfigMap two"] is Action.ADDED


def test_two_generated_names_of_a_stem_are_told_apart_by_likeness_alone() -> None:
    before = MAP.format(name="a-1", data="a: x") + MAP.format(name="a-2", data="b: y")
    assert {c.action for c in changes(before, MAP.format(name="a-3", data="c: z")).values()} == {
        Action.REMOVED,
        Action.ADDED,
    }


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("web-5f0c9a1b", "web-0a1b2c3d", True),
        ("migrate-1-14-0", "migrate-1-15-0", True),
        ("m-v1.2.3-rc1", "m-v1.2.4", True),
        ("web-6ct58987ht", "web-9hkm2f7ctb", True),
        ("x-facade", "x-decade", False),
        ("redis-master", "redis-slave", False),
        ("job", "job-1", False),
        ("node0", "node1", False),
    ],
)
def test_names_of_one_stem(old: str, new: str, same: bool) -> None:  # noqa: FBT001
    assert same_stem(old, new) is same


def test_hostile_names_end() -> None:
    assert stem("a-" + "1-" * 5_000 + "!") == "a-" + "1-" * 5_000 + "!"
