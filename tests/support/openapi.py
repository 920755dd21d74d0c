"""GitHub's own description of its REST API (npm @octokit/openapi), to hold requests and answers against.

scripts/fetch_tools.py puts it into .tools/, pinned by digest. It is OpenAPI 3.0, whose ``nullable`` JSON Schema says
otherwise.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest
from jsonschema import Draft202012Validator

from tests.support.ci import IN_CI

FILE = Path(__file__).parents[2] / ".tools" / "api.github.com.json"
_OF_ANY_OPERATION = frozenset({401, 404, 429, 500, 502, 503, 504})
"""Statuses that GitHub documents for the API as a whole and not for its operations."""
_AN_ERROR = {"$ref": "#/components/schemas/basic-error"}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request over HTTP with its answer. Header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any
    status: int
    answer: Any


def hold(exchanges: list[Exchange]) -> None:
    """That GitHub would take every request, and gives such answers. Where it is absent: nothing, but in CI."""
    if FILE.exists() or IN_CI:
        found = [problem for exchange in exchanges for problem in problems(exchange)]
        assert found == [], found[:5]


def described() -> Mapping[str, Any]:
    """The description; a skip where it could not be fetched, a failure in CI."""
    if not FILE.exists():
        reason = "GitHub's API description is not there: make set-up-test fetches it, with npm"
        if IN_CI:
            pytest.fail(reason)
        pytest.skip(reason)
    return _read()


@cache
def _read() -> Mapping[str, Any]:
    raw = orjson.loads(FILE.read_bytes())
    raw["components"] = {key: _plain(value) for key, value in raw["components"].items() if key != "examples"}
    return raw  # type: ignore[no-any-return]


def problems(exchange: Exchange) -> Iterator[str]:
    """What is wrong with a request or its answer, each in a line."""
    name = f"{exchange.method} {exchange.path} {exchange.status}"
    url = urlsplit(exchange.path)
    found = _operation(exchange.method, url.path)
    if found is None:
        yield f"{name}: there is no such operation"
        return
    operation, values = found
    yield from (f"{name}: {problem}" for problem in _request(exchange, operation, values | dict(parse_qsl(url.query))))
    yield from (f"{name}: answer: {problem}" for problem in _answer(exchange, operation))


def _operation(method: str, path: str) -> tuple[Mapping[str, Any], dict[str, str]] | None:
    for template, item in described()["paths"].items():
        pattern = re.sub(r"\\\{([a-z_]+)\\\}", r"(?P<\1>[^/]+)", re.escape(template))
        match = re.fullmatch(pattern, path)
        if match and method.lower() in item:
            return item[method.lower()], match.groupdict()
    return None


def _request(exchange: Exchange, operation: Mapping[str, Any], values: Mapping[str, str]) -> Iterator[str]:
    if not exchange.headers.get("user-agent"):
        yield "GitHub refuses requests without a User-Agent"
    if exchange.headers.get("accept") != "application/vnd.github+json":
        yield "the recommended Accept is missing"
    if exchange.headers.get("x-github-api-version") not in described()["info"].get("x-versions", ["2022-11-28"]):
        yield "no version of the API is asked for"
    parameters = {item["name"]: item for item in map(_resolved, operation.get("parameters", ()))}
    yield from (f"unknown parameter {name}" for name in values.keys() - parameters.keys())
    for name, value in values.items():
        if name in parameters:
            schema = _plain(parameters[name]["schema"])
            typed = int(value) if schema.get("type") == "integer" and value.isdigit() else value
            yield from _wrong(typed, schema)
    body = operation.get("requestBody")
    if body is None and exchange.body is not None:
        yield "a body where none is taken"
    elif body is not None and (body.get("required") or exchange.body is not None):
        yield from _wrong(exchange.body, _plain(body["content"]["application/json"]["schema"]))


def _answer(exchange: Exchange, operation: Mapping[str, Any]) -> Iterator[str]:
    documented = operation["responses"].get(str(exchange.status))
    if documented is None:
        if exchange.status not in _OF_ANY_OPERATION:
            yield "GitHub does not document this status here"
        yield from _wrong(exchange.answer, _AN_ERROR)
        return
    content = _resolved(documented).get("content", {}).get("application/json")
    if content is None:
        yield from ["a body where there is none"] if exchange.answer is not None else []
    else:
        yield from _wrong(exchange.answer, _plain(content["schema"]))


def _wrong(value: Any, schema: Mapping[str, Any]) -> Iterator[str]:
    whole = {**schema, "components": described()["components"]}
    for error in Draft202012Validator(whole).iter_errors(value):
        yield f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}"


def _resolved(item: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in item:
        target: Any = described()
        for step in item["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        item = target
    return item


def _plain(schema: Any) -> Any:
    """OpenAPI 3.0's ``nullable`` as JSON Schema has it."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _plain(value) for key, value in schema.items() if key not in ("nullable", "example", "examples")}
    return {"anyOf": [found, {"type": "null"}]} if schema.get("nullable") is True else found
