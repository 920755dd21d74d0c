"""What a render comes to."""

from dataclasses import dataclass

from pipeline.core.render.file_edits import Edits
from pipeline.core.render.hand_edits import HandEdit


@dataclass(frozen=True, slots=True)
class RenderResult:
    """``edits`` bring the disk up to date; ``releases`` and ``objects`` count what was rendered."""

    edits: Edits
    releases: int
    objects: int
    warnings: tuple[str, ...] = ()
    added: tuple[HandEdit, ...] = ()
    """Manifests in the tree that no render wrote."""
    helms: tuple[str, ...] = ()
    """Where another Helm made what is there: which, and which one is here."""
