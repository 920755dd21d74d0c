"""The logins that docker and helm have made, as they lie on disk, and those of credential helpers.

Helm looks into its own file (``helm registry login``) and then into Docker's; so does this. A credential helper is a
program ``docker-credential-NAME`` that is asked with the host on stdin, as Docker asks it.
"""

import base64
import binascii
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from pipeline.adapters.process import Command, ToolMissingError, run
from pipeline.core.errors import WorldError
from pipeline.core.kube.resource import mapping

_DOCKER_HUB = ("docker.io", "index.docker.io", "registry-1.docker.io")
_HUB_KEY = "https://index.docker.io/v1/"
_LARGEST = 1_000_000
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_NO_CREDENTIALS = "credentials not found"
_TOKEN_USER = "<token>"  # noqa: S105 - the name that says that the secret is a token


@dataclass(frozen=True, slots=True)
class RegistryLogin:
    """User and password, or an ``identity_token`` that the registry's token service exchanges."""

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        return bool(self.username or self.password or self.identity_token)


ANONYMOUS = RegistryLogin()


def login_for(host: str, seconds: float) -> RegistryLogin:
    """The login for ``host`` (with its port); ANONYMOUS where there is none. ``seconds`` is what a helper may take.

    Raises:
        WorldError: a file cannot be read, or a helper fails.
    """
    keys = (_HUB_KEY, *_DOCKER_HUB) if host in _DOCKER_HUB else (host,)
    for path in config_files():
        config = _config(path)
        for key in keys:
            login = _of_config(config, key, path, seconds)
            if login:
                return login
    return ANONYMOUS


def config_files() -> Iterator[str]:
    """Helm's registry configuration, then Docker's: where their variables, or else their defaults, say."""
    yield os.environ.get("HELM_REGISTRY_CONFIG") or f"{_helm_home()}/registry/config.json"
    yield f"{os.environ.get('DOCKER_CONFIG') or _expanded('~/.docker')}/config.json"


def _helm_home() -> str:
    """As Helm's helmpath finds it."""
    if os.environ.get("HELM_CONFIG_HOME"):
        return os.environ["HELM_CONFIG_HOME"]
    if os.environ.get("XDG_CONFIG_HOME"):
        return f"{os.environ['XDG_CONFIG_HOME']}/helm"
    return _expanded("~/Library/Preferences/helm" if sys.platform == "darwin" else "~/.config/helm")


def _expanded(path: str) -> str:
    return os.path.expanduser(path)  # noqa: PTH111 - never raises


def _config(path: str) -> Mapping[str, Any]:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a file of the user's own
            data = file.read(_LARGEST)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise WorldError(f"{path}: {error.strerror}", hint="it holds logins of registries") from error
    try:
        return mapping(orjson.loads(data)) if data.strip() else {}
    except orjson.JSONDecodeError as error:
        raise WorldError(f"{path} is not JSON", hint="log in again: helm registry login HOST") from error


def _of_config(config: Mapping[str, Any], key: str, path: str, seconds: float) -> RegistryLogin:
    helpers = mapping(config.get("credHelpers"))
    helper = helpers.get(key) or config.get("credsStore")
    if isinstance(helper, str) and helper:
        login = _asked(helper, key, seconds)
        if login or key in helpers:
            return login
    for name, entry in mapping(config.get("auths")).items():
        if name == key or _host(name) == key:
            return _entry(mapping(entry), path)
    return ANONYMOUS


def _host(key: str) -> str:
    """Old files have URLs: ``https://registry.example.org/v1/``."""
    return key.removeprefix("https://").removeprefix("http://").partition("/")[0]


def _entry(entry: Mapping[str, Any], path: str) -> RegistryLogin:
    token, packed = entry.get("identitytoken"), entry.get("auth")
    if isinstance(token, str) and token:
        return RegistryLogin(identity_token=token)
    if not isinstance(packed, str) or not packed:
        return RegistryLogin(str(entry.get("username") or ""), str(entry.get("password") or ""))
    try:
        username, _, password = base64.b64decode(packed, validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise WorldError(
            f"{path}: a login in it is not base64", hint="log in again: helm registry login HOST"
        ) from error
    return RegistryLogin(username, password.rstrip("\0"))


def _asked(helper: str, key: str, seconds: float) -> RegistryLogin:
    if not _HELPER.fullmatch(helper):
        raise WorldError(f"the credential helper {helper[:80]!r} of Docker's configuration is not a program's name")
    program = f"docker-credential-{helper}"
    command = Command((program, "get"), stdin=key.encode(), timeout_seconds=seconds, fine=frozenset(range(256)))
    try:
        done = run(command)
    except ToolMissingError as error:
        hint = "install it, or log in without it: helm registry login HOST"
        raise ToolMissingError(f"{program} is not installed, and Docker's configuration names it", hint=hint) from error
    if done.code:
        said = done.stdout.decode("utf-8", "replace") + done.stderr
        if _NO_CREDENTIALS in said:
            return ANONYMOUS
        # What it said may hold what it knows.
        raise WorldError(f"{program} exited with {done.code}", hint=f"ask it yourself: echo {key} | {program} get")
    try:
        answer = mapping(orjson.loads(done.stdout))
    except orjson.JSONDecodeError as error:
        raise WorldError(f"{program} does not answer with JSON") from error
    username, secret = str(answer.get("Username") or ""), str(answer.get("Secret") or "")
    return RegistryLogin(identity_token=secret) if username == _TOKEN_USER else RegistryLogin(username, secret)
