"""An approval: one person's decision for or against one plan, identified by its digest."""

from typing import Literal

import msgspec

from pipeline.core.cluster.api.canonical import encode
from pipeline.core.cluster.plan.plan import Record
from pipeline.core.errors import UsageError

SCHEMA = "pipeline.approval/v1"
NAMESPACE = "pipeline-approval@v1"
"""Of the SSH signature (ssh-keygen -n): a signature made for anything else is none."""
DIGITS = 8
"""So many digits of the digest a person types to approve."""
Method = Literal["ssh", "interactive", "dispatch", "github-environment", "github-review"]


class Approval(Record, frozen=True):
    """``evidence`` is what the method can be held to: a run's id, a review's commit. Times are RFC 3339 in UTC."""

    plan: str
    """``sha256:…`` of the plan's bytes."""
    decision: Literal["approve", "reject"]
    approver: str
    method: Method
    time: str
    expires: str = ""
    reason: str = ""
    evidence: dict[str, str] = msgspec.field(default_factory=dict)
    signature: str = ""
    """The armoured SSH signature over the record with this field empty (``signed_bytes``)."""
    schema: str = SCHEMA


def first_digits(plan_digest: str) -> str:
    """What a person types to approve the plan of this digest."""
    return plan_digest.removeprefix("sha256:")[:DIGITS]


def to_bytes(approval: Approval) -> bytes:
    return encode(approval)


def signed_bytes(approval: Approval) -> bytes:
    """What the signature is over: the record without it."""
    return encode(msgspec.structs.replace(approval, signature=""))


def from_bytes(data: bytes, where: str) -> Approval:
    """Read an approval; ``where`` is its path, for messages. There is one way to write each: a changed byte shows.

    Raises:
        UsageError: this is not an approval of this version, or not in its canonical bytes.
    """
    hint = "pipeline approve writes one"
    try:
        approval = msgspec.json.decode(data, type=Approval)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{where} is not an approval: {error}", hint=hint) from error
    if approval.schema != SCHEMA:
        raise UsageError(f"{where}: its schema is {approval.schema!r}, not {SCHEMA!r}", hint=hint)
    if to_bytes(approval) != data:
        raise UsageError(f"{where} was edited: its content does not match the approval", hint=hint)
    return approval
