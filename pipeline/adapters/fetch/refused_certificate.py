"""What OpenSSL's words mean where a certificate is not taken, the server's or ours: waiting would not help."""

import re

_THEIRS = re.compile(r"certificate verify failed: (?P<why>.*?)\s*(?:\(_ssl\.c:\d+\))?$")
_OURS = re.compile(r"ALERT_(?:CERTIFICATE_\w+|\w+_CERTIFICATE|UNKNOWN_CA)|ALERT_HANDSHAKE_FAILURE")
_UNKNOWN = re.compile(r"self[- ]signed|local issuer")
_WANTS = "caFile (or caEnv) of the repository in pipeline.yaml names the authority that signed its certificate"
_WRONG = "check the URL, or ask who runs the server for a certificate that holds"
_MINE = (
    "certFile and keyFile (or certEnv and keyEnv) of the repository in pipeline.yaml name a certificate that it takes"
)


def refused_certificate(words: str) -> tuple[str, str] | None:
    """What happened and what to try; None where it was something else. ``words`` are those of an error."""
    theirs = _THEIRS.search(words)
    if theirs:
        return f"its certificate is not trusted: {theirs['why']}", _WANTS if _UNKNOWN.search(words) else _WRONG
    if _OURS.search(words):
        return "the server wants a client certificate, and takes none or not the one that it was shown", _MINE
    return None
