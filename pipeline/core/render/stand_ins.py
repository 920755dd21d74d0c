"""Rewrites a chart so that what varies from render to render has one of two known values instead.

Whether a value varies is asked of what makes it, not of how it looks: the chart is rendered twice with stand-ins for
its functions, ``now`` as one time and as another, ``keys`` in one order and in another. Where these two renders differ,
the chart's output varies, whatever it is made into: a word, a cron minute, an object's name, a checksum of all that.
Both are the same every time, and so is what is found to vary.

The stand-in of a function is a named template: ``randAlphaNum 8`` becomes ``list 8 | include `…randAlphaNum` ``.
Functions: https://helm.sh/docs/chart_template_guide/function_list/, and those of sprig 3.3 that it does not list.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from pipeline.core.charts.template_tokens import (
    TemplateAction,
    TemplateToken,
    TokenKind,
    end_of_command,
    opening,
    parts,
    starts_command,
)

_PREFIX = "pipeline.stand-in."
FILE = "templates/_pipeline-stand-ins.tpl"
TIMES = ("2001-02-03 04:05:06", "2033-11-27 18:49:37")
"""That differ at every grain, the day of the week included."""
_LETTERS = ("Kq7vTbY3mZx9RcWd5HnfJs2pLg8", "xD4hWz9kNr6SfQm2bVt8GyPc3Jw")
_DIGITS = ("113678359955982565", "286947482668859898")
"""Each start of one differs from that of the other by what has no factor up to 13: so do their remainders."""
_PRIMES = "1 2 3 5 7 13 23 59 101 251 997 2749 2767 9973 32749 65521"
_TEXTS = ("randAlphaNum", "randAlpha", "randAscii", "randBytes", "randNumeric")
_KEYS = ("genPrivateKey",)
_PAIRS = tuple(f"gen{what}{more}" for what in ("CA", "SelfSignedCert", "SignedCert") for more in ("", "WithKey"))
_HASHES = ("htpasswd", "bcrypt", "encryptAES")
_CONSTANTS = {
    "now": tuple(f"(toDate `2006-01-02 15:04:05` `{time}`)" for time in TIMES),
    "uuidv4": ("(print `3f6b1d2e-7a48-4c59-8e10-b2d4f6a8c0e1`)", "(print `c8e0a2b4-1d37-4f96-a5b2-07192b3d4f58`)"),
}
_FILES = {".AsConfig": "AsConfig", ".AsSecrets": "AsSecrets"}
_DECODED = {
    **dict.fromkeys(("keys", "values"), " | fromJsonArray"),
    **dict.fromkeys(_PAIRS, " | fromJson"),
    "randInt": " | int",
}
CALLED = frozenset({*_TEXTS, *_KEYS, *_PAIRS, *_HASHES, *_DECODED, "shuffle", "ago"})
UNMISTAKABLE = frozenset({*_KEYS, *_PAIRS, *_HASHES, "uuidv4"})
"""No ordinary render of these is equal to one with stand-ins; of two letters, or of an order, it may be."""
NAMES = CALLED | frozenset(_CONSTANTS) | frozenset(_FILES.values())

MAY_VARY = re.compile(rf"(?<![A-Za-z0-9_])(?:{'|'.join(sorted(NAMES))})(?![A-Za-z0-9_])").search
"""Quickly, of an action or a whole text: whether one of the names is a word in it, be it in a string."""


def stood_in(files: Mapping[str, bytes], variant: int) -> dict[str, bytes]:
    """A chart's files (paths below its folder) with stand-ins; ``variant`` is 1 or 2. Templates in values too."""
    out = dict(files)
    for path, data in files.items():
        if "templates/" in path or path.rpartition("/")[2] in ("values.yaml", "values.yml"):
            text = data.decode(errors="surrogateescape")
            out[path] = rewritten(text, variant).encode(errors="surrogateescape")
    return out | {FILE: definitions(variant).encode()}


