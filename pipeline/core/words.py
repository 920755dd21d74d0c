"""Small pieces of English that messages are built from: plurals, counts, lists, and commands to copy."""

import shlex
from collections.abc import Callable, Iterable

_PLURALS = {"is": "are", "was": "were", "has": "have", "its": "their", "it": "they", "this": "these", "does": "do"}
_SIBILANTS = ("ss", "x", "z", "ch", "sh")
LONGEST_TITLE = 118
"""Characters of a title that is still one line at 120 columns."""


def plural(noun: str) -> str:
    """``Services``, ``Ingresses``, ``NetworkPolicies``; what ends in a plural already (``Endpoints``) stays.

    Of a phrase with "of" the first word is counted: ``fields of web``.
    """
    first, of, rest = noun.partition(" of ")
    if first.endswith(_SIBILANTS):
        return f"{first}es{of}{rest}"
    if first.endswith("s"):
        return noun
    if first.endswith("y") and first[-2:-1] not in "aeiou":
        return f"{first[:-1]}ies{of}{rest}"
    return f"{first}s{of}{rest}"


def counted(number: int, noun: str) -> str:
    """``1 release``, ``3 releases``, ``0 releases``."""
    return f"{number} {noun_for(number, noun)}"


def noun_for(number: int, noun: str) -> str:
    """``release`` for 1, else ``releases``: for a sentence in which the number stands elsewhere, or not at all."""
    return noun if number == 1 else plural(noun)


def agreeing(number: int, word: str) -> str:
    """The form of a verb that goes with ``number`` things: ``is`` or ``are``, ``fits`` or ``fit``."""
    if number == 1:
        return word
    return _PLURALS.get(word, word.removesuffix("s"))


def listed(items: Iterable[str], most: int = 4, *, between: str = ", ", noun: str = "") -> str:
    """``a, b, c, d and 3 more``; with a ``noun``, ``and 3 more paths``. ``most`` is how many are named."""
    every = list(items)
    more = left_over(len(every) - most, noun)
    return f"{between.join(every[:most])}{more and f' {more}'}"


def in_a_title(title: Callable[[str], str], items: Iterable[str], most: int, *, between: str = ", ") -> str:
    """The title about as many ``items`` as keep it to one line: at most ``most``, at least one, ``and 3 more``."""
    every = list(items)
    titles = [title(listed(every, number, between=between)) for number in range(most, 0, -1)]
    return next((text for text in titles if len(text) <= LONGEST_TITLE), titles[-1])


def one_per_line(items: Iterable[str], most: int, *, noun: str = "") -> list[str]:
    """The first ``most`` items, one per line; where there are others, a last line: ``and 3 more paths``."""
    every = list(items)
    more = left_over(len(every) - most, noun)
    return [*every[:most], *([more] if more else [])]


def left_over(rest: int, noun: str = "") -> str:
    """``and 3 more``, ``and 1 more path``: the end of a list of which ``rest`` are not shown. Empty where all are."""
    if rest <= 0:
        return ""
    return f"and {rest} more{noun and f' {noun_for(rest, noun)}'}"


def article(word: str) -> str:
    """``a Deployment``, ``an Ingress``: by the letter that the word begins with."""
    return f"{'an' if word[:1].lower() in 'aeio' else 'a'} {word}" if word else word


def command(*words: str) -> str:
    """A command line as a shell reads it, each word quoted where it must be. Empty words are left out."""
    return shlex.join(word for word in words if word)


def kubectl(*words: str, namespace: str = "") -> str:
    """``kubectl delete job a -n shop``; without a namespace for what belongs to the cluster."""
    return command("kubectl", *words, *(("-n", namespace) if namespace else ()))


def deletion(kind: str, name: str, *flags: str, namespace: str = "") -> str:
    """``kubectl delete job/a -n shop``: with the kind before it, no name is taken for a flag."""
    return kubectl("delete", f"{kind.lower()}/{name}", *flags, namespace=namespace)
