"""A context whose user has a token or a certificate, read from KUBECONFIG without the Kubernetes client.

Importing that client takes longer than planning fifty objects, and it is only needed for what asks other programs or
other servers: exec plugins, OIDC, proxies. Whatever is not plain is left to it, and so is every error.
"""

import base64
import os
import ssl
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import urllib3
from urllib3.util.ssl_ import create_urllib3_context

from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.yaml.reader import YamlError, load

_CLUSTER = frozenset({"server", "certificate-authority", "certificate-authority-data"})
_USER = frozenset(
    {"token", "client-certificate", "client-certificate-data", "client-key", "client-key-data"}
)  # what stands there and is not among these makes a context one that is not plain
_DEFAULT = "~/.kube/config"
CONNECTIONS = 24
"""So many are kept open."""


class Access(Protocol):
    """Where a cluster is, and as whom we speak to it."""

    @property
    def host(self) -> str: ...
    def pool(self) -> urllib3.PoolManager: ...

    def bearer(self) -> str:
        """The value of the header Authorization; empty where a certificate, or nothing, says who we are."""
        ...


def access_to(context: str) -> Access:
    """Raises UsageError where KUBECONFIG has no such context, WorldError where its credentials cannot be had."""
    found = plain(context)
    if found is not None:
        return found
    from pipeline.adapters.kube.credentials import ByClient  # noqa: PLC0415 - half a second, only where it is needed

    return ByClient(context)


@dataclass(frozen=True, slots=True)
class Plain:
    """``authority``, ``certificate`` and ``key`` are PEM, empty where the configuration has none."""

    host: str
    token: str = field(default="", repr=False)
    authority: str = ""
    certificate: bytes = b""
    key: bytes = field(default=b"", repr=False)

    def bearer(self) -> str:
        return f"Bearer {self.token}" if self.token else ""

    def pool(self) -> urllib3.PoolManager:
        """Connections with these credentials."""
        if not self.host.startswith("https:"):
            return urllib3.PoolManager(maxsize=CONNECTIONS)
        context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
        if self.authority:
            context.load_verify_locations(cadata=self.authority)
        else:
            context.load_default_certs()
        if self.certificate:
            _load_pair(context, self.certificate + b"\n" + self.key)
        return urllib3.PoolManager(maxsize=CONNECTIONS, cert_reqs="CERT_REQUIRED", ssl_context=context)


def first_line(error: BaseException) -> str:
    text = str(error).splitlines()
    return text[0][:300] if text else type(error).__name__


def plain(context: str) -> Plain | None:
    """None where anything about the context needs more than this, or is wrong."""
    named = os.environ.get("KUBECONFIG") or os.path.expanduser(_DEFAULT)  # noqa: PTH111 - never raises
    proxied = any(name.lower() in ("http_proxy", "https_proxy", "all_proxy") for name in os.environ)
    if os.pathsep in named or proxied:
        return None
    with suppress(OSError, ValueError, YamlError, ssl.SSLError):
        return _read(Path(named), context)
    return None


def _read(file: Path, context: str) -> Plain | None:
    data = mapping(load(file.read_text(encoding="utf-8")))
    found = _named(data, "contexts", "context", context)
    cluster = _named(data, "clusters", "cluster", str(found.get("cluster")))
    user = _named(data, "users", "user", str(found.get("user")))
    host, token = cluster.get("server"), user.get("token", "")
    if not isinstance(host, str) or not isinstance(token, str) or cluster.keys() - _CLUSTER or user.keys() - _USER:
        return None
    if not host.startswith(("https://", "http://")):
        return None
    certificate, key = (_pem(file, user, name) for name in ("client-certificate", "client-key"))
    authority = _pem(file, cluster, "certificate-authority").decode()
    if bool(certificate) != bool(key) or not (token or certificate):
        return None
    made = Plain(host.rstrip("/"), token, authority, certificate, key)
    made.pool()  # what is no certificate is told now
    return made


def _named(data: Mapping[str, Any], several: str, one: str, name: str) -> Mapping[str, Any]:
    """The first of that name, as kubectl has it."""
    entries = map(mapping, sequence(data.get(several)))
    return next((mapping(entry.get(one)) for entry in entries if entry.get("name") == name), {})


def _pem(file: Path, entry: Mapping[str, Any], name: str) -> bytes:
    """What stands in the configuration goes before what stands in a file; files are named from where it lies."""
    if entry.get(f"{name}-data"):
        return base64.b64decode(str(entry[f"{name}-data"]), validate=False)
    return (file.parent / str(entry[name])).read_bytes() if entry.get(name) else b""


def _load_pair(context: ssl.SSLContext, pem: bytes) -> None:
    """OpenSSL takes a key from a file only: that is gone at once, so that a killed process leaves none."""
    handle, name = tempfile.mkstemp(prefix="pipeline-")
    try:
        os.write(handle, pem)
        os.close(handle)
        context.load_cert_chain(name)
    finally:
        os.unlink(name)  # noqa: PTH108 - as it was made
