"""How text for a terminal looks: colours, width, links to the pages of rules."""

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap

_CODES = {
    "bold": "1", "dim": "2", "marked": "7", "red": "31", "green": "32", "yellow": "33", "blue": "34", "magenta": "35",
}  # fmt: skip
LEVEL_STYLE = {
    "blocker": ("bold", "red"),
    "high": ("red",),
    "medium": ("yellow",),
    "low": ("blue",),
    "info": ("dim",),
}
VERDICT_STYLE = {"no-changes": "green", "safe": "green", "review": "yellow", "blocked": "red", "failed": "magenta"}
_NARROWEST = 60
UNWRAPPED = 0
"""The width of what is no terminal: lines are as long as they are."""


@dataclass(frozen=True, slots=True)
class Look:
    """``width`` in columns, or UNWRAPPED. ``rules``: the address below which each rule has a page; empty: no links."""

    colour: bool = False
    width: int = 100
    rules: str = ""

    def style(self, text: str, *names: str) -> str:
        codes = ";".join(_CODES[name] for name in names)
        return f"\x1b[{codes}m{text}\x1b[0m" if self.colour and text and codes else text

    def room(self, used: int) -> int:
        """Columns left after ``used`` of a line; 0 for any number."""
        return max(self.width, _NARROWEST) - used if self.width else 0

    def wrapped(self, head: str, text: str, *style: str) -> Iterator[str]:
        """``text`` after ``head``, broken at the terminal's width and indented below itself."""
        room = self.room(len(head))
        rows = wrap(text, room, break_on_hyphens=False) if room else [text]
        for number, row in enumerate(rows or [""]):
            lead = head if number == 0 else " " * len(head)
            yield lead + (self.style(row, *style) if style else row)

    def rule(self, name: str, category: str) -> str:
        """A rule's name, as a link to its page where there is one (OSC 8, as terminals agree on it)."""
        shown = self.style(name, "dim")
        return f"\x1b]8;;{self.rules}{category}.md#{name}\x1b\\{shown}\x1b]8;;\x1b\\" if self.rules else shown


PLAIN = Look()
