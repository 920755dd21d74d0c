"""The stateful GitHub with runs, reviews of environments, pull requests, their reviews, and who may write."""

import re
from copy import deepcopy
from typing import Any

from tests.support.fake_github import SHAPES, FakeGitHub

Answer = tuple[int, Any, dict[str, str]]
MERGED = "feed" + "0" * 36


class FakeReviews(FakeGitHub):
    """``trees`` maps a commit or a tree to the folders in it. ``writers`` may write, everybody else only read."""

    def __init__(self, page: int = 100) -> None:
        super().__init__(page=page)
        self.runs: dict[int, dict[str, Any]] = {}
        self.run_reviews: dict[int, list[dict[str, Any]]] = {}
        self.pull_reviews: dict[int, list[dict[str, Any]]] = {}
        self.authors: dict[str, str] = {}
        self.writers: set[str] = set()
        self.trees: dict[str, dict[str, str]] = {}

    def start(self, number: int, commit: str, actor: str) -> None:
        run = deepcopy(SHAPES["run"]) | {"id": number, "head_sha": commit}
        self.runs[number] = run | {"actor": person(actor), "triggering_actor": person(actor)}

    def review_run(self, number: int, login: str, state: str, environment: str, comment: str = "") -> None:
        review = {"user": person(login), "state": state, "environments": [{"name": environment}], "comment": comment}
        self.run_reviews.setdefault(number, []).append(review)

    def open(self, number: int, head: str, author: str) -> None:
        self.open_pull(number, "o/r", "topic", head)
        self.pulls[-1] |= deepcopy(SHAPES["pull_more"]) | {"user": person(author), "merged": False}
        for side in ("head", "base"):
            self.pulls[-1][side]["user"] = person(author)

    def merge(self, number: int, commit: str) -> None:
        pull = next(pull for pull in self.pulls if pull["number"] == number)
        pull |= {"merged": True, "state": "closed", "merge_commit_sha": commit}

    def review(self, number: int, login: str, state: str, commit: str, body: str = "") -> dict[str, Any]:
        review: dict[str, Any] = deepcopy(SHAPES["review"])
        review |= {"user": person(login), "state": state, "commit_id": commit, "body": body}
        self.pull_reviews.setdefault(number, []).append(review)
        return review

    def answer(self, method: str, path: str, token: str, data: Any) -> Answer:
        usual = super().answer(method, path, token, data)
        if usual[0] != 404 or method != "GET":
            return usual
        match = re.fullmatch(r"/repos/o/r/(\w+)/([^?]+)(?:\?(.*))?", path)
        if not match:
            return usual
        more = getattr(self, f"_at_{match[1]}", lambda *_: None)(match[2], match[3] or "")
        return more or usual

    def _at_actions(self, rest: str, _query: str) -> Answer | None:
        number = int(rest.split("/")[1])
        if number not in self.runs:
            return None
        return 200, self.run_reviews.get(number, []) if rest.endswith("/approvals") else self.runs[number], {}

    def _at_pulls(self, rest: str, query: str) -> Answer | None:
        number, _, what = rest.partition("/")
        if what == "reviews":
            return self._page(self.pull_reviews.get(int(number), []), f"/repos/o/r/pulls/{rest}", query)
        found = [pull for pull in self.pulls if pull["number"] == int(number)]
        return (200, found[0], {}) if found else None

    def _page(self, rows: list[dict[str, Any]], path: str, query: str) -> Answer:
        found = re.search(r"(?:^|&)page=(\d+)", query)
        page = int(found[1]) if found else 1
        link = f'<{self.url}{path}?per_page=100&page={page + 1}>; rel="next"'
        return (
            200,
            rows[(page - 1) * self.page : page * self.page],
            {"Link": link} if page * self.page < len(rows) else {},
        )

    def _at_collaborators(self, rest: str, _query: str) -> Answer:
        may = "write" if rest.partition("/")[0] in self.writers else "read"
        return 200, SHAPES["permission"] | {"permission": may, "role_name": may}, {}

    def _at_commits(self, rest: str, _query: str) -> Answer:
        author = person(self.authors[rest]) if rest in self.authors else None
        return 200, SHAPES["commit"] | {"sha": rest, "author": author}, {}

    def _at_git(self, rest: str, _query: str) -> Answer:
        sha = rest.partition("/")[2]
        names = self.trees.get(sha, {})
        rows = [{"path": name, "mode": "040000", "type": "tree", "sha": child} for name, child in names.items()]
        rows.append({"path": "rendered", "mode": "100644", "type": "blob", "sha": "x"})
        return 200, {"sha": sha, "tree": rows, "truncated": False}, {}


def person(login: str) -> dict[str, Any]:
    user: dict[str, Any] = deepcopy(SHAPES["comment"]["user"])
    return user | {"login": login, "type": "Bot" if login.endswith("[bot]") else "User"}
