"""The version that each release moves to, and what is committed together."""

import pytest

from pipeline.core.judge.report import Verdict
from pipeline.core.upgrade.judged import JudgedPath, JudgedVersion, farthest
from pipeline.core.upgrade.newer import NewerVersion, Standing
from pipeline.core.upgrade.targets import Target
from pipeline.core.upgrade.version_moves import VersionMove, batches, branch_name, moves

ROWS = {
    "vault": Standing("vault", ("prod",), "x/vault", "1.0.0", newest=NewerVersion("1.2.0")),
    "web": Standing("web", ("prod",), "x/web", "2.0.0"),
    "young": Standing("young", ("prod",), "x/young", "2.0.0", young=2),
    "own": Standing("own", ("prod",), "./charts/own", "0.1.0"),
    "git": Standing("git", ("prod",), "git+https://git.example.org/r//c?ref=v1", "0.1.0"),
    "lost": Standing("lost", ("prod",), "x/lost", "", problem="not vendored; run pipeline vendor"),
}


def test_the_newest_is_taken_and_a_named_version_as_it_is() -> None:
    found = moves([Target("vault"), Target("web", "1.9.0"), Target("lost", "3.0.0", "all")], ROWS.values())
    assert [str(move) for move in found.moves] == ["vault 1.0.0 -> 1.2.0", "web 2.0.0 -> 1.9.0", "lost  -> 3.0.0"]
    assert found.stays == {}


@pytest.mark.parametrize(
    ("target", "why"),
    [
        (Target("web"), "there is no version after 2.0.0"),
        (Target("web", "2.0.0"), "it runs 2.0.0 already"),
        (Target("young"), "there is no version after 2.0.0 that is old enough (--cooldown; 2 too young)"),
        (Target("own"), "its chart lies in this repository"),
        (Target("git"), "its source has one version; name another ref or URL in pipeline.yaml"),
        (Target("lost"), "not vendored; run pipeline vendor"),
    ],
)
def test_what_stays_says_why(target: Target, why: str) -> None:
    assert dict(moves([target], ROWS.values()).stays) == {target.release: why}


def test_a_group_is_one_batch_and_names_the_branch() -> None:
    mesh = [VersionMove("base", "1.0.0", "1.1.0+b", "mesh"), VersionMove("istiod", "1.0.0", "1.1.0+b", "mesh")]
    vault = VersionMove("vault", "1.0.0", "1.2.0")
    assert batches([mesh[0], vault, mesh[1]]) == (tuple(mesh), (vault,))
    assert branch_name(mesh) == "upgrade/mesh-1.1.0_b"
    assert branch_name([vault]) == "upgrade/vault-1.2.0"
    assert branch_name([*mesh, vault]) == "upgrade/3-releases"


def test_how_far_one_can_go() -> None:
    blocked, review, safe = (
        JudgedVersion(f"{n}.0.0", v) for n, v in ((3, Verdict.BLOCKED), (2, Verdict.REVIEW), (1, Verdict.SAFE))
    )
    assert farthest([blocked, review, safe]) is review
    assert farthest([blocked, JudgedVersion("4.0.0", Verdict.FAILED)]) is None
    assert str(review) == "2.0.0 review"
    assert JudgedPath("a", "1", "2", (review,)).is_open
    assert not JudgedPath("a", "1", "2", (review, blocked)).is_open
    assert not JudgedPath("a", "1", "2", ()).is_open


BOTH = [
    Standing("web", ("test", "staging"), "x/web", "1.0.0", newest=NewerVersion("2.0.0")),
    Standing("web", ("prod",), "x/web", "0.9.0", newest=NewerVersion("2.0.0"), own_pin="prod/web"),
]


@pytest.mark.parametrize(
    ("environments", "moved"),
    [
        ((), ["web 1.0.0 -> 2.0.0", "prod/web 0.9.0 -> 2.0.0"]),
        (("prod",), ["prod/web 0.9.0 -> 2.0.0"]),
        (("test",), ["test/web 1.0.0 -> 2.0.0"]),
        (("staging", "test"), ["web 1.0.0 -> 2.0.0"]),
    ],
)
def test_an_environment_moves_alone_where_only_it_is_asked_for(environments: tuple[str, ...], moved: list[str]) -> None:
    assert [str(move) for move in moves([Target("web")], BOTH, environments).moves] == moved


def test_a_release_that_does_not_run_there_stays() -> None:
    found = moves([Target("web")], BOTH[1:], ("test",))
    assert (found.moves, found.stays) == ((), {"web": "it does not run in test"})
    assert branch_name(moves([Target("web")], BOTH, ("prod",)).moves) == "upgrade/web-prod-2.0.0"
