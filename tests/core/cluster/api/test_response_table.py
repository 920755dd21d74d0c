"""Which calls change nothing: those may be sent again whatever became of them."""

import pytest

from pipeline.core.cluster.api.request import Answer, Call
from pipeline.core.cluster.api.response_table import Fate, fate

LOST = Answer(0, text="connection reset", sent=True)
DRY = (("fieldManager", "pipeline"), ("dryRun", "All"))


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (Call("GET", "/api/v1/pods"), Fate.RETRY),
        (Call("PATCH", "/api/v1/namespaces/a/configmaps/b", DRY), Fate.RETRY),
        (Call("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"), Fate.RETRY),
        (Call("PATCH", "/api/v1/namespaces/a/configmaps/b"), Fate.AMBIGUOUS),
        (Call("POST", "/api/v1/namespaces/a/configmaps"), Fate.AMBIGUOUS),
        (Call("DELETE", "/api/v1/namespaces/a/configmaps/b"), Fate.AMBIGUOUS),
    ],
    ids=["read", "dry run", "review", "apply", "create", "delete"],
)
def test_lost_answer_is_only_ambiguous_for_what_may_have_changed_something(call: Call, expected: Fate) -> None:
    assert fate(call, LOST) is expected
