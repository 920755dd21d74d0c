"""Serves Git repositories over https on loopback, by Git's own ``git http-backend``; with a password if one is set."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.chart_server import Asked, ChartServer, Reply, serving, tls
from tests.support.tools import tool


def _backend(root: Path, authorization: str) -> Callable[[Asked], Reply]:
    def answer(asked: Asked) -> Reply:
        if authorization and asked.headers.get("authorization") != authorization:
            return Reply(401, headers={"WWW-Authenticate": 'Basic realm="git"'})
        path, _, query = asked.path.partition("?")
        env = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": asked.headers.get("git-protocol", ""),
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "uploadpack.allowFilter",
            "GIT_CONFIG_VALUE_0": "true",
            "REQUEST_METHOD": asked.method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": asked.headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(asked.body)),
            "HTTP_CONTENT_ENCODING": asked.headers.get("content-encoding", ""),
            "REMOTE_ADDR": "127.0.0.1",
        }
        done = subprocess.run([tool("git"), "http-backend"], input=asked.body, capture_output=True, env=env, check=True)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        return Reply(int(headers.pop("Status", "200").split()[0]), body, headers)

    return answer


@contextmanager
def git_server(root: Path, certificate: tuple[Path, Path], authorization: str = "") -> Iterator[ChartServer]:
    with serving(_backend(root, authorization), tls(*certificate)) as server:
        yield server
