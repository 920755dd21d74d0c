"""The formats of the API server, at their edges; what it answers itself is held in tests/cluster and on the corpus."""

import time

import pytest

from pipeline.core.kube.validation.constraints import constraints
from pipeline.core.kube.validation.formats import FORMATS
from pipeline.core.kube.validation.times import schedule, time_zone

ACCEPTED = {
    "port-name": ["http", "a", "http-1", "1a", "x" * 15],
    "label": ["a", "a-b", "1", "x" * 63],
    "subdomain": ["a.b", "x" * 64, "1.2"],
    "qualified": ["a", "A_b.c", "example.org/a"],
    "config-key": ["a", ".a", "A_b-c.d"],
    "network": ["10.0.0.0/8", "2001:db8::/32"],
    "quantity1": ["1m", "1Gi"],
    "json-path": [".a", '.a[?(@.type == "Ready")].b'],
}
REFUSED = {
    "port-name": ["", "Http", "a--b", "80", "-a", "a-", "x" * 16, "a_b"],
    "label": ["", "A", "a.b", "-a", "a-", "x" * 64],
    "subdomain": ["", "a..b", ".a", "a.", "A", "x" * 254],
    "qualified": ["", "/a", "a/", "a/b/c", "Example.org/a", "x" * 64],
    "config-key": ["", ".", "..", "..a", "a/b", "a b"],
    "network": ["10.0.0.1/8", "10.0.0.0", "10.0.0.0/33", "a/8"],
    "quantity1": ["0", "-1", "x"],
    "json-path": ["", ".", "a", ".a b"],
}


@pytest.mark.parametrize("name", sorted(ACCEPTED))
def test_the_edges_of_a_format(name: str) -> None:
    accepts = FORMATS[name].accepts
    assert [text for text in ACCEPTED[name] if not accepts(text)] == []
    assert [text for text in REFUSED[name] if accepts(text)] == []


@pytest.mark.parametrize("text", ["* * * * *", "*/5 0-6 1,15 jan-mar MON", "@daily", "@every 1h30m", "0 0 ? * 0"])
def test_a_schedule_that_fits(text: str) -> None:
    assert schedule(text)


@pytest.mark.parametrize(
    "text",
    ["", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "*/0 * * * *", "5-1 * * * *", "@often", "* * * * 7"],
)
def test_a_schedule_that_does_not(text: str) -> None:
    assert not schedule(text)


def test_time_zones() -> None:
    assert all(map(time_zone, ["UTC", "Etc/UTC", "Europe/Berlin", "America/Argentina/Ushuaia"]))
    assert not any(map(time_zone, ["", "Local", "local", "Nonsense", "../etc/passwd", "Berlin"]))


@pytest.mark.slow
def test_every_format_takes_linear_time() -> None:
    hostile = ("a" * 100_000, "a-" * 50_000, "a." * 50_000, "/a" * 50_000, "1" * 100_000, "@every " + "1h" * 50_000)
    start = time.perf_counter()
    for form in FORMATS.values():
        for text in hostile:
            form.accepts(text)
    assert time.perf_counter() - start < 30


def test_what_a_minor_asks_is_its_own() -> None:
    name = {minor: constraints("core.v1.Service.metadata", minor).values["name"] for minor in (35, 36)}
    assert name[35].check("1a")
    assert not name[36].check("1a")
    assert "serviceName" not in constraints("apps.v1.StatefulSetSpec", 32).values
    assert constraints("apps.v1.StatefulSetSpec", 33).values["serviceName"].check("A")


def test_numbers_and_texts_of_one_field() -> None:
    port = constraints("core.v1.HTTPGetAction", 37).values["port"].check
    assert [port(value) for value in (1, 65535, "http")] == ["", "", ""]
    assert all(port(value) for value in (0, 65536))
