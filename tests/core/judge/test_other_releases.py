"""What the others render is what putting them together says, whoever shares an object with whom."""

import random

from pipeline.core.judge.other_releases import OtherReleases, unchanged_environments
from pipeline.core.judge.report import RenderFailure
from pipeline.core.judge.snapshot import ReleaseKey, ReleaseSide, Snapshot
from pipeline.core.kube.resource import ManifestSet, Resource
from pipeline.core.risk.upgrade import Side


def resource(name: str, number: int) -> Resource:
    named = {"generateName": name} if name.startswith("made-") else {"name": name}
    return Resource.of({"apiVersion": "v1", "kind": "ConfigMap", "metadata": named, "data": {"n": str(number)}})


def snapshot(rng: random.Random, names: list[str]) -> Snapshot:
    sides = {}
    for number in range(rng.randrange(5)):
        key = ReleaseKey(rng.choice(["prod", "test"]), f"r{number}")
        made = ManifestSet.of(resource(rng.choice(names), number) for _ in range(rng.randrange(6)))
        sides[key] = ReleaseSide("", Side(made))
    return Snapshot("x", sides)


def expected(of: Snapshot, key: ReleaseKey) -> ManifestSet:
    others = [
        side.side.manifests
        for other, side in of.releases.items()
        if other.environment == key.environment and other != key
    ]
    return ManifestSet.of(one for manifests in others for one in manifests.resources)


def test_the_others_are_those_of_manifest_set() -> None:
    rng = random.Random(1)
    for names in (["a", "b", "c", "d"], [f"n{number}" for number in range(40)], ["a", "made-", "b"]):
        for _ in range(60):
            side = snapshot(rng, names)
            others = OtherReleases(side)
            for key in (*side.releases, ReleaseKey("prod", "gone"), ReleaseKey("nowhere", "x")):
                wanted = expected(side, key)
                found = others.manifests(key)
                assert found is not None
                assert (found.resources, found.duplicates) == (wanted.resources, wanted.duplicates)
                assert found.identities == wanted.identities
                kinds = OtherReleases(side).manifests(key) or ManifestSet()
                assert list(kinds.of_kind("ConfigMap")) == list(wanted.resources)
                assert not list(kinds.of_kind("Secret"))
                some = {rid for rid in wanted.by_id() if rng.random() < 0.5}
                assert list(kinds.picked(some)) == list(wanted.picked(some))
                assert others.ids(key) == frozenset(wanted.by_id())


def test_without_a_repository_nothing_is_known() -> None:
    others = OtherReleases(Snapshot("x", {ReleaseKey("", "a"): ReleaseSide("", Side(ManifestSet()))}))
    assert others.manifests(ReleaseKey("", "a")) is None
    assert others.ids(ReleaseKey("", "a")) == frozenset()


def test_an_environment_is_unchanged_where_all_objects_are_the_same_to_the_letter() -> None:
    def of(prod: object, test: object) -> Snapshot:
        sides = {}
        for environment, value in (("prod", prod), ("test", test)):
            body = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"x": value}}
            sides[ReleaseKey(environment, "r")] = ReleaseSide("", Side(ManifestSet.of([Resource.of(body)])))
        return Snapshot("x", sides)

    assert unchanged_environments(of(1, 2), of(1, 2)) == {"prod", "test"}
    assert unchanged_environments(of(1, 2), of(1, 3)) == {"prod"}
    assert unchanged_environments(of(1, 1), of(True, 1.0)) == frozenset()
    less = Snapshot("x", {key: side for key, side in of(1, 2).releases.items() if key.environment == "prod"})
    assert unchanged_environments(of(1, 2), less) == {"prod"}
    assert unchanged_environments(less, of(1, 2)) == {"prod"}
    failed = RenderFailure("r", "x 1", "", 0, "no")
    broken = Snapshot("x", of(1, 2).releases, {ReleaseKey("prod", "other"): failed})
    assert unchanged_environments(of(1, 2), broken) == {"test"}
