"""The API server's errors as one safe sentence: the originals quote values, even of Secrets, and whole objects."""

import re

from pipeline.core.cluster.api.request import Answer

_LONGEST = 240
# A field error reads `path: Invalid value: <any dump>: what is wrong` (k8s.io/apimachinery, field.Error.Error).
_VALUE = re.compile(
    r"(Invalid value|Duplicate value|Unsupported value|Not found|Too long|Too many|Internal error): "
    r'(?:"(?:[^"\\]|\\.)*"|.*?)(?=: [a-z]|$|, )',
    re.DOTALL,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_EXPECTED_GOT = re.compile(r"(expected [^,]+), got .*", re.DOTALL)


def explain(answer: Answer, *, secret: bool = False) -> str:
    """What the server said, without any value. For a Secret only status, reason and the fields it is about."""
    if answer.status == 0:
        return f"no answer ({clean(answer.text)})"
    head = f"{answer.status} {answer.reason}".strip()
    fields = ", ".join(dict.fromkeys(cause.field for cause in answer.causes if cause.field))
    if secret:
        return f"{head}{f' ({clean(fields)})' if fields else ''}"
    said = [f"{cause.field}: {cause.message}" if cause.field else cause.message for cause in answer.causes]
    text = "; ".join(dict.fromkeys(said)) or answer.message
    return f"{head}: {clean(without_values(text))}" if text else head


def without_values(text: str) -> str:
    """Field errors keep their path and what is wrong with it."""
    return _EXPECTED_GOT.sub(r"\1", _VALUE.sub(r"\1", text))


def clean(text: str) -> str:
    """One line, no control characters, not too long."""
    line = _CONTROL.sub(" ", text).strip()
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
