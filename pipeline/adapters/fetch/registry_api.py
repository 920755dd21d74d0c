"""Talks to an OCI registry (distribution specification 1.1): its challenges, tags, manifests and blobs.

By the house's own HTTP, and neither helm-python-sdk nor oras: helm_pull writes a whole archive to disk before anybody
can limit it, cannot be stopped, takes no certificate of ours, and does not hold a digest against the version; besides,
the SDK runs Go in this process. oras 0.2 reads a body of any size, and follows the Link of a tag list to any host.
"""

import re
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

import orjson

from pipeline.adapters.fetch.http_get import Download, Downloaded, Downloads, NoTlsError
from pipeline.adapters.fetch.registry_logins import RegistryLogin, login_for
from pipeline.adapters.fetch.server_identity import ServerIdentity, basic, identity_of, login_of
from pipeline.core.budget import Budget
from pipeline.core.charts.chart_urls import origin, shown_url
from pipeline.core.charts.reference import ChartRepository
from pipeline.core.charts.suggest import nearest
from pipeline.core.errors import WorldError
from pipeline.core.kube.resource import mapping, sequence

_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 401, 403, 404
_PARAMETER = re.compile(r'([A-Za-z_]+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))')
_NEXT_PAGE = re.compile(r'<([^>]*)>\s*;\s*rel="?next"?')
_MOST_PAGES = 1_000
_MOST_NAMES = 1_000
_PLAIN = "plainHTTP: true for oci://{} under repositories: in pipeline.yaml, if you trust the network between"
_MOST_HELPER_SECONDS = 30.0


