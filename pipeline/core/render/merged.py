"""A file in which Git left the conflict of a merge: what each side had."""

_OURS, _BASE, _THEIRS, _END = b"<<<<<<<", b"|||||||", b"=======", b">>>>>>>"
_MARKERS = (_OURS, _BASE, _THEIRS, _END)


def sides(data: bytes) -> tuple[bytes, ...]:
    """Ours and theirs, whole; nothing where there is no conflict. Markers are those of git-merge-file(1)."""
    ours: list[bytes] = []
    theirs: list[bytes] = []
    into: tuple[list[bytes], ...] = (ours, theirs)
    conflicted = False
    for line in data.splitlines(keepends=True):
        marker = line[: len(_OURS)] if line[: len(_OURS)] in _MARKERS else b""
        if marker == _OURS:
            conflicted, into = True, (ours,)
        elif marker == _BASE:
            into = ()
        elif marker == _THEIRS:
            into = (theirs,)
        elif marker == _END:
            into = (ours, theirs)
        else:
            for lines in into:
                lines.append(line)
    return (b"".join(ours), b"".join(theirs)) if conflicted else ()
