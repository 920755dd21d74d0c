"""A stateful GitHub over real HTTP: the few endpoints of a sticky comment, with its limits and its errors."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class FakeGitHub:
    """``fail`` holds answers (status, headers) that come before the real ones."""

    def __init__(self, login: str = "github-actions[bot]", page: int = 100) -> None:
        self.login, self.page = login, page
        self.comments: dict[int, dict[str, Any]] = {}
        self.fail: list[tuple[int, dict[str, str], str]] = []
        self.log: list[tuple[str, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def add(self, login: str, body: str) -> dict[str, Any]:
        number = max(self.comments, default=0) + 1
        self.comments[number] = {"id": number, "user": {"login": login}, "body": body}
        return self.comments[number]

    def bodies(self) -> list[str]:
        return [comment["body"] for comment in self.comments.values()]

    def answer(self, method: str, path: str, token: str, data: Any) -> tuple[int, Any, dict[str, str]]:
        self.log.append((method, path))
        if self.fail:
            status, headers, message = self.fail.pop(0)
            return status, {"message": message}, headers
        if token != "Bearer secret-token":
            return 401, {"message": "Bad credentials"}, {}
        if path == "/user":
            return (200, {"login": self.login}, {}) if "[bot]" not in self.login else (403, {"message": "no user"}, {})
        if match := re.match(r"/repos/o/r/issues/7/comments(?:\?(.*))?$", path):
            return self._listing(match[1] or "") if method == "GET" else self._create(data)
        if match := re.match(r"/repos/o/r/issues/comments/(\d+)$", path):
            return self._one(method, int(match[1]), data)
        return 404, {"message": "Not Found"}, {}

    def _listing(self, query: str) -> tuple[int, Any, dict[str, str]]:
        found = re.search(r"(?:^|&)page=(\d+)", query)
        page = int(found[1]) if found else 1
        rows = list(self.comments.values())[(page - 1) * self.page : page * self.page]
        link = f'<{self.url}/repos/o/r/issues/7/comments?per_page=100&page={page + 1}>; rel="next"'
        return 200, rows, {"Link": link} if page * self.page < len(self.comments) else {}

    def _create(self, data: Any) -> tuple[int, Any, dict[str, str]]:
        if len(data["body"]) > 65536:
            errors = [{"message": "Body is too long (maximum is 65536 characters)"}]
            return 422, {"message": "Validation Failed", "errors": errors}, {}
        return 201, self.add(self.login, data["body"]), {}

    def _one(self, method: str, number: int, data: Any) -> tuple[int, Any, dict[str, str]]:
        if number not in self.comments:
            return 404, {"message": "Not Found"}, {}
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
