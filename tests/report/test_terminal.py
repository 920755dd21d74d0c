"""The terminal's view: why, what to do, the lines of the diff; how much of it; nothing cut where it differs."""

import re

import pytest

from pipeline import rules
from pipeline.core.errors import UsageError
from pipeline.core.judge.build_report import Targets, build
from pipeline.core.judge.report_document import ReportDocument
from pipeline.core.judge.snapshot import ReleaseKey, ReleaseSide, Snapshot
from pipeline.core.judge.verdict import with_verdict
from pipeline.core.render.manifests import parse
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.upgrade import Side
from pipeline.report import terminal
from pipeline.report.change_sections import change_sections
from pipeline.report.look import UNWRAPPED, Look
from pipeline.report.narrowed import Narrowing
from pipeline.report.structured import document
from pipeline.report.terminal import DIGEST, Depth
from pipeline.report.word_marks import differing, windowed

DEPLOYMENT = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: %s, namespace: shop}\n"
    "spec:\n  selector: {matchLabels: {app: %s}}\n"
    "  template: {metadata: {labels: {app: %s}}, spec: {containers: [{name: a, image: %s}]}}\n---\n"
)
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: shop}\ndata: {a: '%s'}\n---\n"
CRD = (
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: ws.x.io}\nspec:\n"
    "  group: x.io\n  scope: Namespaced\n  names: {kind: W, plural: ws}\n  versions:\n"
    "  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, description: %s,"
    " properties: {spec: {type: object, description: %s, properties: {%s}}}}}}\n---\n"
)


def report(before: str, after: str, *environments: str) -> ReportDocument:
    keys = [ReleaseKey(name, "web") for name in environments or ("",)]
    sides = [
        Snapshot("x", {key: ReleaseSide("shop", Side(parse(text, namespace="shop")), "web", "1") for key in keys})
        for text in (before, after)
    ]
    return document(with_verdict(build(sides[0], sides[1], rules.load(), Targets()), Severity.BLOCKER))


def shown(data: ReportDocument, depth: Depth = DIGEST, width: int = UNWRAPPED) -> str:
    return terminal.render(data, Look(width=width), depth)


MANY = "".join(CONFIG % (f"a{n}", f"{n}") for n in range(60))
MANY_LATER = MANY.replace("data: {a: '", "data: {a: 'x")
IMAGES = DEPLOYMENT % ("web", "web", "web", "%s")
OLD, NEW = (MANY + IMAGES % "r/a:1", MANY_LATER + IMAGES % "r/a:2")


def test_what_runs_comes_before_what_only_describes_however_the_chart_orders_it() -> None:
    data = report(OLD, NEW)
    assert change_sections(data)[0].shown[0].resource.kind == "Deployment"
    text = shown(data)
    assert "    - image: r/a:1\n    + image: r/a:2\n" in text
    assert re.search(r"also changed: \d+ ConfigMaps {2}\(--full, or --only ConfigMap/a\d+\)", text)
    assert len(text.splitlines()) <= 120
    assert shown(data, Depth(full=True)).count("    + a: x") == 60


def test_brief_is_at_most_twenty_lines_and_stat_has_one_an_object() -> None:
    data = report(OLD, NEW)
    assert len(shown(data, Depth(brief=True)).splitlines()) <= 20
    assert len(re.findall(r"~ \w+ shop/\S+ +\| 1 path \+1 -1", shown(data, Depth(stat=True)))) == 61


def test_one_object_is_shown_in_full_and_an_unknown_one_is_refused() -> None:
    data = report(OLD, NEW)
    text = shown(data, Depth(only=Narrowing(("configmap/a7",))))
    assert "a: x7" in text
    assert "Deployment" not in text.split("\n\n", 1)[1]
    for wrong in ("ConfigMap/b", "web"):
        with pytest.raises(UsageError):
            shown(data, Depth(only=Narrowing((wrong,))))


def test_a_severity_leaves_what_is_as_serious_and_its_objects() -> None:
    data = report(
        DEPLOYMENT % ("web", "web", "web", "a:1") + MANY, DEPLOYMENT % ("web", "web2", "web2", "a:1") + NEW[:9]
    )
    text = shown(data, Depth(only=Narrowing((), "blocker")))
    assert "BLOCKER" in text
    assert "ConfigMap" not in text


