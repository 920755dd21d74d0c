"""An index names charts and files: each name stays where it belongs, or the error names the index."""

import json
from typing import Any

import pytest

from pipeline.core.errors import StaleError
from pipeline.core.render.rendered_tree import SCHEMA, from_bytes

WHERE = "rendered/.pipeline/prod/web.json"
GOOD: dict[str, Any] = {"schema": SCHEMA, "files": {}, "chart": {"name": "web", "version": "1.0.0"}}


def test_a_good_index_is_read() -> None:
    assert from_bytes(json.dumps(GOOD).encode(), WHERE).inputs.chart == "web"


@pytest.mark.parametrize(
    "change",
    [
        {"chart": {"name": "web", "version": "%s"}},
        {"chart": {"name": "../web", "version": "1.0.0"}},
        {"chart": {"name": "web", "version": ".."}},
        {"values": {"../values.yaml": "sha256:0"}},
        {"values": {"/etc/passwd": "sha256:0"}},
        {"overlay": {".git/config": "sha256:0"}},
        {"files": {"../a.yaml": {"digest": "sha256:0"}}},
        {"hooks": {"../a.yaml": {"digest": "sha256:0"}}},
    ],
)
def test_a_name_that_leads_out_is_told_with_the_index(change: dict[str, Any]) -> None:
    with pytest.raises(StaleError, match=WHERE):
        from_bytes(json.dumps(GOOD | change).encode(), WHERE)
