"""Who counts towards a plan's approval, and who does not: every rule by itself, and all of them in any order."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.cluster.api.timestamps import seconds_of, written
from pipeline.core.cluster.approval.approval import from_bytes, to_bytes
from pipeline.core.cluster.approval.decide import Checked, TooFewError, decide
from pipeline.core.cluster.plan.plan import Plan
from pipeline.core.cluster.plan.policy import Approvals
from pipeline.core.errors import RefusedError, UsageError
from tests.support.plans import HOUR, NOW, checked, digest_of, plan, yes

SIGNED = Approvals(signers="signers")
TWO = Approvals(signers="signers", required=2)


def verdict(made: Plan, *approvals: Checked, now: float = NOW) -> str:
    """Who approved, or why not, without the first line."""
    try:
        return ", ".join(item.approver for item in decide(made, digest_of(made), approvals, now))
    except RefusedError as error:
        return error.message.removeprefix(f"the plan {digest_of(made)} is not approved:\n")


def test_one_approval_by_another_is_enough_by_default() -> None:
    assert verdict(plan(SIGNED), checked(plan(SIGNED))) == "bob@example.org"


def test_nobody_at_all_is_not_enough() -> None:
    assert verdict(plan(SIGNED)) == "  - 0 of 1 approvals"


@pytest.mark.parametrize(
    ("policy", "approval", "reason"),
    [
        (SIGNED, {"plan": "sha256:other"}, "it is for another plan"),
        (SIGNED, {"expires": written(NOW)}, f"it expired at {written(NOW)}"),
        (SIGNED, {"time": written(NOW + HOUR)}, f"it is from the future ({written(NOW + HOUR)})"),
        (SIGNED, {"time": written(NOW - HOUR)}, f"it is older than the plan ({written(NOW - HOUR)})"),
        (SIGNED, {"time": "yesterday"}, "a time in it cannot be read: Invalid isoformat string: 'yesterday'"),
        (SIGNED, {"approver": "ADA@example.org"}, "the plan's author cannot approve it"),
        (SIGNED, {"approver": "Else <ada@example.org>"}, "the plan's author cannot approve it"),
        (SIGNED, {"method": "interactive"}, "method interactive does not count, only ssh"),
        (Approvals(), {"method": "ssh"}, "method ssh does not count, only interactive, dispatch"),
        (
            Approvals(methods=("dispatch",)),
            {"method": "dispatch", "approver": "ada@example.org"},
            "the plan's author cannot approve it",
        ),
        (
            Approvals(signers="s", approvers=("carol@example.org",)),
            {},
            "'bob@example.org' is not among apply.approvals.approvers",
        ),
        (Approvals(signers="s", max_age_seconds=10), {}, f"it is older than the policy allows ({written(NOW - 30)})"),
    ],
)
def test_what_does_not_count_says_why(policy: Approvals, approval: dict[str, Any], reason: str) -> None:
    made = plan(policy)
    item = checked(made, **approval)
    who, method = item.approval.approver, item.approval.method
    assert verdict(made, item) == f"  - 0 of 1 approvals\n  - the approval by {who!r} ({method}): {reason}"


def test_evidence_that_does_not_hold_is_told() -> None:
    made = plan(SIGNED)
    item = replace(checked(made), void="the signature is not theirs")
    assert verdict(made, item).endswith("the approval by 'bob@example.org' (ssh): the signature is not theirs")


def test_an_expired_plan_is_approved_by_nobody() -> None:
    made = plan(SIGNED, expires=written(NOW - 1))
    assert verdict(made, checked(made)) == f"  - the plan expired at {written(NOW - 1)}: create a new plan"
    made = plan(SIGNED, expires="whenever")
    assert "expired" in verdict(made, checked(made))


def test_the_author_may_where_the_policy_lets_them_or_asks_for_nobody_else() -> None:
    own = plan(Approvals(signers="s", not_author=False))
    assert verdict(own, checked(own, "ada@example.org")) == "ada@example.org"
    alone = plan(Approvals())
    assert verdict(alone, checked(alone, "Ada <ada@example.org>", "interactive")) == "Ada <ada@example.org>"
    assert verdict(alone, checked(alone, "ada@example.org", "dispatch")) == "ada@example.org"


def test_the_author_is_known_by_their_login_and_by_their_key() -> None:
    policy = Approvals(methods=("github-review", "ssh"), signers="s")
    made = plan(policy, author="Ada <12+Ada-L@users.noreply.github.com>")
    assert "author" in verdict(made, checked(made, "ada-l", "github-review"))
    assert "author" in verdict(made, replace(checked(made, "bob@example.org"), by_author=True))


def test_two_of_three() -> None:
    made = plan(TWO)
    bob, carol, ada = (checked(made, f"{name}@example.org") for name in ("bob", "carol", "ada"))
    assert verdict(made, bob, carol, ada) in (
        "bob@example.org, carol@example.org",
        "carol@example.org, bob@example.org",
    )
    assert verdict(made, bob, ada).startswith("  - 1 of 2 approvals\n")


def test_one_person_counts_once_whatever_their_names_and_keys() -> None:
    made = plan(TWO)
    bob = checked(made)
    again = checked(made, "Bob@example.org", time=written(NOW - 20))
    assert verdict(made, bob, bob, again) == "  - 1 of 2 approvals"
    laptop = replace(checked(made, "bob@example.org"), names=frozenset({"key:1"}))
    alias = replace(checked(made, "robert@example.org"), names=frozenset({"key:1"}))
    assert verdict(made, laptop, alias) == "  - 1 of 2 approvals"


def test_a_rejection_stops_it_however_many_approve_and_says_who_and_why() -> None:
    made = plan(TWO)
    no = checked(made, "dan@example.org", decision="reject", reason="not on a\x1b Friday", time=written(NOW - 25))
    assert verdict(made, checked(made), checked(made, "carol@example.org"), no) == (
        f"  - rejected by 'dan@example.org' (ssh) at '{written(NOW - 25)}': 'not on a\\x1b Friday'"
    )


def test_a_rejection_does_not_age_and_may_be_the_authors() -> None:
    made = plan(SIGNED)
    old = checked(made, "ada@example.org", decision="reject", time=written(NOW - 90 * HOUR), expires=written(NOW - 1))
    assert "rejected by 'ada@example.org'" in verdict(made, checked(made), old)


@pytest.mark.parametrize("void", ["bad signature", ""])
def test_a_rejection_by_whom_it_is_none_of_their_business_stops_nothing(void: str) -> None:
    made = plan(SIGNED)
    no = Checked(yes(made, "mallory@example.org", "ssh" if void else "interactive", decision="reject"), void)
    assert verdict(made, checked(made), no) == "bob@example.org"


def test_too_few_is_told_from_a_no() -> None:
    made = plan(SIGNED)
    no = checked(made, decision="reject")
    with pytest.raises(TooFewError):
        decide(made, digest_of(made), [], NOW)
    with pytest.raises(RefusedError) as caught:
        decide(made, digest_of(made), [no], NOW)
    assert not isinstance(caught.value, TooFewError)


def test_with_none_required_only_a_rejection_stops_it() -> None:
    made = plan(Approvals(required=0))
    assert verdict(made) == ""
    assert "rejected" in verdict(made, checked(made, "bob@example.org", "interactive", decision="reject"))


PEOPLE = [f"{name}@example.org" for name in ("ada", "bob", "carol", "dan")]


@st.composite
def ballots(draw: st.DrawFn) -> list[Checked]:
    made = plan(TWO)
    one = st.builds(
        lambda who, decision, key, age, void: Checked(
            yes(made, who, decision=decision, time=written(NOW - age)), void, frozenset({f"key:{key}"})
        ),
        st.sampled_from(PEOPLE),
        st.sampled_from(["approve", "approve", "approve", "reject"]),
        st.integers(0, 4),
        st.sampled_from([30, 20, 8000]),
        st.sampled_from(["", "", "", "void"]),
    )
    return draw(st.lists(one, max_size=6))


@given(ballots(), st.randoms(use_true_random=False), st.data())
def test_neither_order_nor_doubles_make_a_difference(cast: list[Checked], random: Any, data: st.DataObject) -> None:
    doubled = [*cast, *(data.draw(st.lists(st.sampled_from(cast), max_size=4)) if cast else [])]
    random.shuffle(doubled)
    assert verdict(plan(TWO), *doubled) == verdict(plan(TWO), *cast)


@given(ballots(), st.integers(0, 3))
def test_an_approval_more_never_takes_one_away_and_a_void_one_adds_nothing(cast: list[Checked], extra: int) -> None:
    made = plan(TWO)
    before = verdict(made, *cast)
    more = verdict(made, *cast, Checked(yes(made, PEOPLE[extra]), "void"))
    assert before.startswith("  -") == more.startswith("  -")


def test_an_approval_is_written_in_one_way_only() -> None:
    data = to_bytes(yes(plan(SIGNED)))
    assert to_bytes(from_bytes(data, "a.json")) == data
    for other in (data.rstrip(), data + b"\n", data.replace(b":", b": ", 1), b"[]", b"\xff", data[:-2] + b',"x":1}\n'):
        with pytest.raises(UsageError, match=r"a\.json"):
            from_bytes(other, "a.json")
    with pytest.raises(UsageError, match="schema"):
        from_bytes(data.replace(b"approval/v1", b"approval/v2"), "a.json")


def test_times_are_read_as_they_are_written() -> None:
    assert seconds_of(written(NOW)) == NOW
    with pytest.raises(ValueError, match="time zone"):
        seconds_of("2026-11-24T02:00:00")
