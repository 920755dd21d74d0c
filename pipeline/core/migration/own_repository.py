"""Charts in the repository that declares them: Flux and Argo CD name them by that repository's own address."""

import re

_SCHEME = re.compile(r"^[a-z+]+://(?:[^@/]*@)?")
_SCP = re.compile(r"^(?:[^@/]+@)?([^:/]+):(?!/)")
_FOLLOWED = frozenset({"", "HEAD", "main", "master"})


def same_repository(one: str, other: str) -> bool:
    """Whether two addresses are of one repository, however each is spelled: ``git@host:o/r.git``, ``https://host/o/r``.

    Never where one of them is empty.
    """
    return bool(one and other) and _plain(one) == _plain(other)


def _plain(address: str) -> str:
    text = _SCHEME.sub("", address) if "://" in address else _SCP.sub(r"\1/", address)
    host, slash, path = text.rstrip("/").removesuffix(".git").partition("/")
    return f"{host.partition(':')[0].lower()}{slash}{path}"


def is_followed(revision: str) -> bool:
    """Whether a revision is where the repository's own work goes on, rather than a release of it."""
    return revision.removeprefix("refs/heads/") in _FOLLOWED
