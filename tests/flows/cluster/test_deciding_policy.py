"""The protected branch's ``apply:`` section decides, or that of the branch that it names."""

from collections.abc import Iterable, Mapping

import pytest

from pipeline.core.errors import RefusedError, UsageError
from pipeline.flows.cluster.deciding_policy import deciding_policy

CONFIG = "releases: [{{name: a, chart: ./a, namespace: a}}]\napply: {{approvals: {}}}\n"


class FakeTree:
    def __init__(self, text: str) -> None:
        self.text = text

    def ids(self, prefix: str) -> Mapping[str, str]:
        raise AssertionError(prefix)

    def paths(self, prefix: str) -> Iterable[str]:
        raise AssertionError(prefix)

    def read(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        return {path: self.text.encode() for path in paths if self.text}


class FakeBranches:
    def __init__(self, default: str, **texts: str) -> None:
        self.default, self.texts = default, texts

    def protected(self) -> str:
        return self.default

    def tree(self, reference: str) -> FakeTree:
        if reference not in self.texts:
            raise UsageError(f"there is no {reference}")
        return FakeTree(self.texts[reference])


def test_the_default_branch_decides_and_not_the_one_that_is_checked_out() -> None:
    branches = FakeBranches("main", main=CONFIG.format("{required: 2}"), topic=CONFIG.format("{required: 1}"))
    found = deciding_policy(branches, "default")
    assert found is not None
    assert (found.source, found.policy.approvals.required) == ("main", 2)


def test_a_branch_that_it_names_decides_in_its_place() -> None:
    named = CONFIG.format("{required: 3}")
    found = deciding_policy(FakeBranches("main", main=CONFIG.format("{signersRef: guarded}"), guarded=named), "default")
    assert found is not None
    assert (found.source, found.policy.approvals.required) == ("guarded", 3)


def test_nothing_decides_where_nothing_is_protected_yet() -> None:
    assert deciding_policy(FakeBranches(""), "default") is None
    assert deciding_policy(FakeBranches("main", main=""), "default") is None


@pytest.mark.parametrize("texts", [{"main": "releases: 3"}, {"main": CONFIG.format("{signersRef: gone}")}])
def test_what_cannot_be_read_forbids(texts: dict[str, str]) -> None:
    with pytest.raises(RefusedError):
        deciding_policy(FakeBranches("main", **texts), "default")
