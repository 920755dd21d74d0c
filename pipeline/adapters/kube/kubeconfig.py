"""Host, TLS and credentials of a KUBECONFIG context, from the Kubernetes client, with its pitfalls handled.

That client waits for ever for an exec plugin that hangs, logs a plugin's failure and goes on as no one, leaves the
keys of a kubeconfig in temporary files, which a killed process never removes, and raises whatever its own code stumbles
over in a kubeconfig that is not one. Its package imports all of it: a process that has a ``KubeApi`` after 0.24 s
without the client has it after 0.66 s with it (client 37.0.2, Python 3.11, best of five, two busy cores). So only a
verb that asks a cluster imports this module, where the kubeconfig is not plain (see ``plain_access``).
"""

import binascii
import importlib
import logging
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from typing import Any

import urllib3
import yaml
from kubernetes import config as kube_config
from kubernetes.client import ApiClient, Configuration
from kubernetes.config import kube_config as loading
from kubernetes.config.config_exception import ConfigException
from urllib3.exceptions import LocationValueError
from urllib3.util.ssl_ import create_urllib3_context

from pipeline.adapters.kube.connections import ServerAddress
from pipeline.adapters.kube.error_lines import first_line
from pipeline.adapters.kube.impersonation import impersonation_headers
from pipeline.adapters.kube.plain_access import CONNECTIONS
from pipeline.core.errors import UsageError, WorldError

PLUGIN_SECONDS = 120.0
"""How long an exec plugin may take: some ask a person to log in."""
_HINT = "KUBECONFIG names the files to look in; pipeline.yaml names the context (environments.*.cluster)"
_SCHEMES = ("https", "http")
_ONE_AT_A_TIME = threading.Lock()


class _Plugin(subprocess.Popen[str]):
    """An exec plugin that is not waited for for ever."""

    def communicate(self, input: str | None = None, timeout: float | None = None) -> tuple[str, str]:  # noqa: A002
        try:
            return super().communicate(input, timeout or PLUGIN_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            super().communicate()
            raise ConfigException(f"exec: the plugin gave no answer within {PLUGIN_SECONDS:.0f} s") from None


class Access:
    """Where a cluster is, and as whom we speak to it."""

    def __init__(self, context: str) -> None:
        """Raises UsageError where KUBECONFIG has no such context, WorldError where its credentials cannot be had."""
        self._settings = _settings_of(context)
        self.host: str = self._settings.host.rstrip("/")
        self.impersonation = _impersonation_of(context)
        try:
            self.pool = _pool_of(self._settings)
        except (OSError, ValueError, TypeError) as error:  # ssl.SSLError is an OSError
            forget_files()
            message = f"{kubeconfig()}: context {context!r}: a certificate or key cannot be read: {first_line(error)}"
            raise UsageError(message, hint=_HINT) from None

    def address(self) -> ServerAddress | None:
        """The server's address; None where urllib3 must find the way: by a proxy, or with a fingerprint to compare."""
        known = self.pool.connection_pool_kw
        if type(self.pool) is not urllib3.PoolManager or known.get("assert_hostname") is not None:
            return None
        return ServerAddress(
            self.host, known.get("ssl_context"), str(known.get("server_hostname") or ""), keep=CONNECTIONS
        )

    def bearer(self) -> str:
        """The value of the header Authorization; empty where a certificate, or nothing, says who we are."""
        return _bearer_of(self._settings)


def kubeconfig() -> str:
    """The files that are read, as KUBECONFIG has them. The client reads that variable once, when it is imported."""
    return os.environ.get("KUBECONFIG") or str(kube_config.KUBE_CONFIG_DEFAULT_LOCATION)


def _settings_of(context: str) -> Configuration:
    settings = Configuration()
    settings.connection_pool_maxsize = CONNECTIONS
    with _ONE_AT_A_TIME, _said_aloud() as errors:
        try:
            kube_config.load_kube_config(kubeconfig(), context, settings)  # type: ignore[no-untyped-call]
            usable = isinstance(settings.host, str) and _is_address(settings.host)
            odd = [key for key, value in _words(settings).items() if not isinstance(value, str | None)]
        except Exception as error:  # noqa: BLE001 - nothing of ours runs in there: it is the file that is wrong
            raise UsageError(f"{kubeconfig()}: context {context!r}: {_why(error)}", hint=_HINT) from None
    if not usable:
        message = f"{kubeconfig()}: context {context!r}: its cluster's server is not an address: {settings.host!r:.100}"
        raise UsageError(message, hint=_HINT)
    if odd:
        raise UsageError(f"{kubeconfig()}: context {context!r}: its cluster's {odd[0]} is not text", hint=_HINT)
    if errors:
        hint = "run the plugin of users.*.user.exec by hand; it has to print an ExecCredential"
        raise WorldError(f"context {context!r}: no credentials: {errors[0].splitlines()[0][:300]}", hint=hint)
    return settings


def _words(settings: Configuration) -> dict[str, object]:
    """What the client hands to urllib3 as it stands in the file."""
    return {"proxy-url": settings.proxy, "tls-server-name": settings.tls_server_name}


def _impersonation_of(context: str) -> Mapping[str, Sequence[str]]:
    try:
        return impersonation_headers(kubeconfig(), context)
    except ValueError as error:
        raise UsageError(f"{kubeconfig()}: context {context!r}: {error}", hint=_HINT) from None


def _is_address(text: str) -> bool:
    """One whose host can be looked up: no part of a name has more than 63 characters."""
    url = urllib3.util.parse_url(text)
    try:
        (url.host or "").strip("[]").encode("idna")
    except UnicodeError:
        return False
    return url.scheme in _SCHEMES and bool(url.host)


def _why(error: Exception) -> str:
    """Python's own words say nothing about a kubeconfig."""
    if isinstance(error, yaml.YAMLError):
        return f"it is not valid YAML: {' '.join(str(error).split())[:300]}"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, ConfigException | OSError | UnicodeDecodeError | binascii.Error | LocationValueError):
        return first_line(error)
    return f"it does not have the shape of a kubeconfig ({type(error).__name__}: {first_line(error)})"


