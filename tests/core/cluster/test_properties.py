"""Laws of the pure half of plan and apply: journals, digests, the retry table, inventories, phases."""

import string
from typing import Any

import orjson
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.core.cluster.api.canonical import digest, digest_of
from pipeline.core.cluster.api.request import Answer, Call
from pipeline.core.cluster.api.response_table import (
    LONGEST_RETRY_AFTER_SECONDS,
    LONGEST_WAIT_SECONDS,
    Fate,
    fate,
    wait_seconds,
)
from pipeline.core.cluster.inventory import inventory as inventories
from pipeline.core.cluster.inventory import journal
from pipeline.core.cluster.inventory.inventory import ApplyRun, Inventory, InventoryEntry
from pipeline.core.cluster.plan.phases import Phase, guarded_by, phase_of
from pipeline.core.errors import WorldError
from pipeline.core.kube.resource import Resource, ResourceId

pytestmark = pytest.mark.slow

SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=8)


def written(lines: list[dict[str, Any]]) -> bytes:
    rows: list[bytes] = []
    previous = journal.START
    for number, line in enumerate(lines):
        rows.append(journal.encoded(line, number, previous))
        previous = digest(rows[-1].rstrip(b"\n"))
    return b"".join(rows)


LINES = st.lists(
    st.fixed_dictionaries({"type": st.sampled_from(["run", "intent", "outcome", "end"]), "what": st.text(max_size=8)}),
    min_size=1,
    max_size=6,
)


@given(LINES)
def test_journal_is_read_as_it_was_written(lines: list[dict[str, Any]]) -> None:
    found = journal.read(written(lines), "journal")
    assert [{key: line[key] for key in ("type", "what")} for line in found.lines] == lines
    assert not found.torn


@given(LINES, st.data())
def test_journal_that_was_cut_short_is_read_up_to_its_last_whole_line(
    lines: list[dict[str, Any]], data: st.DataObject
) -> None:
    whole = written(lines)
    end = data.draw(st.integers(0, len(whole)))
    found = journal.read(whole[:end], "journal")
    assert len(found.lines) == whole[:end].count(b"\n")
    assert found.torn == (end > 0 and not whole[:end].endswith(b"\n"))


@given(LINES, st.data())
def test_journal_with_one_changed_byte_is_not_trusted(lines: list[dict[str, Any]], data: st.DataObject) -> None:
    whole = bytearray(written([*lines, {"type": "end", "what": ""}]))
    last = whole.rstrip(b"\n").rfind(b"\n")
    place = data.draw(st.integers(0, last - 1))
    other = data.draw(st.integers(0, 255))
    assume(whole[place] != other)
    whole[place] = other
    with pytest.raises(WorldError, match="chain is broken"):
        journal.read(bytes(whole), "journal")


@given(LINES, st.data())
def test_journal_that_lost_a_line_is_not_trusted(lines: list[dict[str, Any]], data: st.DataObject) -> None:
    rows = written([*lines, {"type": "end", "what": ""}]).splitlines(keepends=True)
    del rows[data.draw(st.integers(0, len(rows) - 2))]
    with pytest.raises(WorldError, match="chain is broken"):
        journal.read(b"".join(rows), "journal")


def anchored(rows: bytes, lines: int, run: str = "r") -> journal.Anchor:
    """Where the first lines of a journal end."""
    return journal.Anchor(run, lines, digest(rows.split(b"\n")[lines - 1]))


@given(LINES, st.data())
def test_journal_that_goes_on_after_its_anchor_is_whole(lines: list[dict[str, Any]], data: st.DataObject) -> None:
    rows = written(lines)
    anchor = anchored(rows, data.draw(st.integers(1, len(lines))))
    assert journal.anchor_of(str(anchor)) == anchor
    journal.check_end(journal.read(rows + b'{"torn', "journal"), anchor, "journal")


@given(LINES, st.data())
def test_journal_whose_end_was_cut_off_is_not_trusted(lines: list[dict[str, Any]], data: st.DataObject) -> None:
    rows = written(lines)
    kept = b"".join(rows.splitlines(keepends=True)[: data.draw(st.integers(0, len(lines) - 1))])
    with pytest.raises(WorldError, match="was cut"):
        journal.check_end(journal.read(kept, "journal"), anchored(rows, len(lines)), "journal")


@given(LINES, st.data())
def test_journal_that_was_chained_again_is_not_trusted(lines: list[dict[str, Any]], data: st.DataObject) -> None:
    anchor = anchored(written(lines), len(lines))
    changed = data.draw(st.integers(0, len(lines) - 1))
    again = [{**line, "what": f"{line['what']}!"} if at == changed else line for at, line in enumerate(lines)]
    with pytest.raises(WorldError, match="written again"):
        journal.check_end(journal.read(written([*again, lines[0]]), "journal"), anchor, "journal")


@pytest.mark.parametrize(
    "text", ["", "r", "r 1", "r x sha256:0", "r 0 sha256:0", "r -1 sha256:0", "r 1 md5:0", "r ² sha256:0"]
)
def test_what_is_no_anchor_is_none(text: str) -> None:
    assert journal.anchor_of(text) is None


@given(VALUES, VALUES)
def test_digests_are_equal_exactly_where_the_data_are(one: Any, other: Any) -> None:
    same = orjson.dumps(one, option=orjson.OPT_SORT_KEYS) == orjson.dumps(other, option=orjson.OPT_SORT_KEYS)
    assert (digest_of(one) == digest_of(other)) == same
    assert digest_of(orjson.loads(orjson.dumps(one))) == digest_of(one)


