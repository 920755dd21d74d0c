"""Real charts: both engines give the same objects, and what is written holds all that Helm printed.

A sample by default; every archive with its defaults and as truth.yaml says where ``PIPELINE_PARITY`` is set, which
takes several minutes.
``python -m scripts.engine_parity`` and ``python -m scripts.faithful`` print what differs.
"""

import os
from pathlib import Path

import pytest

from pipeline.adapters.helm.engines import choose
from pipeline.core.errors import RenderError
from pipeline.core.render.order import RenderOrder
from scripts import engine_parity, faithful
from tests.support.tools import corpus, tool

OTHER_VERSION = frozenset({"istio-1.2.10.tgz"})
"""Where the binary and the library are of different versions: Helm 4.1 and 4.2 take nulls of a parent differently."""
EVERY = 1 if os.environ.get("PIPELINE_PARITY") else 60


@pytest.fixture
def orders(monkeypatch: pytest.MonkeyPatch) -> list[RenderOrder]:
    monkeypatch.setenv("PATH", f"{Path(tool('helm')).parent}:{os.environ['PATH']}")
    return list(dict.fromkeys(engine_parity.orders(corpus())))[::EVERY]


@pytest.mark.slow
def test_both_engines_give_the_same_objects(orders: list[RenderOrder]) -> None:
    cli, embedded = choose("cli", ""), choose("embedded", "")
    answers = zip(orders, cli.render_all(orders), cli.render_all(orders), embedded.render_all(orders), strict=True)
    unlike = set()
    for order, *several in answers:
        first, again, other = (engine_parity.canonical(order, answer) for answer in several)
        random = engine_parity.differences(first, again)
        if set(engine_parity.differences(first, other)) - set(random):
            unlike.add(Path(order.chart).name)
    assert unlike - (frozenset() if cli.version == embedded.version else OTHER_VERSION) == set()


@pytest.mark.slow
def test_what_is_written_holds_all_that_helm_printed(orders: list[RenderOrder]) -> None:
    for order, answer in zip(orders, choose("auto", "").render_all(orders), strict=True):
        if not isinstance(answer, RenderError):
            assert list(faithful.differences(order, answer.text)) == []
