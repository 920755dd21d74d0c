"""The parts of GitHub's REST API that comments and pull requests need.

GitHub Enterprise has the same API at another address.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx

from pipeline.adapters.retry import TryAgainError, tried
from pipeline.core.errors import WorldError

API_VERSION = "2022-11-28"
_ATTEMPTS = 5
_FIRST_WAIT_SECONDS = 1.0
_LONGEST_WAIT_SECONDS = 60.0
_MAY_GET_WELL = frozenset({500, 502, 503, 504})
_LIMITED = frozenset({403, 429})
_PAGE = 100
_ACTIONS = "github-actions[bot]"
_ALLOW = "Settings, Actions, General: allow GitHub Actions to create pull requests; or use a token of a GitHub App"


class TooLongError(Exception):
    """GitHub takes no body of that length."""


class NotAllowedError(Exception):
    """The token may not do that: a fork's token never may comment."""


@dataclass(frozen=True, slots=True)
class GitHub:
    """``api`` without a slash at its end, ``repository`` as OWNER/NAME."""

    api: str
    token: str = field(repr=False)
    repository: str

    def login(self) -> str:
        """Who the token is, as REST names it: Apps carry ``[bot]``."""
        answer = self._request("GET", "/user")
        if answer.status_code == httpx.codes.FORBIDDEN and "not accessible" in _said(answer):
            return _ACTIONS  # an installation's token has no user
        return str(self._checked(answer).json()["login"])

    def comments(self, number: int) -> Iterator[dict[str, Any]]:
        """All comments of a pull request, oldest first."""
        return self._pages(f"/repos/{self.repository}/issues/{number}/comments?per_page={_PAGE}")

    def pull_requests(self, owner: str, branch: str) -> Iterator[dict[str, Any]]:
        """The open pull requests from a branch of ``owner``'s fork."""
        query = urlencode({"state": "open", "head": f"{owner}:{branch}", "per_page": _PAGE})
        return self._pages(f"/repos/{self.repository}/pulls?{query}")

    def every_pull_request(self, owner: str, branch: str) -> Iterator[dict[str, Any]]:
        """Those of any state from a branch of that name in ``owner``'s repositories, the newest first."""
        query = urlencode({"state": "all", "head": f"{owner}:{branch}", "per_page": _PAGE})
        return self._pages(f"/repos/{self.repository}/pulls?{query}")

    def open_pull_request(self, title: str, body: str, head: str, base: str) -> int:
        """Its number."""
        data = {"title": title, "body": body, "head": head, "base": base}
        answer = self._request("POST", f"/repos/{self.repository}/pulls", data)
        if answer.status_code == httpx.codes.FORBIDDEN and "not permitted to create" in _said(answer):
            raise WorldError(f"GitHub answers {answer.status_code}: {_said(answer)}", hint=_ALLOW)
        return int(self._checked(answer).json()["number"])

    def update_pull_request(self, number: int, title: str, body: str, base: str) -> None:
        data = {"title": title, "body": body, "base": base}
        self._checked(self._request("PATCH", f"/repos/{self.repository}/pulls/{number}", data))

    def add_labels(self, number: int, labels: Iterable[str]) -> None:
        data = {"labels": list(labels)}
        self._checked(self._request("POST", f"/repos/{self.repository}/issues/{number}/labels", data))

    def remove_label(self, number: int, label: str) -> None:
        """Nothing where it has no such label."""
        path = f"/repos/{self.repository}/issues/{number}/labels/{quote(label, safe='')}"
        answer = self._request("DELETE", path)
        if answer.status_code != httpx.codes.NOT_FOUND:
            self._checked(answer)

    def get(self, path: str, hint: str = "") -> Any:
        """What is at ``path`` below the repository's own address; None where there is nothing, or nothing for us."""
        answer = self._request("GET", f"/repos/{self.repository}/{path}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return self._checked(answer, hint).json()

    def get_all(self, path: str) -> Iterator[dict[str, Any]]:
        """The items of a list of many pages at ``path`` below the repository's own address."""
        return self._pages(f"/repos/{self.repository}/{path}?per_page={_PAGE}")

    def _pages(self, first: str) -> Iterator[dict[str, Any]]:
        url: str | None = first
        while url:
            answer = self._checked(self._request("GET", url))
            yield from answer.json()
            url = answer.links.get("next", {}).get("url")
            if url and _host(url) != _host(self.api):
                raise WorldError(f"GitHub's next page lies on another host: {_host(url)}")

    def create(self, number: int, body: str) -> int:
        answer = self._request("POST", f"/repos/{self.repository}/issues/{number}/comments", {"body": body})
        return int(self._checked(answer).json()["id"])

    def update(self, comment: int, body: str) -> None:
        self._checked(self._request("PATCH", f"/repos/{self.repository}/issues/comments/{comment}", {"body": body}))

    def delete(self, comment: int) -> None:
        self._checked(self._request("DELETE", f"/repos/{self.repository}/issues/comments/{comment}"))

    def _request(self, method: str, url: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """One request, tried again as GitHub asks: bad gateways, and limits that say when to come back."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": API_VERSION,
            "User-Agent": "pipeline",
        }
        full = url if "://" in url else f"{self.api}{url}"
        with httpx.Client(timeout=30, headers=headers) as client:

            def once() -> httpx.Response:
                try:
                    answer = client.request(method, full, json=body)
                except httpx.HTTPError as error:
                    raise TryAgainError(f"GitHub at {_host(self.api)} does not answer: {error}") from error
                return _final(answer)

            try:
                return tried(once, _ATTEMPTS, _FIRST_WAIT_SECONDS)
            except _NotYetError as error:
                return error.answer
            except TryAgainError as error:
                raise WorldError(str(error)) from error

    def _checked(self, answer: httpx.Response, hint: str = "") -> httpx.Response:
        if answer.is_success:
            return answer
        said = _said(answer)
        if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY and "too long" in said:
            raise TooLongError(said)
        if answer.status_code == httpx.codes.FORBIDDEN and "not accessible" in said:
            raise NotAllowedError(said)
        usual = "the token needs pull-requests: write on that repository"
        if answer.status_code in _LIMITED and "rate limit" in said.lower():
            usual = "GitHub's limit is used up: run it again later"
        raise WorldError(f"GitHub answers {answer.status_code}: {said}", hint=hint or usual)


class _NotYetError(TryAgainError):
    """GitHub answered, and asks to come back."""

    def __init__(self, answer: httpx.Response, wait_seconds: float | None) -> None:
        super().__init__(answer.reason_phrase, wait_seconds)
        self.answer = answer


def _final(answer: httpx.Response) -> httpx.Response:
    """The answer, where it stands.

    As GitHub asks ("Best practices for using the REST API"): what Retry-After says; else, with nothing remaining, until
    the limit is reset; else a minute where a secondary limit was met.
    """
    after = answer.headers.get("retry-after", "")
    reset = answer.headers.get("x-ratelimit-reset", "")
    used_up = answer.headers.get("x-ratelimit-remaining") == "0"
    limited = answer.status_code in _LIMITED and (after or used_up or "rate limit" in _said(answer).lower())
    if answer.status_code not in _MAY_GET_WELL and not limited:
        return answer
    wanted = None
    if after.isdigit():
        wanted = float(after)
    elif limited and used_up and reset.isdigit():
        wanted = max(float(reset) - time.time(), 1.0)
    elif limited and not used_up:
        wanted = _LONGEST_WAIT_SECONDS
    raise _NotYetError(answer, None if wanted is None else min(wanted, _LONGEST_WAIT_SECONDS))


def _said(answer: httpx.Response) -> str:
    try:
        data = answer.json()
    except ValueError:
        return answer.reason_phrase
    if not isinstance(data, dict):
        return answer.reason_phrase
    more = [str(error.get("message", "")) for error in data.get("errors") or () if isinstance(error, dict)]
    return " ".join(filter(None, [str(data.get("message", "")), *more]))[:300]


def _host(url: str) -> str:
    return urlsplit(url).netloc
