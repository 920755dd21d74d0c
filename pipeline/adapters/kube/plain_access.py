"""Access by a kubeconfig that has nothing but an address, a certificate authority and a token, as CI jobs have it.

The Kubernetes client, with urllib3 and requests, takes as long to import as everything else that ``apply`` needs: 0.56
s of processor time for one object with it, 0.38 s without, and 55 MiB against 40 (client 37.0.2, Python 3.11). So it is
asked only for what this module does not read: certificates, plugins, proxies, several files, and all that is wrong,
which its words and ours in ``kubeconfig`` explain.
"""

import base64
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pipeline.adapters.kube.connections import ServerAddress
from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.yaml.reader import load

CONNECTIONS = 24
"""So many are kept open."""
_CONTEXT = frozenset({"cluster", "user", "namespace", "extensions"})
_CLUSTER = frozenset({"server", "certificate-authority", "certificate-authority-data", "tls-server-name", "extensions"})
_USER = frozenset({"token", "tokenFile", "extensions"})
_DEFAULT = "~/.kube/config"
_BEARER = "Bearer "
_SCHEMES = ("https", "http")


@dataclass(frozen=True, slots=True)
class PlainAccess:
    """``folder`` is that of the kubeconfig: the path of a token is relative to it."""

    host: str
    context: ssl.SSLContext | None = field(repr=False)
    server_name: str
    user: Mapping[str, Any] = field(repr=False)
    folder: Path

    @property
    def impersonation(self) -> dict[str, tuple[str, ...]]:
        """Nobody: a user that acts as another is left to ``kubeconfig``."""
        return {}

    def address(self) -> ServerAddress:
        return ServerAddress(self.host, self.context, self.server_name, keep=CONNECTIONS)

    def bearer(self) -> str:
        """The value of the header Authorization. A file is read again each time: it may hold a new token."""
        if "token" in self.user:
            return f"{_BEARER}{self.user['token']}"
        return f"{_BEARER}{(self.folder / self.user['tokenFile']).read_text().strip()}"


def plain_access(context: str) -> PlainAccess | None:
    """The access of that context; None where the Kubernetes client must read the kubeconfig."""
    path = Path(os.environ.get("KUBECONFIG") or _DEFAULT).expanduser()
    if any(name.lower().endswith("_proxy") and value for name, value in os.environ.items()):
        return None
    try:
        return _read(path, context)
    except (OSError, ValueError, TypeError, RecursionError):  # ssl.SSLError is an OSError, YamlError a ValueError
        return None


def _read(path: Path, name: str) -> PlainAccess | None:
    config = mapping(load(path.read_text()))
    context = _named(config, "contexts", name, _CONTEXT)
    cluster = _named(config, "clusters", str(context.get("cluster")), _CLUSTER)
    user = _named(config, "users", str(context.get("user")), _USER)
    texts = [value for part in (cluster, user) for key, value in part.items() if key != "extensions"]
    if not all(isinstance(value, str) and value for value in texts) or ("token" in user) == ("tokenFile" in user):
        return None
    host = str(cluster.get("server", "")).rstrip("/")
    parts = urlsplit(host)
    if parts.scheme not in _SCHEMES or not parts.hostname or parts.username or parts.query or parts.fragment:
        return None
    parts.hostname.encode("idna")
    if parts.port == 0:  # which raises ValueError where it is no number
        return None
    access = PlainAccess(
        host, _trust(cluster, path.parent), str(cluster.get("tls-server-name") or ""), user, path.parent
    )
    return access if access.bearer().removeprefix(_BEARER) else None


def _named(config: Mapping[str, Any], kind: str, name: str, keys: frozenset[str]) -> Mapping[str, Any]:
    """The one of that name. Raises ValueError where there is not exactly one, or it has more than these keys."""
    (entry,) = (mapping(one) for one in sequence(config.get(kind)) if mapping(one).get("name") == name)
    body = mapping(entry.get(kind.removesuffix("s")))
    if not body or body.keys() - keys:
        raise ValueError(kind)
    return body


def _trust(cluster: Mapping[str, Any], folder: Path) -> ssl.SSLContext | None:
    """Of a server with TLS: who may sign its certificate."""
    if not str(cluster["server"]).startswith("https:"):
        return None
    data, file = cluster.get("certificate-authority-data"), cluster.get("certificate-authority")
    if data:
        trusted = base64.b64decode(str(data), validate=True).decode("ascii")
        if not trusted:  # for which Python would trust whom the machine trusts
            raise ValueError("certificate-authority-data")
        return ssl.create_default_context(cadata=trusted)
    return ssl.create_default_context(cafile=str(folder / str(file)) if file else None)
