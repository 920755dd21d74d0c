"""The custom managers for Renovate in docs/upgrades.md, as regular expressions, on every shape of pipeline.yaml."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.config.read import read
from pipeline.core.config.version_edit import with_versions

DOC = (Path(__file__).parents[3] / "docs" / "upgrades.md").read_text(encoding="utf-8")
MANAGERS = json.loads(re.findall(r"```json\n(.*?)```", DOC, re.DOTALL)[0])["customManagers"]
FILE = """# what runs
repositories:
  hashicorp: {url: 'https://helm.releases.hashicorp.com'}
  other: {url: 'https://charts.example.org'}
environments: {staging: {kubeVersion: 1.34.0}, prod: {}}
releases:
RELEASES
groups: {all: [r0]}
helm: {version: '>=3.17'}
"""


def found(manager: dict[str, Any], text: str) -> Iterator[tuple[str, str, tuple[int, int]]]:
    """As Renovate's strategy ``recursive`` does: each expression within what the one before matched."""
    outer, inner = (re.compile(one.replace("(?<", "(?P<")) for one in manager["matchStrings"])
    for block in outer.finditer(text):
        for match in inner.finditer(block[0]):
            start = block.start() + match.start("currentValue")
            yield block["depName"], match["currentValue"], (start, start + len(match["currentValue"]))


def said(text: str, prefix: str) -> list[tuple[str, str]]:
    """Each version that pipeline.yaml states for charts that begin so."""
    rows = []
    for release in read(text).releases:
        if release.chart.startswith(prefix):
            versions = [release.version, *(own.version for own in release.own.values())]
            rows += [(release.chart.removeprefix(prefix), version) for version in versions if version]
    return sorted(rows)


CHARTS = ("hashicorp/vault", "other/vault", "oci://ghcr.io/org/charts/vault", "./charts/vault", "hashicorp/consul")


@st.composite
def releases(draw: st.DrawFn) -> str:
    lines = []
    for number in range(draw(st.integers(1, 4))):
        chart, quote = draw(st.sampled_from(CHARTS)), draw(st.sampled_from(["", "'", '"']))
        version = f"{quote}{draw(st.sampled_from(['1.2.3', '0.27.0', 'v1.0.0-rc.1', '^1.2', '1.2.3+b4']))}{quote}"
        keys = [f"chart: {quote}{chart}{quote}", "namespace: a", *draw(st.sampled_from([[], [f"version: {version}"]]))]
        keys = draw(st.permutations(keys))
        own = f"{{staging: {{version: {quote}2.0.0{quote}}}, prod: {{}}}}"
        if draw(st.booleans()):
            some = draw(st.sampled_from([[], [f"environments: {own}"]]))
            lines.append(f"  - {{{', '.join([f'name: r{number}', *keys, *some])}}}")
            continue
        if draw(st.booleans()):
            keys += [f"environments:\n      staging:\n        version: {quote}2.0.0{quote}  # first\n      prod:"]
        if draw(st.booleans()):
            keys.insert(1, "# version: 9.9.9 was bad" if draw(st.booleans()) else "releaseName: r")
        rows = (
            "\n    ".join([*keys, *draw(st.sampled_from([[], ["needs:\n      - r0"]]))])
            if number
            else "\n    ".join(keys)
        )
        lines.append(f"  - name: r{number}{draw(st.sampled_from(['', '  # ours']))}\n    {rows}")
    return "\n".join(lines)


@given(releases(), st.sampled_from(["\n", "\r\n"]))
def test_they_find_every_version_and_nothing_else(made: str, end: str) -> None:
    text = FILE.replace("RELEASES", made).replace("# version: 9.9.9 was bad", "# 9.9.9 was bad").replace("\n", end)
    for manager, prefix in zip(MANAGERS, ("hashicorp/", "oci://"), strict=True):
        assert sorted((name, version) for name, version, _ in found(manager, text)) == said(text, prefix)


def test_what_they_replace_is_what_an_upgrade_edits() -> None:
    text = FILE.replace("RELEASES", "  - {name: r0, chart: hashicorp/vault, version: '0.27.0', namespace: a}  # ours")
    ((_, _, (start, end)),) = found(MANAGERS[0], text)
    assert text[:start] + "0.28.0" + text[end:] == with_versions(text, {"r0": "0.28.0"})[0]


@pytest.mark.parametrize("manager", MANAGERS, ids=lambda manager: str(manager["description"]))
def test_they_are_in_the_dialect_that_renovate_runs(manager: dict[str, Any]) -> None:
    """RE2: no look-around, no reference back; and the fields that Renovate asks for."""
    for one in manager["matchStrings"]:
        assert not re.search(r"\(\?(?:[=!]|<[=!])|\\[1-9]", one)
    assert {"customType", "managerFilePatterns", "matchStrings", "datasourceTemplate"} <= manager.keys()
    (pattern,) = manager["managerFilePatterns"]
    assert re.search(pattern.strip("/"), "platform/pipeline.yaml")
    assert not re.search(pattern.strip("/"), "pipeline.yaml.example")
