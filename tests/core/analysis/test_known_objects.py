"""What is looked up by kind and name is what walking all objects finds."""

import random

from pipeline.core.analysis.known_objects import known_objects
from pipeline.core.analysis.selection import around
from pipeline.core.diff.change import Diff
from pipeline.core.kube.resource import ManifestSet, Resource
from pipeline.core.risk.upgrade import Facts, Side, Upgrade

KINDS = ("Service", "ConfigMap", "Secret")


def manifests(rng: random.Random) -> ManifestSet:
    return ManifestSet.of(
        Resource.of(
            {
                "apiVersion": rng.choice(("v1", "example.org/v1")),
                "kind": rng.choice(KINDS),
                "metadata": {"name": rng.choice("abcd"), "namespace": rng.choice(("x", "y"))},
                "data": {"n": str(rng.random())},
            }
        )
        for _ in range(rng.randrange(8))
    )


def upgrade(rng: random.Random) -> Upgrade:
    others = [manifests(rng) if rng.random() < 0.8 else None for _ in range(2)]
    facts = Facts(repository_before=others[0], repository_after=others[1])
    return Upgrade("web", "x", Side(manifests(rng)), Side(manifests(rng)), Diff(), facts)


def test_the_same_objects_are_found_as_by_walking_all() -> None:
    rng = random.Random(3)
    for _ in range(200):
        made = upgrade(rng)
        wanted = {one.id for side in around(upgrade(rng)) for one in side}
        for known, walked in zip(known_objects(made), around(made), strict=True):
            for kind in KINDS:
                assert list(known.of_kinds(kind)) == [one for one in walked if one.kind == kind]
            assert known.among(wanted) == {one.id: one for one in walked if one.id in wanted}
            assert known.among(()) == {}
