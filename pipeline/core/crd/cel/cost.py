"""What a CEL rule may cost, from its text and the size of the values alone: a chart's rules are a stranger's.

The engine itself knows no limit: loops in loops take for ever, additions in loops all memory, and a text that nests
thousands of times ends the process. Of 5,906 rules of well-known charts, none has more than 1,270 characters or three
loops.
"""

import re

_LONGEST = 10_000
_STEPS = 1_000_000
_BYTES = 1_000_000_000
# Wherever the word stands: blanks and comments may stand between it and its parenthesis.
_LOOP = re.compile(r"\b(?:all|exists|exists_one|existsOne|map|filter)\b")


def affordable(text: str, weight: int, longest: int) -> bool:
    """Whether the rule ``text`` may be evaluated on ``weight`` values, whose longest text has ``longest`` characters.

    Each loop can go over all values and all that the rule lists, and each addition can make a text longer.
    """
    if len(text) > _LONGEST:
        return False
    loops, sums = len(_LOOP.findall(text)), text.count("+") + 1
    turns: int = (weight + text.count(",")) ** min(loops, 20)
    size: int = max(longest, len(text)) * sums ** min(loops + 2, 22) * turns
    return turns <= _STEPS and size <= _BYTES
