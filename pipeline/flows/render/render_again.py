"""Renders again, with stand-ins, everything that may vary, in one go: for ``render`` and ``diff`` of charts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.core.errors import RenderError
from pipeline.core.render.manifests import documents
from pipeline.core.render.order import RenderedChart
from pipeline.core.render.stand_ins import UNMISTAKABLE

A_SECOND = 1.1
"""What a template that asks for the time needs to show that it does, where stand-ins cannot show it."""
RenderAnswer = RenderedChart | RenderError
Render = Callable[[list[int], int], Iterable[RenderAnswer]]
"""Renders several, by their numbers, with the stand-ins of a variant (1 or 2; 0 for none)."""


@dataclass(frozen=True, slots=True)
class ComparedRenders:
    """Two renders to compare; without stand-ins, ``one`` is the text that was rendered first."""

    one: str
    other: str
    by_stand_ins: bool = True


def pairs_of(
    functions: Sequence[frozenset[str]],
    texts: Sequence[str],
    pause: Callable[[float], object],
    render: Render,
    without: Sequence[tuple[str, ...]],
) -> list[ComparedRenders | None]:
    """Of each number whose render differs each time, what shows where; None for the others.

    Where the first stand-ins change nothing, the second need not be tried, except for functions whose value may by
    chance be that of a stand-in. ``without`` are the files that renders with stand-ins leave out.
    """
    doubted = [number for number, used in enumerate(functions) if used]
    ones = dict(zip(doubted, render(doubted, 1), strict=True)) if doubted else {}
    open_ = [n for n in doubted if functions[n] - UNMISTAKABLE or not _as_first(ones[n], texts[n], without[n])]
    others = dict(zip(open_, render(open_, 2), strict=True)) if open_ else {}
    return compared(texts, {n: (ones[n], others[n]) for n in open_}, pause, render)


def compared(
    texts: Sequence[str],
    both: Mapping[int, tuple[RenderAnswer, RenderAnswer]],
    pause: Callable[[float], object],
    render: Render,
) -> list[ComparedRenders | None]:
    """The same of ``both`` renders with stand-ins, by number. Where one of them failed, renders as they come."""
    failed = [n for n in both if not all(map(rendered, both[n]))]
    if failed:
        pause(A_SECOND)
    again = dict(zip(failed, render(failed, 0), strict=True)) if failed else {}
    compared_renders: list[ComparedRenders | None] = [None] * len(texts)
    for number, answers in both.items():
        one, other = map(_text, answers)
        if number in again:
            second = _text(again[number])
            if second is not None and second != texts[number]:
                compared_renders[number] = ComparedRenders(texts[number], second, by_stand_ins=False)
        elif one is not None and other is not None and one != other:
            compared_renders[number] = ComparedRenders(one, other)
    return compared_renders


def rendered(answer: RenderAnswer) -> bool:
    return isinstance(answer, RenderedChart)


def _as_first(answer: RenderAnswer, first: str, without: tuple[str, ...]) -> bool:
    """Whether a render holds the same documents as the first one, but for those of files that it leaves out."""
    text = _text(answer)
    if text is None or not without:
        return text == first
    left_out = frozenset(without)
    of_both = {document for document in documents(first) if document[0].partition("/")[2] not in left_out}
    return text == first or set(documents(text)) == of_both


def _text(answer: RenderAnswer) -> str | None:
    return answer.text if isinstance(answer, RenderedChart) else None
