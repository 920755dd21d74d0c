"""Safe forms of Markdown for text from charts, which it cannot break out of.

A code span with a computed fence, a fenced block with a computed fence, or escaped text in ``<code>`` in a raw HTML
block. Tried against GitHub's own parser. All other text in a document is our own.
"""

import html
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from pipeline.report.plain import line
from pipeline.report.safe_text import safe

_RUNS = re.compile(r"`+")
_LONG_RUN = re.compile("`{9,}")
_LONGEST_FENCE = 32
_EDGES = re.compile(r"(\(?)(.*?)([).,;!?]*:?)", re.DOTALL)
# Words that no Markdown dialect gives a meaning to: no link, mention, reference, emoji, formula or markup.
_PLAIN_WORD = re.compile(
    r"[(\"']?(?:[A-Za-z]+(?:[-'’][A-Za-z]+)*|[0-9]{1,5}(?:\.[0-9]{1,5}){0,2}|[→–—,;:.])[)\"'.,;!?]*:?\Z"
)
_ENDS_CLAUSE = (",", ";", ":", ")", ".")
_CHANGES = re.compile(r"((?:[^()]*\([^()]*\): )?[^()]*) \((.* -> .*?)\)( \(the same for [^()]*\))?")
"""A title with its changes in brackets, whose values may hold anything."""
_MORE = re.compile(r"(.*?)( and [0-9]{1,6} more)?", re.DOTALL)
_BECOMES = "->"


def code(text: str) -> str:
    """A code span that ``text`` cannot end: fenced by one backtick more than its longest run (CommonMark 6.1).

    For paragraphs and list items, never for tables or summaries. Parsers give up on very long fences, so a run of nine
    and more is written as its length.
    """
    text = _LONG_RUN.sub(lambda run: f"`(x{len(run.group())})", line(text))
    fence = "`" * (max(map(len, _RUNS.findall(text)), default=0) + 1)
    pad = " " if text[:1] in "` " or text[-1:] in "` " else ""
    return f"{fence}{pad}{text}{pad}{fence}" if text else ""


def prose(text: str, span: Callable[[str], str] | None = None) -> str:
    """A sentence to read: plain words stay, and every run of anything else becomes a code span.

    A path with its old and new value (``memory 1Gi -> 2Gi``) is one span. A span never reaches over punctuation.
    ``span`` makes one; it is :func:`code` for Markdown.
    """
    text, spanned = line(text), span or code
    if match := _CHANGES.fullmatch(text):
        same = f" {_sentence(match[3][1:], spanned)}" if match[3] else ""
        changes = "; ".join(_change(change, spanned) for change in match[2].split("; "))
        return f"{_sentence(match[1], spanned)} ({changes}){same}"
    return _sentence(text, spanned)


def _change(text: str, span: Callable[[str], str]) -> str:
    match = _MORE.fullmatch(text)
    assert match is not None, "BUG: anything matches"
    return f"{span(match[1])}{match[2] or ''}" if f" {_BECOMES} " in text else _sentence(text, span)


def _sentence(text: str, span: Callable[[str], str]) -> str:
    return " ".join(_clause(words, span) for words in _clauses(text.split()))


def _clauses(words: list[str]) -> Iterator[list[str]]:
    """Runs of words that end with punctuation, or before an opening bracket."""
    start = 0
    for index, word in enumerate(words, 1):
        if index == len(words) or word.endswith(_ENDS_CLAUSE) or words[index].startswith("("):
            yield words[start:index]
            start = index


def _clause(words: list[str], span: Callable[[str], str]) -> str:
    if _BECOMES in words:
        return _spanned(" ".join(words), span)
    groups = groupby(words, key=lambda word: bool(_PLAIN_WORD.match(word)))
    return " ".join(" ".join(group) if simple else _spanned(" ".join(group), span) for simple, group in groups)


def _spanned(text: str, span: Callable[[str], str]) -> str:
    """In a code span, the sentence's own punctuation around it left outside."""
    match = _EDGES.fullmatch(text)
    assert match is not None, "BUG: anything matches"
    before, inner, after = match.groups()
    if not inner or "(" in inner or inner.startswith(":"):  # :tada: is an emoji
        return span(text)
    return f"{before}{span(inner)}{after}"


def evidence(text: str) -> str:
    """A sentence to read, or a span for anything else: a line of a file, a digest."""
    return prose(text) if text.endswith(".") and " " in text else code(text)


def block(text: str, language: str = "text") -> str:
    """A fenced block that ``text`` cannot end, without a newline at its end. ``language`` is ours alone."""
    text = safe(text).rstrip("\n")
    length = max(3, max(map(len, _RUNS.findall(text)), default=0) + 1)
    if length > _LONGEST_FENCE:  # a fence of 70,000 backticks would be longer than any comment
        return f'<pre lang="{language}"><code>{html.escape(text)}\n</code></pre>'
    fence = "`" * length
    return f"{fence}{language}\n{text}\n{fence}"


def commands(lines: Iterable[str], indent: int) -> Iterator[str]:
    """Command lines to copy, each a block of its own, as rows of a list item whose text begins at ``indent``."""
    for command in lines:
        yield from (f"{' ' * indent}{row}" for row in block(command, "sh").split("\n"))


def raw(text: str) -> str:
    """Escaped text in ``<code>``, for a raw HTML block: a table's cell, a summary."""
    return f"<code>{html.escape(line(text))}</code>"


def raw_prose(text: str) -> str:
    """A sentence to read in a raw HTML block: plain words stay, every run of anything else is in ``<code>``."""
    return prose(text, raw)  # a plain word has no letter that HTML gives a meaning to


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A raw HTML table without blank lines: its text is never parsed as Markdown. Cells are HTML."""
    top = "".join(f"<th>{cell}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>\n" for row in rows)
    return f"<table>\n<tr>{top}</tr>\n{body}</table>"


def details(summary: str, body: str, *, opened: bool = False) -> str:
    """A folded part. ``summary`` is HTML; the blank line makes ``body`` Markdown again."""
    return f"<details{' open' if opened else ''}><summary>{summary}</summary>\n\n{body}\n</details>"


def units(text: str) -> int:
    """Length in UTF-16 code units: the strictest reading of GitHub's "characters"."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
