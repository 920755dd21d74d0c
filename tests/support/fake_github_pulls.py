"""The stateful GitHub with pull requests that can be opened, changed, labelled and closed, of a real repository."""

import re
from copy import deepcopy
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.support.fake_github import SHAPES, FakeGitHub
from tests.support.fake_github_reviews import person
from tests.support.platforms import git

Answer = tuple[int, Any, dict[str, str]]
LABEL = {
    "id": 1,
    "node_id": "x",
    "url": "https://github.example/x",
    "color": "ededed",
    "default": False,
    "description": "",
}


class FakeGitHubPulls(FakeGitHub):
    """``repository`` is the bare repository that it serves: what is proposed must be there.

    ``may_create`` is the setting that lets GitHub Actions create pull requests.
    """

    def __init__(self, repository: Path) -> None:
        super().__init__()
        self.repository, self.may_create = repository, True

    def pull(self, number: int) -> dict[str, Any]:
        return next(pull for pull in self.pulls if pull["number"] == number)

    def end(self, number: int, merged_at: str | None = None) -> None:
        self.pull(number).update({"state": "closed", "merged_at": merged_at, "closed_at": "2026-01-01T00:00:00Z"})

    def answer(self, method: str, path: str, token: str, data: Any) -> Answer:
        usual = super().answer(method, path, token, data)
        if usual[0] != 404:
            return usual
        if (method, path) == ("POST", "/repos/o/r/pulls"):
            return self._open(data)
        if (match := re.fullmatch(r"/repos/o/r/pulls/(\d+)", path)) and method == "PATCH":
            self.pull(int(match[1])).update({key: data[key] for key in ("title", "body")})
            return 200, self._whole(int(match[1])), {}
        if match := re.fullmatch(r"/repos/o/r/issues/(\d+)/labels(?:/(.+))?", path):
            return self._labels(self.pull(int(match[1])), unquote(match[2] or ""), data)
        return usual

    def _pulls(self, query: dict[str, list[str]]) -> Answer:
        found = [pull for pull in self.pulls if [pull["head"]["label"]] == query["head"]]
        return 200, [pull for pull in reversed(found) if query["state"] in (["all"], [pull["state"]])], {}

    def _open(self, data: dict[str, Any]) -> Answer:
        if not self.may_create:
            return 403, _error("GitHub Actions is not permitted to create or approve pull requests."), {}
        branches = git(self.repository, "branch", "--format=%(refname:short)").splitlines()
        there = [pull for pull in self.pulls if pull["head"]["ref"] == data["head"] and pull["state"] == "open"]
        if there or not {data["head"], data["base"]} <= {*branches}:
            said = f"A pull request already exists for o:{data['head']}." if there else "head invalid"
            return 422, _error("Validation Failed") | {"errors": [{"code": "custom", "message": said}]}, {}
        number = len(self.pulls) + 1
        self.open_pull(number, "o/r", data["head"], git(self.repository, "rev-parse", data["head"]).strip())
        self.pull(number).update({"title": data["title"], "body": data["body"], "labels": [], "merged_at": None})
        for owner in (self.pull(number), self.pull(number)["head"], self.pull(number)["base"]):
            owner["user"] = person(self.login)
        return 201, self._whole(number), {}

    def _whole(self, number: int) -> dict[str, Any]:
        whole: dict[str, Any] = deepcopy(SHAPES["pull_more"]) | self.pull(number) | {"merged": False}
        return whole

    def _labels(self, pull: dict[str, Any], gone: str, data: Any) -> Answer:
        names = [label["name"] for label in pull["labels"]]
        if gone and gone not in names:
            return 404, _error("Label does not exist"), {}
        names = [name for name in names if name != gone] + list((data or {"labels": []})["labels"])
        pull["labels"] = [LABEL | {"name": name} for name in dict.fromkeys(names)]
        return 200, pull["labels"], {}


def _error(message: str) -> dict[str, Any]:
    return {"message": message, "documentation_url": "https://docs.github.com/rest"}