def rewritten(text: str, variant: int) -> str:
    """A template's text with stand-ins; anything else as it is, to the letter."""
    if not MAY_VARY(text):
        return text
    return "".join(part if isinstance(part, str) else _rewritten(part, variant) for part in parts(text))


def is_stand_in(text: str, variant: int) -> bool:
    """Whether the whole of ``text`` is what a random text of its length is replaced by, whatever its case."""
    whole = (_LETTERS[variant - 1], "".join(filter(str.isalpha, _LETTERS[variant - 1])), _DIGITS[variant - 1])
    return any(f"{stand_in * 20}".lower().startswith(text.lower()) for stand_in in whole)


def functions_in(action: TemplateAction | tuple[TemplateToken, ...]) -> Iterator[str]:
    """What in an action may be another at each render. Keys that are sorted or counted at once are not."""
    words = action.words if isinstance(action, TemplateAction) else action
    for index, token in enumerate(words):
        if token.kind is TokenKind.WORD and token.text in NAMES:
            if token.text in _CONSTANTS or (starts_command(words, index) and not _ordered(words, index)):
                yield token.text
        elif token.kind is TokenKind.FIELD:
            yield from (name for end, name in _FILES.items() if token.text.endswith(end))


def _ordered(words: tuple[TemplateToken, ...], index: int) -> bool:
    """Whether the order of what ``keys`` or ``values`` gives makes no difference."""
    if words[index].text not in ("keys", "values"):
        return False
    end = end_of_command(words, index)
    after = [token.text for token in words[end : end + 4]]
    if after[:2] in (["|", "sortAlpha"], ["|", "len"]) or after == ["|", "uniq", "|", "sortAlpha"]:
        return True
    return index > 1 and words[index - 1].kind is TokenKind.OPEN and words[index - 2].text in ("len", "sortAlpha")


def _rewritten(action: TemplateAction, variant: int) -> str:
    if not MAY_VARY(action.text):
        return action.text
    words = list(action.words)
    texts = [token.text for token in words]
    frozen = tuple(words)
    for index, token in enumerate(words):
        if token.kind is TokenKind.WORD and token.text in _CONSTANTS:
            texts[index] = _CONSTANTS[token.text][variant - 1]
        elif token.kind is TokenKind.WORD and token.text in CALLED and starts_command(frozen, index):
            texts[index] = "list"
            last = end_of_command(frozen, index) - 1
            texts[last] += f" | include `{_PREFIX}{token.text}`{_DECODED.get(token.text, '')}"
        elif token.kind is TokenKind.FIELD:
            _files(frozen, index, texts)
    if texts == [token.text for token in words]:
        return action.text
    return f"{action.head} {_joined(frozen, texts, action)}{action.tail if action.tail == '}}' else ' -}}'}"


def _joined(words: tuple[TemplateToken, ...], texts: list[str], action: TemplateAction) -> str:
    """With the spaces of the action: ``(x).y`` is a field, ``(x) .y`` an argument."""
    out, at = [], 0
    for token in action.tokens:
        if token.kind in (TokenKind.SPACE, TokenKind.COMMENT):
            out.append(" " if token.kind is TokenKind.SPACE else "")
        else:
            out.append(texts[at])
            at += 1
    assert at == len(words), "BUG: a word was lost"
    return "".join(out).strip()


def _files(words: tuple[TemplateToken, ...], index: int, texts: list[str]) -> None:
    """``(.Files.Glob "x/*").AsConfig`` and ``$files.AsConfig``: of two files of one name, either may come out."""
    for end, name in _FILES.items():
        text = words[index].text
        if not text.endswith(end):
            continue
        if text != end:
            texts[index] = f"(include `{_PREFIX}{name}` {text.removesuffix(end) or '.'})"
        elif index and words[index - 1].kind is TokenKind.CLOSE and (start := opening(words, index - 1)) >= 0:
            texts[start] = f"(include `{_PREFIX}{name}` {texts[start]}"
            texts[index] = ")"