@pytest.mark.parametrize(("one", "other"), [(1, 1.0), (1, True), (0, False), ("1", 1), (None, ""), ([], {})])
def test_values_of_different_types_have_different_digests(one: Any, other: Any) -> None:
    assert digest_of({"a": one}) != digest_of({"a": other})


REASONS = ("", "Conflict", "AlreadyExists", "Invalid", "Forbidden", "NotFound", "InternalError", "Timeout")
CAUSES = st.lists(
    st.fixed_dictionaries(
        {
            "reason": st.sampled_from(["", "FieldManagerConflict", "FieldValueInvalid", "NamespaceTerminating"]),
            "field": st.sampled_from(["", "metadata.uid", "spec.selector", ".data.a"]),
        }
    ),
    max_size=2,
)
MESSAGES = st.sampled_from(
    ["", "failed calling webhook", "etcdserver: leader changed", "failed to create typed patch object", "no"]
)
CALLS = st.sampled_from(
    [
        Call("GET", "/api/v1/pods"),
        Call("PATCH", "/api/v1/namespaces/a/configmaps/b"),
        Call("PATCH", "/api/v1/namespaces/a/configmaps/b", (("dryRun", "All"),)),
        Call("DELETE", "/api/v1/namespaces/a/configmaps/b"),
    ]
)


def status(reason: str, causes: Any, message: str) -> dict[str, Any]:
    return {"kind": "Status", "reason": reason, "message": message, "details": {"causes": causes}}


ANSWERS = st.builds(
    Answer,
    st.sampled_from([0, 200, 201, 400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 429, 500, 501, 502, 503, 504, 599]),
    st.none() | st.builds(status, st.sampled_from(REASONS), CAUSES, MESSAGES),
    st.just("some text"),
    st.booleans(),
    st.none() | st.floats(0, 1e6),
)


@given(CALLS, ANSWERS)
def test_every_answer_has_one_fate_and_a_write_that_may_be_done_is_never_sent_blindly_again(
    call: Call, answer: Answer
) -> None:
    found = fate(call, answer)
    assert isinstance(found, Fate)
    maybe_done = answer.status in (502, 504) or (answer.status == 0 and answer.sent)
    if maybe_done and not call.reads:
        assert found is Fate.AMBIGUOUS
    assert (found is Fate.DONE) == (200 <= answer.status < 300)
    if answer.status in (400, 403, 413, 415, 422):
        assert found in (Fate.FINAL, Fate.OTHER_OBJECT)
    assert found is not Fate.AMBIGUOUS or not call.reads


@given(st.integers(0, 40), ANSWERS, st.floats(0, 1))
def test_waits_are_bounded(attempt: int, answer: Answer, jitter: float) -> None:
    assert 0 <= wait_seconds(attempt, answer, jitter) <= max(LONGEST_WAIT_SECONDS, LONGEST_RETRY_AFTER_SECONDS)


IDS = st.builds(ResourceId, NAMES | st.just(""), NAMES, NAMES | st.just(""), NAMES)
DIGESTS = st.text("0123456789abcdef", min_size=1, max_size=32) | st.just("")
ENTRIES = st.builds(InventoryEntry, st.uuids().map(str) | st.just(""), NAMES, NAMES, DIGESTS)


@given(st.dictionaries(IDS, ENTRIES, max_size=5), st.dictionaries(NAMES, DIGESTS, max_size=2))
def test_inventory_is_read_as_it_was_written(
    entries: dict[ResourceId, InventoryEntry], releases: dict[str, str]
) -> None:
    inventory = Inventory("prod", "system", entries, {}, "abc", releases, ApplyRun("r1", "sha256:1", "abc", "open", 3))
    assert inventories.from_body(inventories.to_body(inventory), "prod", "system") == inventory


@given(st.dictionaries(IDS, ENTRIES, min_size=1, max_size=5), st.dictionaries(IDS, ENTRIES, max_size=5))
def test_widening_an_inventory_never_forgets(
    known: dict[ResourceId, InventoryEntry], new: dict[ResourceId, InventoryEntry]
) -> None:
    wide = Inventory("prod", "system", known).widened(new, ApplyRun())
    assert wide.entries.keys() == known.keys() | new.keys()
    assert all(wide.entries[rid] == entry for rid, entry in known.items())


@given(st.dictionaries(IDS, ENTRIES, max_size=5), st.dictionaries(IDS, ENTRIES, max_size=5))
def test_inventories_digest_tells_them_apart(
    one: dict[ResourceId, InventoryEntry], other: dict[ResourceId, InventoryEntry]
) -> None:
    def facts(entries: dict[ResourceId, InventoryEntry]) -> dict[ResourceId, tuple[str, str]]:
        return {rid: (entry.uid, entry.release) for rid, entry in entries.items()}

    digests = {Inventory("prod", "system", entries).digest for entries in (one, other)}
    assert (len(digests) == 1) == (facts(one) == facts(other))


@given(IDS)
def test_every_kind_has_a_phase_before_prune(rid: ResourceId) -> None:
    assert phase_of(rid) < Phase.PRUNE


WEBHOOK: dict[str, Any] = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingWebhookConfiguration",
    "metadata": {"name": "guard"},
    "webhooks": [{"name": "a.example.org", "rules": [{"apiGroups": ["example.org"], "resources": ["policies"]}]}],
}


def test_custom_resource_that_a_webhook_guards_comes_after_the_webhook() -> None:
    guarded = guarded_by([Resource.of(WEBHOOK)])
    guard = phase_of(Resource.of(WEBHOOK).id, guarded)
    assert phase_of(ResourceId("example.org", "Policy", "a", "b"), guarded) > guard
    assert phase_of(ResourceId("example.org", "Widget", "a", "b"), guarded) < guard
    assert phase_of(ResourceId("apps", "Deployment", "a", "b"), guarded) < guard
