"""What ``istioctl analyze`` says of an object, a rule says there; of what it passes, no rule of the mesh speaks."""

from pathlib import Path

import pytest

from pipeline import rules
from scripts.mesh_analyze import RULES_OF, compare_with_analyze
from tests.support.tools import CORPUS

_FILES = sorted((CORPUS / "mesh-analyze").glob("*.yaml"))
_ROUTE = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: v}
spec: {hosts: [web.example], gateways: [%s], http: [{route: [{destination: {host: web.example}}]}]}
"""


def test_the_corpus_holds_messages() -> None:
    if not CORPUS.is_dir():
        pytest.skip(f"no corpus at {CORPUS} (PIPELINE_CORPUS)")
    assert _FILES


@pytest.mark.parametrize("manifests", _FILES, ids=lambda one: one.stem)
def test_as_analyze_says(manifests: Path) -> None:
    answer = compare_with_analyze(manifests, rules.load())
    assert (answer.missed, answer.invented) == ((), ())


@pytest.mark.parametrize(
    ("messages", "missed", "invented"),
    [
        ('[{"code": "IST0101", "level": "Error", "origin": "VirtualService default/v"}]', (), ()),
        ('[{"code": "IST0101", "level": "Error", "origin": "VirtualService default/w"}]', 1, 1),
        ('[{"code": "IST9999", "level": "Warning", "origin": "VirtualService default/v"}]', 1, ()),
        ('[{"code": "IST9999", "level": "Info", "origin": "VirtualService default/v"}]', (), ()),
        ("[]", (), 1),
    ],
)
def test_it_would_be_told(tmp_path: Path, messages: str, missed: object, invented: object) -> None:
    (tmp_path / "a.json").write_text(messages)
    (tmp_path / "a.yaml").write_text(_ROUTE % "nowhere")
    answer = compare_with_analyze(tmp_path / "a.yaml", rules.load())
    assert (len(answer.missed) or (), len(answer.invented) or ()) == (missed, invented)


def test_each_rule_that_is_named_exists() -> None:
    assert {one for those in RULES_OF.values() for one in those} <= {one.id for one in rules.load()}