@cache
def definitions(variant: int) -> str:
    """The named templates that stand in."""
    letters, digits = _LETTERS[variant - 1], _DIGITS[variant - 1]
    pem = f"-----BEGIN %s-----\n{letters * 2}\n-----END %s-----\n"
    bodies = {
        **dict.fromkeys(_TEXTS, f"{{{{ trunc (int (first .)) (repeat 20 `{letters}`) }}}}"),
        "randAlpha": f"{{{{ trunc (int (first .)) (repeat 20 `{''.join(c for c in letters if c.isalpha())}`) }}}}",
        "randNumeric": f"{{{{ trunc (int (first .)) (repeat 20 `{digits}`) }}}}",
        "randBytes": f"{{{{ trunc (int (first .)) (repeat 20 `{letters}`) | b64enc }}}}",
        "randInt": _integer(variant),
        "shuffle": _rotated("(last . | toString)", variant),
        "ago": f"{('3h5m', '49s')[variant - 1]}",
        "keys": _listed("$key", variant, "| sortAlpha"),
        "values": _listed("$value", variant, ""),
        "AsConfig": _by_name(variant, "toString $data"),
        "AsSecrets": _by_name(variant, "toString $data | b64enc"),
        "htpasswd": f"{{{{ first . }}}}:$2a$10${letters * 2}",
        **dict.fromkeys(("bcrypt", "encryptAES"), f"$2a$10${letters * 2}"),
        "genPrivateKey": pem % (("RSA PRIVATE KEY",) * 2),
    }
    cert, key = pem % (("CERTIFICATE",) * 2), pem % (("RSA PRIVATE KEY",) * 2)
    pair = f"{{{{ dict `Cert` `{cert}` `Key` `{key}` | toJson }}}}"
    bodies |= dict.fromkeys(_PAIRS, pair)
    return "".join(
        f"{{{{- define `{_PREFIX}{name}` -}}}}{body}{{{{- end -}}}}\n" for name, body in sorted(bodies.items())
    )


def _integer(variant: int) -> str:
    """The least of the range, and one that is a prime number larger, so that remainders differ as well."""
    low = "{{ $low := int (first .) }}"
    if variant == 1:
        return f"{low}{{{{ $low }}}}"
    return (
        f"{low}{{{{ $room := sub (int (last .)) (add1 $low) }}}}{{{{ $step := 0 }}}}"
        f"{{{{ range list {_PRIMES} }}}}{{{{ if le (int .) (int $room) }}}}{{{{ $step = . }}}}{{{{ end }}}}"
        "{{ end }}"
        "{{ add $low $step }}"
    )


def _rotated(text: str, variant: int) -> str:
    """As it is, and with its first character at the end: the same only where all characters are."""
    if variant == 1:
        return f"{{{{ {text} }}}}"
    return f"{{{{ $text := {text} }}}}{{{{ substr 1 (len $text) $text }}}}{{{{ trunc 1 $text }}}}"


def _listed(what: str, variant: int, sort: str) -> str:
    """By sorted keys, and with the first entry at the end: another in every place."""
    gather = (
        "{{ $out := list }}{{ range . }}{{ range $key, $value := . }}"
        f"{{{{ $out = append $out {what} }}}}{{{{ end }}}}{{{{ end }}}}"
    )
    turned = "" if variant == 1 else "{{ if $out }}{{ $out = append (rest $out) (first $out) }}{{ end }}"
    return f"{gather}{{{{ $out = $out {sort} }}}}{turned}{{{{ $out | toJson }}}}"


def _by_name(variant: int, value: str) -> str:
    """Of two files of one name the last, and the first."""
    put = f"{{{{ $_ := set $out (base $path) ({value}) }}}}"
    if variant == 2:  # noqa: PLR2004 - the second of two
        put = f"{{{{ if not (hasKey $out (base $path)) }}}}{put}{{{{ end }}}}"
    return f"{{{{ $out := dict }}}}{{{{ range $path, $data := . }}}}{put}{{{{ end }}}}{{{{ toYaml $out }}}}"
