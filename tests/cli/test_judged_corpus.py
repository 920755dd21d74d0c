"""Real charts: verdicts of all their versions, the way over them, and what a newer Kubernetes refuses of them.

A sample; ``python -m scripts.judge_corpus`` and ``python -m scripts.kube_corpus`` try the others.
"""

import pytest

from scripts import judge_corpus, kube_corpus
from tests.support.tools import corpus

pytestmark = pytest.mark.slow


def test_every_version_is_judged_as_alone_and_no_other_way_has_fewer_blockers() -> None:
    assert list(judge_corpus.disagreements(corpus() / "charts", "metrics-server")) == []


@pytest.mark.parametrize("archive", ["vault-0.4.0.tgz", "prometheus-node-exporter-3.4.0.tgz", "traefik-35.0.0.tgz"])
def test_what_a_newer_kubernetes_refuses_is_what_its_server_refuses(archive: str) -> None:
    expected = kube_corpus.refused(corpus())
    assert list(kube_corpus.disagreements(corpus(), archive, expected[archive])) == []
