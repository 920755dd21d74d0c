"""An approval: one person's yes or no to one plan, by its digest."""

from typing import Literal

import msgspec

from pipeline.core.cluster.plan import Record
from pipeline.core.errors import UsageError

SCHEMA = "pipeline.approval/v1"
NAMESPACE = "pipeline-approval@v1"
"""Of the SSH signature (ssh-keygen -n): a signature made for anything else is none."""
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


def from_bytes(data: bytes, where: str) -> Approval:
    """Raises UsageError where ``data`` is no approval; ``where`` is its path."""
    try:
        return msgspec.json.decode(data, type=Approval)
    except msgspec.DecodeError as error:
        raise UsageError(f"{where} is no approval: {error}", hint="pipeline approve writes one") from error