@dataclass
class Registry:
    """One registry with the settings that pipeline.yaml has for it. Any number of threads may ask it at once."""

    host: str
    settings: ChartRepository
    root: Path
    downloads: Downloads
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _authorizations: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        host = "registry-1.docker.io" if self.host in ("docker.io", "index.docker.io") else self.host
        return f"{'http' if self.settings.plain_http else 'https'}://{host}"

    def get(self, path: str, place: str, budget: Budget, *, accept: str = "", packed: bool = True) -> Downloaded | None:
        """What lies at ``place`` (``manifests/1.2.3``) of the repository ``path``; None where there is no such thing.

        Raises:
            WorldError: the registry does not answer, or does not let us in.
        """
        url = place if place.startswith(("http://", "https://")) else f"{self.url}/v2/{path}/{place}"
        download = Download(
            url,
            self._identity(self._authorizations.get(path, "")),
            packed,
            {"Accept": accept} if accept else {},
            frozenset({200, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND}),
        )
        try:
            answer = self.downloads.get(download, budget)
        except NoTlsError as error:
            raise WorldError(error.message, hint=_PLAIN.format(self.host)) from error
        if answer.status == _UNAUTHORIZED:
            identity = self._identity(self._authorize(path, answer, budget))
            answer = self.downloads.get(replace(download, identity=identity), budget)
        if answer.status in (_UNAUTHORIZED, _FORBIDDEN):
            raise WorldError(f"{shown_url(url)}: the server answers {answer.status}{_said(answer)}", hint=self._hint())
        return None if answer.status == _NOT_FOUND else answer

    def tags(self, path: str, budget: Budget) -> list[str]:
        """Every tag, in the registry's order. A registry that sends the same page again and again is not asked again.

        Raises:
            WorldError: the registry has no such repository, or does not answer as one.
        """
        tags: dict[str, None] = {}
        place = "tags/list"
        for _ in range(_MOST_PAGES):
            answer = self.get(path, place, budget, packed=False)
            if answer is None:
                message = f"{self.host} has no repository {path}"
                hint = "check its name and your login: registries hide what you may not read"
                near = nearest(path, self._repositories(budget))
                raise WorldError(message, hint=f"did you mean {near}? Or {hint}" if near else hint)
            budget.packed(len(answer.body))
            before = len(tags)
            tags |= dict.fromkeys(
                tag for tag in sequence(self._json(answer, place).get("tags")) if isinstance(tag, str)
            )
            following = _NEXT_PAGE.search(answer.headers.get("link", ""))
            if following is None or len(tags) == before:
                return list(tags)
            place = self._page(path, place, following[1])
        raise WorldError(f"{self.host}/{path}: its tags have more than {_MOST_PAGES} pages", hint="pin a version")

    def _repositories(self, budget: Budget) -> list[str]:
        """Those that the registry names, if it names any: most public ones do not."""
        url = f"{self.url}/v2/_catalog?n={_MOST_NAMES}"
        try:
            answer = self.get("", url, budget, packed=False)
            names = sequence(self._json(answer, "the catalog").get("repositories")) if answer is not None else []
        except WorldError:
            return []
        return [name for name in names if isinstance(name, str)]

    def _page(self, path: str, place: str, link: str) -> str:
        here = place if place.startswith("http") else f"{self.url}/v2/{path}/{place}"
        there = urljoin(here, link)
        if origin(there) != origin(here):
            raise WorldError(f"{self.host}: its list of tags continues on another server ({shown_url(there)})")
        return there

    def _identity(self, authorization: str) -> ServerIdentity:
        own = identity_of(self.settings, self.root, self.url)
        token = own.authorization if own.authorization.startswith("Bearer ") else ""  # a password waits to be asked for
        return replace(own, authorization=authorization or token)

    def _authorize(self, path: str, answer: Downloaded, budget: Budget) -> str:
        """The Authorization header that the registry's challenge asks for."""
        challenge = answer.headers.get("www-authenticate", "")
        scheme, _, rest = challenge.partition(" ")
        login = self._login(budget)
        if scheme.lower() == "bearer":
            parameters = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(rest)}
            authorization = f"Bearer {self._token(path, parameters, login, budget)}"
        elif login and scheme.lower() == "basic":
            authorization = basic(login.username, login.password)
        else:
            raise WorldError(f"{self.url}: the registry asks for a login", hint=self._hint())
        with self._lock:
            self._authorizations[path] = authorization
        return authorization

    def _login(self, budget: Budget) -> RegistryLogin:
        username, password = login_of(self.settings, self.root)
        if username or password:
            return RegistryLogin(username, password)
        return login_for(self.host, max(0.1, min(_MOST_HELPER_SECONDS, budget.seconds_left)))

    def _token(self, path: str, parameters: dict[str, str], login: RegistryLogin, budget: Budget) -> str:
        """From the token service that the challenge names (Docker's token authentication, and OAuth 2 for tokens)."""
        realm = parameters.get("realm", "")
        if urlsplit(realm).scheme != "https" and not (self.settings.plain_http and realm.startswith("http://")):
            raise WorldError(f"{self.url}: its token service does not use https", hint="ask whoever runs it")
        asked: dict[str, str] = {"scope": parameters.get("scope") or f"repository:{path}:pull"}
        if "service" in parameters:
            asked["service"] = parameters["service"]
        own = identity_of(self.settings, self.root, self.url).certificates
        identity = ServerIdentity(origin(realm), "", own, self.host)
        if login.identity_token:
            form = {"grant_type": "refresh_token", "client_id": "pipeline", "refresh_token": login.identity_token}
            download = Download(realm, identity, packed=False, form=form | asked)
        else:
            known = basic(login.username, login.password) if login else ""
            join = "&" if urlsplit(realm).query else "?"
            download = Download(
                f"{realm}{join}{urlencode(asked)}", replace(identity, authorization=known), packed=False
            )
        answer = self._json(self.downloads.get(download, budget), "the token")
        token = answer.get("token") or answer.get("access_token")
        if not isinstance(token, str) or not token.isprintable() or not token.isascii():
            raise WorldError(f"{shown_url(realm)}: the token service sent no token")
        return token

    def _json(self, answer: Downloaded, what: str) -> dict[str, object]:
        try:
            return dict(mapping(orjson.loads(answer.body)))
        except orjson.JSONDecodeError as error:
            raise WorldError(f"{self.url}: {what.partition('?')[0]} is not JSON", hint="is this a registry?") from error

    def _hint(self) -> str:
        if any(login_of(self.settings, self.root)) or self.settings.token_env or self.settings.token_file:
            return "the registry does not take the credentials of the repository in pipeline.yaml; renew them"
        return f"helm registry login {self.host}, or usernameEnv and passwordEnv of the repository in pipeline.yaml"


def _said(answer: Downloaded) -> str:
    """The registry's own code, a word in capitals (distribution specification, "Error codes")."""
    try:
        first = mapping(next(iter(sequence(mapping(orjson.loads(answer.body)).get("errors"))), {}))
    except orjson.JSONDecodeError:
        return ""
    code = str(first.get("code") or "")
    return f" ({code})" if re.fullmatch(r"[A-Z_]{1,40}", code) else ""