def _pool_of(settings: Configuration) -> urllib3.PoolManager:
    """Connections with these credentials, which are in memory from now on and in no file of ours any more."""
    pool: urllib3.PoolManager = ApiClient(settings).rest_client.pool_manager
    if settings.host.startswith("https:"):
        context = create_urllib3_context(cert_reqs=pool.connection_pool_kw["cert_reqs"])
        if settings.ssl_ca_cert:
            context.load_verify_locations(settings.ssl_ca_cert)
        else:
            context.load_default_certs()
        if settings.cert_file:
            context.load_cert_chain(settings.cert_file, settings.key_file or None)
        pool.connection_pool_kw |= {"ssl_context": context}
        for name in ("ca_certs", "cert_file", "key_file"):
            pool.connection_pool_kw.pop(name, None)
    forget_files()
    return pool


def _bearer_of(settings: Configuration) -> str:
    """The value of the header Authorization; empty where a certificate, or nothing, says who we are."""
    with _ONE_AT_A_TIME, _said_aloud():
        token = settings.auth_settings().get("BearerToken", {}).get("value")
    forget_files()
    return str(token or (settings.get_basic_auth_token() if settings.username else "") or "")


def forget_files() -> None:
    """Remove what the client wrote: at its exit it does the same, but a killed process has no exit."""
    with _ONE_AT_A_TIME, suppress(AttributeError):
        loading._cleanup_temp_files()  # type: ignore[no-untyped-call]  # noqa: SLF001 - it has no other name


@contextmanager
def _said_aloud() -> Iterator[list[str]]:
    """What the client only logs, with its plugins bounded in time."""
    said: list[str] = []

    class Heard(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    root, heard, bounded = (
        logging.getLogger(),
        Heard(logging.ERROR),
        SimpleNamespace(Popen=_Plugin, PIPE=subprocess.PIPE),
    )
    provider: Any = importlib.import_module("kubernetes.config.exec_provider")
    before = provider.subprocess
    root.addHandler(heard)
    provider.subprocess = bounded
    try:
        yield said
    finally:
        provider.subprocess = before
        root.removeHandler(heard)
