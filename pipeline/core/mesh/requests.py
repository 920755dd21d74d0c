"""Which route a request takes through a proxy, as its Envoy chooses: by Host header, then by the first match."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pipeline.core.errors import UsageError
from pipeline.core.go_pattern import compiled
from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.mesh.envoy import EnvoyRoute, ProxyView, RouteTable, VirtualHost

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class MeshRequest:
    """``headers`` have lower-case names."""

    method: str
    host: str
    port: int
    path: str
    query: Mapping[str, str] = field(default_factory=dict, hash=False)
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)
    scheme: str = "http"

    def __str__(self) -> str:
        return f"{self.method} {self.scheme}://{self.host}:{self.port}{self.path}"


def parse_request(text: str, headers: tuple[str, ...] = ()) -> MeshRequest:
    """``[METHOD] [http[s]://]HOST[:PORT][/PATH][?QUERY]``; each of ``headers`` is ``NAME=VALUE``.

    Raises:
        UsageError: there is no host, or a port or a header cannot be read.
    """
    method, _, place = text.strip().rpartition(" ")
    try:
        parts = urlsplit(place if "://" in place else f"http://{place}")
        port, host = parts.port, parts.hostname
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in _PORTS:
        hint = "for example --at 'GET shop.example.org/api' or --at http://reviews:9080/reviews/1"
        raise UsageError(f"{text!r} names no request", hint=hint)
    pairs = dict[str, str]()
    for header in headers:
        name, sign, value = header.partition("=")
        if not sign or not name:
            raise UsageError(f"header {header!r} has no value", hint="--header NAME=VALUE")
        pairs[name.lower()] = value
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return MeshRequest(
        method.strip().upper() or "GET",
        host,
        port or _PORTS[parts.scheme],
        parts.path or "/",
        query,
        pairs,
        parts.scheme,
    )


@dataclass(frozen=True, slots=True)
class TakenRoute:
    """Where a request ends: the virtual host and the route; ``route`` is None where no route fits (404)."""

    table: str
    host: VirtualHost
    route: EnvoyRoute | None


def taken_route(view: ProxyView, request: MeshRequest) -> TakenRoute | None:
    """None where no HTTP route of the proxy is for the request's port."""
    for table in _tables(view, request):
        host = best_host(table, request.host)
        if host is not None:
            return TakenRoute(table.name, host, next((r for r in host.routes if fits(r.match, request)), None))
    return None


def _tables(view: ProxyView, request: MeshRequest) -> list[RouteTable]:
    """Of a gateway, virtual hosts name the port. A service's own table comes before that of the port."""
    tables = []
    for table in view.tables:
        own = table.name.rpartition(":")[0]
        if table.name.startswith(("http.", "https.")):
            if any(host.name.endswith(f":{request.port}") for host in table.hosts):
                tables.append(table)
        elif table.name == str(request.port):
            tables.append(table)
        elif table.name == f"{own}:{request.port}" and (own == request.host or own.startswith(f"{request.host}.")):
            tables.insert(0, table)
    return tables


def best_host(table: RouteTable, name: str) -> VirtualHost | None:
    """Envoy's choice: the whole name, else the longest wildcard, else ``*``."""
    wanted, best, best_so_far = name.lower(), -1, None
    for host in table.hosts:
        for domain in host.domains:
            lower = domain.lower()
            if lower == wanted:
                return host
            if lower.startswith("*") and wanted.endswith(lower[1:]) and len(lower) > best:
                best, best_so_far = len(lower), host
    return best_so_far


def fits(match: Mapping[str, Any], request: MeshRequest) -> bool:
    """Whether a route's match takes the request. Claims of a token are not known, so such a match never does."""
    if match.get("dynamic_metadata") or not _path_fits(match, request.path):
        return False
    known = {":method": request.method, ":authority": request.host, ":scheme": request.scheme, **request.headers}
    for header in sequence(match.get("headers")):
        value = known.get(header["name"].lower())
        if value is None and header.get("treat_missing_header_as_empty"):
            value = ""
        if _value_fits(header, value) == bool(header.get("invert_match")):
            return False
    queries = sequence(match.get("query_parameters"))
    return all(_value_fits(query, request.query.get(query["name"])) for query in queries)


def _path_fits(match: Mapping[str, Any], path: str) -> bool:
    if "safe_regex" in match:
        return _whole(str(mapping(match["safe_regex"]).get("regex", "")), path)
    fold = str.lower if match.get("case_sensitive") is False else str
    given = fold(path)
    if "path" in match:
        return given == fold(match["path"])
    if "path_separated_prefix" in match:
        prefix = fold(match["path_separated_prefix"])
        return given == prefix or given.startswith(f"{prefix}/")
    return given.startswith(fold(str(match.get("prefix", "/"))))


def _value_fits(query: Mapping[str, Any], value: str | None) -> bool:
    if value is None:
        return False
    text = mapping(query.get("string_match"))
    if "safe_regex" in text:
        return _whole(str(mapping(text["safe_regex"]).get("regex", "")), value)
    if "exact" in text:
        return value == str(text["exact"])
    return value.startswith(str(text.get("prefix", "")))


def _whole(pattern: str, text: str) -> bool:
    expression = compiled(f"^(?:{pattern})$")
    return expression is not None and expression.search(text) is not None
