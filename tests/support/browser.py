"""A headless Chromium at the other end of a pipe: the DevTools protocol without a port and without a library."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from tests.support.ci import IN_CI

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
_FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe")
_WAIT_S = 60.0


def program() -> str:
    """The browser's path; a skip where there is none, a failure in CI (.ci/run installs one)."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        reason = f"no browser: none of {', '.join(NAMES)} is installed"
        if IN_CI:
            pytest.fail(reason)
        pytest.skip(reason)
    return found


class Page:
    """One page. ``with Page(tmp_path) as page: page.open(file)``; ``said`` is what the browser complained about."""

    def __init__(self, folder: Path) -> None:
        from_us, to_us = os.pipe(), os.pipe()
        command = ["bash", "-c", f'exec "$@" 3<&{from_us[0]} 4>&{to_us[1]}', "bash", program(), *_FLAGS]
        self._process = subprocess.Popen(
            [*command, f"--user-data-dir={folder / 'profile'}", "about:blank"],
            pass_fds=(from_us[0], to_us[1]),
            env={**os.environ, "HOME": str(folder)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(from_us[0])
        os.close(to_us[1])
        self._to, self._from = os.fdopen(from_us[1], "wb", buffering=0), os.fdopen(to_us[0], "rb")
        self._number, self._session = 0, ""
        self._events: list[dict[str, Any]] = []
        target = next(t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page")
        attached = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(_WAIT_S)
        self._to.close()
        self._from.close()

    @property
    def said(self) -> list[str]:
        """Errors and refusals, of scripts and of the page's own policy."""
        entries = [event["params"]["entry"]["text"] for event in self._events if event["method"] == "Log.entryAdded"]
        return entries + [
            e["params"]["exceptionDetails"]["text"] for e in self._events if "exceptionThrown" in e["method"]
        ]

    @property
    def asked(self) -> list[str]:
        """Every address that was asked for."""
        return [e["params"]["request"]["url"] for e in self._events if e["method"] == "Network.requestWillBeSent"]

    def size(self, width: int, height: int, *, phone: bool = False) -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)

    def open(self, file: Path, anchor: str = "") -> None:
        """Until it is loaded."""
        self.call("Page.navigate", url="about:blank")
        self._until("Page.loadEventFired")
        self._events.clear()
        self.call("Page.navigate", url=f"{file.as_uri()}{f'#{anchor}' if anchor else ''}")
        self._until("Page.loadEventFired")

    def value(self, expression: str) -> Any:
        """What an expression comes to in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def call(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        self._to.write(json.dumps(message | ({"sessionId": self._session} if self._session else {})).encode() + b"\0")
        while True:
            found = self._next()
            if found.get("id") == self._number:
                assert "error" not in found, (method, found)
                return found["result"]
            self._events.append(found)

    def _until(self, method: str) -> None:
        while not any(event["method"] == method for event in self._events):
            self._events.append(self._next())
        self._events = [event for event in self._events if event["method"] != method]

    def _next(self) -> dict[str, Any]:
        raw = bytearray()
        while (byte := self._from.read(1)) != b"\0":
            assert byte, "the browser is gone"
            raw += byte
        found: dict[str, Any] = json.loads(raw)
        return found


def shown(page: Page, selector: str) -> Mapping[str, Any]:
    """Where an element is, in the window."""
    found: Mapping[str, Any] = page.value(f"document.querySelector({selector!r}).getBoundingClientRect().toJSON()")
    return found