def test_the_reason_says_what_happens() -> None:
    changed = DEPLOYMENT % ("web", "x", "x", "a:1") + DEPLOYMENT % ("api", "y", "y", "a:1")
    data = report(DEPLOYMENT % ("web", "web", "web", "a:1") + DEPLOYMENT % ("api", "api", "api", "a:1"), changed)
    assert shown(data).startswith("BLOCKED  2 changes will be rejected by the API server")


def test_the_reason_of_one_blocker_says_who_rejects_it() -> None:
    data = report(DEPLOYMENT % ("web", "web", "web", "a:1"), DEPLOYMENT % ("web", "x", "x", "a:1"))
    first = shown(data).splitlines()[0]
    assert first.startswith("BLOCKED  Deployment web: selector changes")
    assert first.endswith(", which the API server rejects")


def test_arguments_come_in_their_order_and_the_old_one_first() -> None:
    old, new = (DEPLOYMENT % ("web", "web", "web", "a:1") for _ in range(2))
    args = [f"'--{word}={n}'" for word in ("old", "new") for n in range(12)]
    old, new = (
        text.replace("image: a:1", f"image: a:1, args: [{', '.join(some)}]")
        for text, some in ((old, args[:12]), (new, args[12:]))
    )
    rows = [row.strip()[:10] for row in shown(report(old, new), Depth(full=True)).splitlines() if " args[" in row]
    assert rows == [f"{mark} args[{n}]:"[:10] for n in range(12) for mark in "-+"]


def test_equal_changes_of_several_environments_are_shown_once() -> None:
    text = shown(report(IMAGES % "r/a:1", IMAGES % "r/a:2", "prod", "test"), Depth(full=True))
    assert text.count("+ image: r/a:2") == 1
    assert "prod/web web 1, and the same in test/web" in text


def test_a_crd_is_told_as_fields_and_its_prose_as_one_count() -> None:
    before = CRD % ("old", "old", "gone: {type: string}")
    after = CRD % ("new", "new", "size: {type: integer}, tags: {type: array, items: {type: string, enum: [a, b]}}")
    lines = shown(report(before, after), Depth(full=True)).splitlines()
    told = [line.strip() for line in lines if re.match(r"    [-+#2]", line)]
    assert told == ["- v1 spec.gone: string", "+ v1 spec.size: integer", "+ v1 spec.tags: []string (a | b)",
                    "2 descriptions differ"]  # fmt: skip


@pytest.mark.parametrize("width", [60, 80, 200, UNWRAPPED])
def test_no_line_is_wider_than_the_terminal_and_none_is_cut_where_it_differs(width: int) -> None:
    long = "registry.example.org/" + "x" * 200
    text = shown(report(IMAGES % f"{long}/a:1", IMAGES % f"{long}/a:2"), width=width)
    assert re.search(r"- image: \S*/a:1\n", text)
    assert re.search(r"\+ image: \S*/a:2\n", text)
    if width != UNWRAPPED:
        assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("a: nginx:1", "a: nginx:2", ("1", "2")),
        ("same", "same", ("", "")),
        ("", "new", ("", "new")),
        ("x y z", "x q z", ("y", "q")),
        ("a a", "a a a", ("", " a")),
    ],
)
def test_the_words_that_differ_are_marked(old: str, new: str, parts: tuple[str, str]) -> None:
    before, after = differing(old, new)
    assert (old[before], new[after]) == parts


@pytest.mark.parametrize("room", [30, 60])
def test_a_long_pair_keeps_its_key_and_what_differs(room: int) -> None:
    old, new = (f"image: {'x' * 90}:{tag}{'y' * 90}" for tag in ("1", "22"))
    for text in windowed(old, new, room):
        assert len(text) <= room
        assert text.startswith("image: ")
    assert windowed(old, new, 60)[0] != windowed(old, new, 60)[1]


def test_colours_mark_the_words_and_a_rule_links_to_its_page() -> None:
    data = report(IMAGES % "r/a:1", IMAGES % "r/a:2")
    text = terminal.render(data, Look(colour=True, rules="https://docs.example.org/rules/"))
    assert "\x1b[32;7m2\x1b[0m" in text
    assert re.search(r"\x1b\]8;;https://docs\.example\.org/rules/image\.md#image-[a-z-]+\x1b\\", text)
