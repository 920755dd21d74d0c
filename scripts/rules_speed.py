"""Prints what all rules cost beyond the comparison itself: by default of 100 releases with 3,840 objects.

usage: python -m scripts.rules_speed OLD.tgz NEW.tgz [CHANGED]: CHANGED of the releases upgrade (all of them), and the
others stay. Seconds of processor time of one core; the last column is the ratio to the comparison.
"""

import subprocess
import sys
import time
from dataclasses import replace

from pipeline import rules
from pipeline.core.judge.build_report import Targets, build
from pipeline.core.judge.snapshot import ReleaseKey, ReleaseSide, Snapshot
from pipeline.core.kube.resource import CRD_KIND, ManifestSet, Resource
from pipeline.core.render.manifests import parse
from pipeline.core.risk.rule import Rule
from pipeline.core.risk.upgrade import Side

RELEASES, OBJECTS = 100, 3_840


def main(old: str, new: str, changed: int = RELEASES) -> None:
    before, after = (_objects(chart) for chart in (old, new))
    sides = [_snapshot(before, before, 0), _snapshot(before, after, changed)]
    every = tuple(rules.load())
    compared = min(_seconds(sides, ()) for _ in range(2))
    judged = min(_seconds(sides, every) for _ in range(2))
    count = sum(len(side.side.manifests.resources) for side in sides[1].releases.values())
    print(f"{RELEASES} releases, {count:,} objects, {changed} upgrade, {len(every)} rules")
    print(f"compared   {compared:6.2f} s   1.00x")
    print(f"judged     {judged:6.2f} s   {judged / compared:.2f}x   rules alone {judged - compared:.2f} s")


def _objects(chart: str) -> list[Resource]:
    command = ["helm", "template", "web", chart, "-n", "shop", "--kube-version", "1.35.0"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = [one for one in parse(text, namespace="shop", release="web").resources if one.kind != CRD_KIND]
    return found[: OBJECTS // RELEASES]


def _snapshot(before: list[Resource], after: list[Resource], changed: int) -> Snapshot:
    releases = {}
    for number in range(RELEASES):
        namespace = f"shop-{number}"
        chosen = after if number < changed else before
        moved = ManifestSet.of([_in(one, namespace) for one in chosen])
        releases[ReleaseKey("prod", f"web-{number}")] = ReleaseSide(namespace, Side(moved))
    return Snapshot("speed", releases)


def _in(resource: Resource, namespace: str) -> Resource:
    """The object in a namespace of its own; one of the cluster has a name of its own."""
    metadata = dict(resource.body["metadata"])
    if resource.id.namespace:
        metadata["namespace"] = namespace
        named = replace(resource.id, namespace=namespace)
    else:
        metadata["name"] = f"{namespace}-{resource.id.name}"
        named = replace(resource.id, name=metadata["name"])
    return replace(resource, id=named, body={**resource.body, "metadata": metadata})


def _seconds(sides: list[Snapshot], every: tuple[Rule, ...]) -> float:
    start = time.process_time()
    build(sides[0], sides[1], every, Targets({"prod": "1.35.0"}))
    return time.process_time() - start


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
