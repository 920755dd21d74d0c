"""Who we are to one server: the Authorization header and the certificates that pipeline.yaml names.

Values come from environment variables or files, never from pipeline.yaml itself, and are sent to that server alone.
"""

import base64
import os
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.adapters.guard import private_folder
from pipeline.core.charts.chart_urls import origin
from pipeline.core.charts.reference import ChartRepository
from pipeline.core.errors import UsageError

_LARGEST = 1_000_000
"""Bytes of a file that holds a credential or certificates: a bundle of all public authorities has 250 kB."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM texts: ``authorities`` beside those that the system trusts, our own ``certificate`` with its ``key``."""

    authorities: str = ""
    certificate: str = field(default="", repr=False)
    key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ServerIdentity:
    """``home`` is the only server (scheme, host, port) that gets ``authorization`` and our certificate."""

    home: tuple[str, str, int | None] | None = None
    authorization: str = field(default="", repr=False)
    certificates: Certificates = Certificates()
    title: str = ""
    """What errors call it: the repository's name in pipeline.yaml."""

    def authorization_for(self, url: str) -> str:
        return self.authorization if self.home is not None and origin(url) == self.home else ""

    def certificates_for(self, url: str) -> Certificates:
        """Elsewhere, after a redirect, the same authorities are trusted, and our own certificate is not shown."""
        if self.home is not None and origin(url) == self.home:
            return self.certificates
        return Certificates(self.certificates.authorities)


NOBODY = ServerIdentity()


def basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def identity_of(repository: ChartRepository, root: Path, url: str = "") -> ServerIdentity:
    """What pipeline.yaml says of ``repository``; relative files lie below ``root``. ``url`` is where it is reached.

    Raises:
        UsageError: a variable is not set, or a file cannot be read.
    """
    read = _Settings(repository, root)
    return ServerIdentity(
        origin(url or repository.url),
        read.authorization(),
        Certificates(
            read.value(repository.ca_env, repository.ca_file),
            read.value(repository.cert_env, repository.cert_file),
            read.value(repository.key_env, repository.key_file),
        ),
        repository.name,
    )


def login_of(repository: ChartRepository, root: Path) -> tuple[str, str]:
    """User and password as pipeline.yaml names them; both empty where it names none."""
    return _Settings(repository, root).login()


def unset(repository: ChartRepository) -> list[str]:
    """The variables that pipeline.yaml names for ``repository`` and that are not set, or empty."""
    named_in = repository
    named = (
        named_in.username_env,
        named_in.password_env,
        named_in.token_env,
        named_in.ca_env,
        named_in.cert_env,
        named_in.key_env,
    )
    return [name for name in named if name and not os.environ.get(name)]


@dataclass(frozen=True, slots=True)
class _Settings:
    repository: ChartRepository
    root: Path

    def authorization(self) -> str:
        token = self.value(self.repository.token_env, self.repository.token_file)
        if token:
            return f"Bearer {token}"
        username, password = self.login()
        return basic(username, password) if username or password else ""

    def login(self) -> tuple[str, str]:
        one = self.repository
        return self.value(one.username_env, ""), self.value(one.password_env, one.password_file)

    def value(self, variable: str, file: str) -> str:
        if variable:
            text = os.environ.get(variable)
            if not text:  # CI has a variable that is empty where it has no such secret
                what = "is not set" if text is None else "is empty"
                raise UsageError(f"repository {self.repository.name}: ${variable} {what}", hint=_export(variable))
        elif file:
            text = self._file(file)
        else:
            return ""
        if "PRIVATE KEY" not in text and "CERTIFICATE" not in text:
            text = text.strip()
            if not text.isprintable():  # it would end the header that it stands in
                where = f"${variable}" if variable else file
                raise UsageError(f"repository {self.repository.name}: {where} holds a control character")
        return text

    def _file(self, name: str) -> str:
        try:
            # A file that the user names, of the user's own.
            with open(os.path.join(self.root, os.path.expanduser(name)), encoding="utf-8") as opened:  # noqa: PTH111, PTH118, PTH123
                return opened.read(_LARGEST)
        except (OSError, ValueError) as error:
            reason = (error.strerror if isinstance(error, OSError) else "") or "it is not text"
            raise UsageError(f"repository {self.repository.name}: {name} cannot be read: {reason}") from error


def _export(variable: str) -> str:
    return f"export {variable}=…"


def tls_context(certificates: Certificates, title: str) -> ssl.SSLContext:
    """Trusts what the system trusts (and ``SSL_CERT_FILE``), and ``certificates.authorities``.

    Raises:
        UsageError: a certificate or a key is none.
    """
    import httpx  # noqa: PLC0415 - knows the authorities that come with Python's packages

    context = httpx.create_ssl_context()
    context.load_default_certs()
    try:
        if certificates.authorities:
            context.load_verify_locations(cadata=certificates.authorities)
        if certificates.certificate:
            with private_folder("certificate") as home:
                (home / "certificate.pem").write_text(certificates.certificate)
                (home / "key.pem").write_text(certificates.key)
                context.load_cert_chain(home / "certificate.pem", home / "key.pem", password="")
    except (OSError, ValueError, ssl.SSLError) as error:
        raise UsageError(f"repository {title}: its certificates cannot be read: {_why(error)}") from error
    return context


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else "") or str(error) or "not PEM"
