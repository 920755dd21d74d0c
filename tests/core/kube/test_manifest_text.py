"""Texts that only look like manifests cost no more than their length."""

import pytest

from pipeline.core.kube.resource import Resource
from pipeline.core.kube.secrets import holds_data_within

LINEAR = {
    "a line data: after another": "kind: Secret\n" + "data:\n" * 100_000,
    "deeper and deeper": "kind: Secret: {\n" + "".join(" " * n + "data:\n" for n in range(1_000)),
    "blank lines": "kind: Secret: {\n" + "\n" * 300_000 + "data:\n" + (" " * 40 + "x\n") * 10_000,
    "braces": "kind: Secret: data\n" + "data: {" * 100_000,
    "kinds": "kind:" * 100_000 + " data secret",
    "documents": "a: {{ x }} b\n" + "---\nkind: Secret\ndata:\n" * 10_000,
    "an anchor that many aliases repeat": 'a: &a "kind: Secret\\ndata: # '
    + "x" * 100_000
    + '"\nb: ['
    + "*a, " * 50_000
    + "]\n",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LINEAR)
def test_a_text_without_a_value_is_read_to_its_end(name: str) -> None:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"m": LINEAR[name]}}
    assert not holds_data_within(Resource.of(body))
