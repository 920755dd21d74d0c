"""Withholds from the error of a failed render what may be one of our values in a form that no list of forms holds.

A template prints a value as it likes: in pieces, with other signs between them, as a number of another base. So it is
asked the other way round: a word of the message stays only if it is in the chart, in Helm's own messages, or plainly a
word or a small number, and no piece of a value of ours.
"""

import re
from collections.abc import Iterable

from ahocorasick_rs import AhoCorasick

from pipeline.core.redaction.forms import SHORTEST
from pipeline.core.redaction.ordinary import COMMON

WITHHELD = "***"
_TOKEN = re.compile(r"<secret #\d+>…?|\*\*\*|[^\s\"'`,;|(){}\[\]<>=]+")
_LETTERS_ALONE = re.compile(r"(?<![^\W_])[^\W_](?:[\s,\"'|_:/.-]{1,4}[^\W_](?![^\W_])){4,}+")
"""Five signs or more, each alone: a text that was split into them."""
_PART = re.compile(r"[^\W_]+")
_WORD = re.compile(r"[A-Z]*[a-z]*(?:[A-Z][a-z]{2,})*|[^\W\d_a-zA-Z]+")
"""In one case, or in the humps of a kind's or a function's name; letters that take turns are a token."""
_WITH_DIGITS = re.compile(
    r"v\d{1,2}(?:(?:alpha|beta)\d{1,2})?|[tsdvq]?[0-9]{1,5}|\d{1,4}[smhdkKMGTE]i?|u?int(?:8|16|32|64)|float(?:32|64)|"
    r"(?i:base(?:32|64)|sha(?:1|256|512)|utf(?:8|16)|md5|x509|ipv[46]|rfc\d{3,4}|k8s|b64|0x?)"
)
_LARGEST_PORT = 65_535
_PIECE = 4
"""Letters and digits; a shorter piece is as likely as not one of an ordinary word."""
_HELMS = frozenset(
    """action additional additionalproperties allof allowed anyof args argument array bool boolean block bounds calling
    cannot character chart charts column comparison constraint constraints context converting could couldn data decode
    defined dependencies dependency does document element error errors evaluating executing execution expected failed
    field file files find float flow following found from function global helm helper helpers implicit include
    incompatible index install integer interface invalid iterate json kind kubeversion kubernetes length line list
    literal manifest manifests mapping match maximum meet metadata minimum missing more name nil null number object
    oneof only operand output over parse parser pattern pointer properties property quoted range reading reason
    reference render required requires root scalar scanning schema sequence simple slice specifications start string
    struct subchart subcharts table template templates text than that this token true type types undefined unclosed
    unable unexpected unknown unmarshal unmarshaling unsupported valid validate value values version want while with
    wrong yaml your""".split()  # noqa: SIM905 - a list of them would be ninety lines
)
"""Words of Helm's, Go's, YAML's and JSON Schema's errors, which may be pieces of values too."""


def withheld(text: str, public: Iterable[str], ours: Iterable[str]) -> str:
    """``text``, masked before, with each word replaced that may give away one of ``ours``.

    ``public`` are the words of the chart, and the names that the message itself mentions.
    """
    return _Withholding(frozenset(public), frozenset(ours)).of(text)


class _Withholding:
    def __init__(self, public: frozenset[str], ours: frozenset[str]) -> None:
        self._public = public
        self._parts = {part for word in public for part in _PART.findall(word)}
        squeezed = {squeezed_value for value in ours if len(squeezed_value := _squeezed(value)) >= _PIECE}
        self._ours = "\n".join(sorted(squeezed))
        self._whole = AhoCorasick([value for value in sorted(squeezed) if len(value) >= SHORTEST])

    def of(self, text: str) -> str:
        spread = _LETTERS_ALONE.sub(lambda match: WITHHELD if self._is_ours(match.group()) else match.group(), text)
        return _TOKEN.sub(lambda match: match.group() if self._may_stay(match.group()) else WITHHELD, spread)

    def _may_stay(self, token: str) -> bool:
        if token.startswith(("<secret #", WITHHELD)) or token in self._public or token.strip(".:-$") in self._public:
            return True
        parts = _PART.findall(token)
        if len(parts) > 1 and self._is_ours(token):
            return False
        return all(self._part_may_stay(part) for part in parts)

    def _part_may_stay(self, part: str) -> bool:
        if part in self._parts or part.lower() in COMMON or part.lower() in _HELMS:
            return True
        if part.isdecimal():
            small = len(part) <= len(str(_LARGEST_PORT)) and int(part) <= _LARGEST_PORT
            return small and not self._is_ours(part)
        if _WITH_DIGITS.fullmatch(part):
            return True
        return bool(_WORD.fullmatch(part)) and not self._is_ours(part)

    def _is_ours(self, token: str) -> bool:
        """Whether its letters and digits, whatever stands between them, are those of a value or a piece of one."""
        bare = _squeezed(token)
        return len(bare) >= _PIECE and (bare in self._ours or bool(self._whole.find_matches_as_indexes(bare)))


def _squeezed(text: str) -> str:
    return "".join(_PART.findall(text)).lower()
