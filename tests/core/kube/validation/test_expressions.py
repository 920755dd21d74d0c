"""CEL expressions of built-in objects: what is read, what is refused, and what is left to the API server."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.crd.cel.engine import NO_OLD, evaluate
from pipeline.core.kube.validation.cel_text import CelSyntaxError, CelUnsureError, read_cel
from pipeline.core.kube.validation.expressions import fault

NAMES = {"object", "variables", "cel", "optional"}


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("object.spec.replicas <= 5", ""),
        ("has(object.spec) && object.spec.containers.all(c, c.name != 'a' || c.image.startsWith(\"x\"))", ""),
        ("cel.bind(x, object.a, x + x == 2)", ""),
        ("object.?spec.?a.orValue(1) == 1 // why not", ""),
        ("optional.of(object).hasValue()", ""),
        ("object.m.all(k, v, k == v)", ""),
        ("Object{spec: Object.spec{replicas: 1}}", ""),
        ("r'\\d' + '''a\n'b''' == b'x'", ""),
        ("object.spec.replicas <=", "a CEL expression (it cannot be read from character 24 on)"),
        ("a b", "a CEL expression (it cannot be read from character 3 on)"),
        ("10.0.0.1", "a CEL expression (it cannot be read from character 5 on)"),
        ("thing.spec == 1", "of names that are declared here (thing is not)"),
        ("object.items.all(i, j > 1)", "of names that are declared here (j is not)"),
        ("'yes'", "an expression that gives true or false (it gives a string)"),
        ("1 + 1", "an expression that gives true or false (it gives a number)"),
        ("true ? [1] : [2]", "an expression that gives true or false (it gives a list)"),
    ],
)
def test_what_surely_does_not_compile_is_said(expression: str, said: str) -> None:
    assert fault(expression, NAMES) == said


@given(st.text("ab.?:(){}[],'\"+-!&|<=01xin \n/", max_size=30))
def test_whatever_the_text_is_it_is_read_or_refused(text: str) -> None:
    fault(text, NAMES)


@given(st.text("ab.?:()[],'+-!&|<=01 ", max_size=12))
def test_what_the_engine_evaluates_can_be_read(text: str) -> None:
    if evaluate(text, 1, NO_OLD) is None:
        return
    try:
        read_cel(text)
    except CelUnsureError:
        return
    except CelSyntaxError as error:
        raise AssertionError(text) from error
