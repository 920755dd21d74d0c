"""What a render comes to: what is to be written, and which releases failed."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.core.errors import FAILED, PipelineError
from pipeline.core.render.file_edits import Edits
from pipeline.core.render.hand_edits import HandEdit
from pipeline.core.words import counted, listed

_FIX = "fix what the message names, then render again; what failed is as it was"
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class FailedRelease:
    """``title`` is ``prod/web``. Its tree is left as it is."""

    title: str
    error: PipelineError


def one_error(failed: Sequence[FailedRelease], total: int) -> PipelineError:
    """All failures as one; releases that fail alike share a paragraph. Its exit code is theirs, or 1 where they differ.

    ``total`` is the number of releases that were to be rendered.
    """
    alike: dict[tuple[str, str], list[str]] = {}
    for one in failed:
        alike.setdefault((one.error.message, one.error.hint), []).append(one.title)
    message, hint = next(iter(alike))
    if total > 1:
        several = len(alike) > 1
        said = [_paragraph(titles, text, way if several else "") for (text, way), titles in alike.items()]
        message = "\n".join((f"{len(failed)} of {counted(total, 'release')} failed", *said))
        hint = "" if several else hint
    whole = PipelineError(message, hint=hint or _FIX)
    codes = {error.error.exit_code for error in failed}
    whole.exit_code = codes.pop() if len(codes) == 1 else FAILED
    whole.__cause__ = failed[0].error
    return whole


def _paragraph(titles: Sequence[str], message: str, hint: str) -> str:
    text = f"{message}\n  try: {hint}" if hint else message
    return f"{listed(titles, _SHOWN)}: {text.removeprefix(f'{titles[0]}: ')}"


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
    failed: tuple[FailedRelease, ...] = ()

    @property
    def error(self) -> PipelineError | None:
        """All failures as one; None where every release was rendered."""
        return one_error(self.failed, self.releases + len(self.failed)) if self.failed else None

    def whole(self) -> "RenderResult":
        """The same, for who has no use for a part of it.

        Raises:
            PipelineError: a release failed.
        """
        error = self.error
        if error is not None:
            raise error
        return self
