"""What is wrong with a custom resource, and which of its writes the API server refuses for it."""

from dataclasses import dataclass
from enum import Enum

from pipeline.core.kube.path import Path, to_text


class Refuses(Enum):
    """What a violation refuses: edits of the value alone (ratcheting), every write, or every server-side apply.

    With ``TYPE``, server-side apply fails even where the value is stored and another one is applied.
    """

    EDITS = "edits"
    WRITES = "writes"
    APPLIES = "applies"
    TYPE = "type"


@dataclass(frozen=True, slots=True)
class SchemaViolation:
    """Why the API server refuses an object: ``spec.size: 7 is more than 5``.

    ``raised_at`` is the value whose validation fails where that is not the one at ``path``: what stands below a
    combinator fails with the value that has the combinator.
    """

    path: Path
    message: str
    refuses: Refuses = Refuses.EDITS
    raised_at: Path | None = None
    stored: bool = False
    """Whether it is the stored value that is wrong, and not the one that is applied."""

    def __str__(self) -> str:
        return f"{to_text(self.path) or 'the object'}: {self.message}"
