import pytest

from pipeline.core.render.helm_errors import render_error
from pipeline.core.render.order import RenderOrder

ORDER = RenderOrder("rel", "ns", "charts/web", chart_name="web 1.2.3")

ADVICE = "Use --debug flag to render out invalid YAML\n"
INNER = "    error calling include:\nweb/charts/sub/templates/_y.tpl:12:3\n  executing …"


@pytest.mark.parametrize(
    ("said", "template", "line", "detail"),
    [
        (
            "Error: execution error at (web/templates/a.yaml:2:9): password is required\n\n" + ADVICE,
            "web/templates/a.yaml",
            2,
            "execution error at (web/templates/a.yaml:2:9): password is required",
        ),
        (
            f"Error: web/templates/a.yaml:4:7\n  executing at <x>:\n{INNER}",
            "web/charts/sub/templates/_y.tpl",
            12,
            None,
        ),
        (
            "Error: YAML parse error on web/templates/a.yaml: error converting YAML to JSON: yaml: line 7: did not",
            "web/templates/a.yaml",
            7,
            None,
        ),
        ("Error: parse error at (web/templates/a.yaml:3): unclosed action", "web/templates/a.yaml", 3, None),
        ("Error: chart requires kubeVersion: >=1.19.0-0 which is incompatible", "", 0, None),
        ("", "", 0, "helm gave no reason"),
    ],
)
def test_template_and_line_are_read_from_helms_message(said: str, template: str, line: int, detail: str | None) -> None:
    error = render_error(ORDER, said)
    assert (error.template, error.line) == (template, line)
    assert detail is None or error.detail == detail
    assert str(error).startswith("release 'rel': chart web 1.2.3 does not render")
