"""Cuts a YAML stream into documents without parsing it, so that equal documents are parsed once."""


def split(text: str) -> list[str]:
    """The documents of a stream as text, so that equal ones need to be parsed once; empty ones are kept.

    Only for streams without directives (``%YAML``): then the whole text is one part.
    """
    if text.startswith("%") or "\n%" in text:
        return [text]
    parts: list[str] = []
    start = 0
    at = 0 if text.startswith("---") else text.find("\n---") + 1 or -1
    while at != -1:
        rest = text[at + 3 : at + 4]
        if rest in ("", "\n", "\r", " ", "\t"):
            parts.append(text[start:at])
            end = text.find("\n", at)
            line = text[at + 3 : end if end != -1 else len(text)].strip()
            plain = not line or line.startswith("#")
            start = (end + 1 if end != -1 else len(text)) if plain else at + 3
        found = text.find("\n---", max(at, start - 1))
        at = found + 1 if found != -1 and found + 1 > at else text.find("\n---", at + 1) + 1 or -1
    parts.append(text[start:])
    return parts
