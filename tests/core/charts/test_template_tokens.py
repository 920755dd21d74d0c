"""Templates are split without losing a letter, and nothing that may vary escapes the quick look at an action."""

import random

from pipeline.core.charts.template_tokens import TemplateAction, parts
from pipeline.core.render.stand_ins import MAY_VARY, NAMES, functions_in

BRACES = ["{{", "}}", "{{- ", " -}}", "{{-", "-}}", "(", ")", "/*", "*/"]
ODD = [" ", "\n", "é", "_", "1", "-", ".", "$", "x", '"', "`", "'", "|", ":=", ".AsConfig", "$f.AsSecrets", "\\"]
PIECES = (*sorted(NAMES), *BRACES, *ODD, "include")


def texts() -> list[str]:
    rng = random.Random(5)
    return ["".join(rng.choices(PIECES, k=rng.randrange(30))) for _ in range(3000)]


def test_nothing_is_lost() -> None:
    for text in texts():
        assert "".join(part if isinstance(part, str) else part.text for part in parts(text)) == text


def test_what_may_vary_is_seen_quickly() -> None:
    seen = 0
    for text in texts():
        for action in (part for part in parts(text) if isinstance(part, TemplateAction)):
            if any(functions_in(action)):
                seen += 1
                assert MAY_VARY(action.text), action.text
                assert MAY_VARY(text), text
    assert seen > 100
