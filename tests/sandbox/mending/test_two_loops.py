"""Headers of loops are matched whatever numbers their statements have."""

import ast

import pytest

from backmark.worker.sandbox.inside.mending.groups import list_functions
from backmark.worker.sandbox.inside.mending.matching import Matcher

SOLUTION = """
def f(a, b):
    s = np.zeros(3)
    for i in range(len(a)):
        s[i] = a[i] * 2
    t = np.zeros(3)
    for j in range(len(b)):
        t[j] = b[j] * s[j]
    return s, t
"""


@pytest.mark.parametrize("spare", range(7))
def test_both_headers_have_a_match(spare: int) -> None:
    lines = "".join(f"    spare{number} = a\n" for number in range(spare))
    own, solution = (
        list_functions([ast.parse(text)]) for text in (SOLUTION.replace("(a, b):\n", f"(a, b):\n{lines}"), SOLUTION)
    )
    pair = Matcher(solution, own).pairs["f"]
    assert len(pair.headers) == 2
