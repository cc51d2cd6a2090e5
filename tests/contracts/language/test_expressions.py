"""The language of dims and shapes: arithmetic, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backmark.grader.contracts.language.expressions import ExpressionError, evaluate, names

DIMS = {"N": 3, "d": [2, 4], "kind": "relu", "p": 0.5}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("N + 2 * d[1]", 11),
        ("prod(d) // N", 2),
        ("d + [1]", [2, 4, 1]),
        ("d[1:] + d[:1]", [4, 2]),
        ("range(N)", [0, 1, 2]),
        ("max(N, sum(d))", 6),
        ("1 / N", 1 / 3),
        ("-N ** 2", -9),
        ("N if kind == 'relu' else 0", 3),
        ("1 <= N < 4 and not p > 1", True),
        ("reversed(d)", [4, 2]),
    ],
)
def test_arithmetic_has_the_value_that_python_gives_it(text: str, value: object) -> None:
    assert evaluate(text, DIMS) == value


@pytest.mark.parametrize(
    "text",
    [
        *(
            "__import__('os')",
            "N.real",
            "(lambda: 1)()",
            "[n for n in d]",
            "open('x')",
            "f'{N}'",
            "N := 1",
            "import os",
        ),
        *("10 ** 10 ** 10", "d * 1000000", "range(10 ** 9)", "2 ** 65", "M + 1", "1 / 0", "d[9]", "N(", "x" * 400),
        *("max(key=N)", "d[::2]", "'a' * 100000", "1 << 3", "b'x'", "None"),
    ],
)
def test_whatever_else_is_written_is_refused_by_a_sentence(text: str) -> None:
    with pytest.raises(ExpressionError) as refusal:
        evaluate(text, DIMS)
    assert str(refusal.value)


def test_the_names_of_an_expression_are_those_of_values() -> None:
    assert names("prod(d) + max(N, 1)") == {"d", "N"}


@given(
    st.recursive(
        st.sampled_from(["N", "2", "3.5", "d[0]"]),
        lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner),
    )
)
def test_any_arithmetic_agrees_with_python(text: str) -> None:
    try:
        value = evaluate(text, DIMS)
    except ExpressionError:
        # Too large, or too long.
        return
    assert value == eval(text, {}, dict(DIMS))  # noqa: S307 - the text is made above


@pytest.mark.parametrize("text", ["t + t", "[t, 1, t]", "l + l", "[l, [l]]", "l * 2", "[t] * 9999"])
def test_texts_and_lists_are_bounded_where_they_grow(text: str) -> None:
    with pytest.raises(ExpressionError, match=r"a (text|list) that is too long"):
        evaluate(text, {"t": "x" * 6_000, "l": [0] * 6_000})
