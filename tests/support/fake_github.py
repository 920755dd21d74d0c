"""A stateful GitHub over real HTTP: the few endpoints of a sticky comment, with its limits and its errors.

Answers have every field that GitHub's own description requires (tests/data/github.json); ``close`` holds all that was
said against that description.
"""

import json
import re
import threading
from copy import deepcopy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support import openapi

SHAPES = json.loads((Path(__file__).parents[1] / "data" / "github.json").read_text())


class FakeGitHub:
    """``fail`` holds answers (status, headers, message) that come before the real ones."""

    def __init__(self, login: str = "github-actions[bot]", page: int = 100) -> None:
        self.login, self.page = login, page
        self.comments: dict[int, dict[str, Any]] = {}
        self.pulls: list[dict[str, Any]] = []
        self.read_only = False
        self.fail: list[tuple[int, dict[str, str], str]] = []
        self.exchanges: list[openapi.Exchange] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def log(self) -> list[tuple[str, str]]:
        return [(exchange.method, exchange.path) for exchange in self.exchanges]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        openapi.hold(self.exchanges)

    def add(self, login: str, body: str) -> dict[str, Any]:
        number = max(self.comments, default=0) + 1
        comment: dict[str, Any] = deepcopy(SHAPES["comment"]) | {"id": number, "body": body}
        comment["user"]["login"] = login
        self.comments[number] = comment
        return comment

    def open_pull(self, number: int, repository: str, branch: str, commit: str) -> None:
        pull = deepcopy(SHAPES["pull"]) | {"number": number, "state": "open"}
        pull["head"] |= {"ref": branch, "sha": commit, "label": f"{repository.partition('/')[0]}:{branch}"}
        pull["head"]["repo"]["full_name"] = repository
        self.pulls.append(pull)

    def bodies(self) -> list[str]:
        return [comment["body"] for comment in self.comments.values()]

    def answer(self, method: str, path: str, token: str, data: Any) -> tuple[int, Any, dict[str, str]]:
        if self.fail:
            status, headers, message = self.fail.pop(0)
            return status, _error(message), headers
        if token != "Bearer secret-token":
            return 401, _error("Bad credentials"), {}
        if self.read_only and method != "GET":
            return 403, _error("Resource not accessible by integration"), {}
        if path == "/user":
            if "[bot]" in self.login:
                return 403, _error("Resource not accessible by integration"), {}
            return 200, SHAPES["user"] | {"login": self.login}, {}
        if path.startswith("/repos/o/r/pulls?"):
            return self._pulls(parse_qs(urlsplit(path).query))
        if match := re.match(r"/repos/o/r/issues/7/comments(?:\?(.*))?$", path):
            return self._listing(match[1] or "") if method == "GET" else self._create(data)
        if match := re.match(r"/repos/o/r/issues/comments/(\d+)$", path):
            return self._one(method, int(match[1]), data)
        return 404, _error("Not Found"), {}

    def _pulls(self, query: dict[str, list[str]]) -> tuple[int, Any, dict[str, str]]:
        found = [pull for pull in self.pulls if [pull["head"]["label"]] == query["head"]]
        return 200, [pull for pull in found if [pull["state"]] == query["state"]], {}

    def _listing(self, query: str) -> tuple[int, Any, dict[str, str]]:
        found = re.search(r"(?:^|&)page=(\d+)", query)
        page = int(found[1]) if found else 1
        rows = list(self.comments.values())[(page - 1) * self.page : page * self.page]
        link = f'<{self.url}/repos/o/r/issues/7/comments?per_page=100&page={page + 1}>; rel="next"'
        return 200, rows, {"Link": link} if page * self.page < len(self.comments) else {}

    def _create(self, data: Any) -> tuple[int, Any, dict[str, str]]:
        if len(data["body"]) > 65536:
            errors = [{"code": "custom", "message": "Body is too long (maximum is 65536 characters)"}]
            return 422, _error("Validation Failed") | {"errors": errors}, {}
        return 201, self.add(self.login, data["body"]), {}

    def _one(self, method: str, number: int, data: Any) -> tuple[int, Any, dict[str, str]]:
        if number not in self.comments:
            return 404, _error("Not Found"), {}
        if method == "DELETE":
            del self.comments[number]
            return 204, None, {}
        self.comments[number]["body"] = data["body"]
        return 200, self.comments[number], {}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                data = json.loads(self.rfile.read(length)) if length else None
                token = self.headers.get("Authorization", "")
                status, body, headers = fake.answer(self.command, self.path, token, data)
                said = {name.lower(): value for name, value in self.headers.items()}
                fake.exchanges.append(openapi.Exchange(self.command, self.path, said, data, status, deepcopy(body)))
                raw = b"" if body is None else json.dumps(body).encode()
                self.send_response(status)
                for name, value in (headers | {"Content-Length": str(len(raw))}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(raw)

            do_GET = do_POST = do_PATCH = do_DELETE = handle_any  # noqa: N815

            def log_message(self, *_arguments: object) -> None:
                pass

        return Handler


def _error(message: str) -> dict[str, Any]:
    return {"message": message, "documentation_url": "https://docs.github.com/rest"}
