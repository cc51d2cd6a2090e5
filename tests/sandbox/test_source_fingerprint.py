"""The fingerprint tells syntax trees apart, and nothing else, on every Python version."""

import pytest

from backmark.worker.sandbox.inside.entry import Entry
from backmark.worker.sandbox.inside.reading.source import extract
from tests.local import entry_of

PLAIN = "def f(a, *, b=1):\n  if a > 0:\n    return [a, b'x', 1.5, 2j, None]\n  return g(a)[1:]\n"
MATCH = """
def f(x):
  match x:
    case {'a': [1, *_] | None, **r} if r: pass
  try: pass
  except* E: x: int = (y := 2)
"""


def fingerprint(source: str) -> str:
    """Fingerprint `f`."""
    return extract(source.encode(), "homework.py", entry_of("f")).fingerprint


@pytest.mark.parametrize(
    "source",
    [
        PLAIN.replace("  return g", "  # TODO: a comment\n\n  return g"),
        PLAIN.replace("(a, *, b=1)", "( a,*,\n  b = 0x1, )"),
        PLAIN.replace("if a", '"""A docstring."""\n  if a'),
        "import os\n\ndef g(x): return x\n" + PLAIN,
        PLAIN.replace("  ", "\t"),
    ],
)
def test_comments_layout_docstrings_and_neighbours_do_not_matter(source: str) -> None:
    assert fingerprint(source) == fingerprint(PLAIN)


@pytest.mark.parametrize(
    "source",
    [
        PLAIN.replace("b=1", "b=True"),
        PLAIN.replace("b=1", "b=1.0"),
        PLAIN.replace("b'x'", "'x'"),
        PLAIN.replace("g(a)", "g(b)"),
        PLAIN.replace("a > 0", "a >= 0"),
        PLAIN.replace("[1:]", "[:1]"),
        PLAIN.replace("None]", "]"),
        "@staticmethod\n" + PLAIN,
        PLAIN.replace("return g", "'not a docstring'\n  return g"),
    ],
)
def test_every_difference_in_the_tree_matters(source: str) -> None:
    assert fingerprint(source) != fingerprint(PLAIN)


def test_of_several_graded_functions_each_counts_in_any_order() -> None:
    entry = Entry("f", ("g",))
    forward, filled_source = "def g(x): pass\n", "def g(x): return 2 * x\n"
    unfilled_fingerprint = extract((PLAIN + forward).encode(), "homework.py", entry).fingerprint
    assert extract((forward + PLAIN).encode(), "homework.py", entry).fingerprint == unfilled_fingerprint
    assert extract((PLAIN + filled_source).encode(), "homework.py", entry).fingerprint != unfilled_fingerprint
    assert extract(PLAIN.encode(), "homework.py", entry).fingerprint == fingerprint(PLAIN)


def test_the_last_definition_is_the_one_that_counts() -> None:
    assert fingerprint("def f(): pass\n" + PLAIN) == fingerprint(PLAIN)


def test_a_definition_in_a_block_has_the_fingerprint_of_the_definition() -> None:
    inner = "".join(f"  {line}\n" for line in PLAIN.splitlines())
    assert fingerprint(f"if True:\n{inner}") == fingerprint(PLAIN)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (PLAIN, "73fe8ac3ca8a2d167b7ba317a41137cbd558951ce078a33fe1cfc8eb610f79a8"),
        (
            "def f(x):\n  return f'a{x!r:>{x}}b' 'c' f'{x=}', -1, 'é\\u2028', 0xff, ...\n",
            "13a0e4d313d986f13bdd1aa7fe53f4c7518aca574b8713f7b5c1d7867b3e1592",
        ),
        (
            "class C:\n  'doc'\nasync def g(): pass\nf = lambda *a, **k: [i for i in a if i] or {**k}\n",
            "c2a162228054527971a0614d019fe7c0319e4d103d58d46ed57bd158fbf60f5e",
        ),
        (
            MATCH,
            "28c82de4226afd8aeefc65cf55f2a81ff993e2a47c95ae10eb5c175785dfd337",
        ),
    ],
)
def test_it_is_the_same_on_every_python_version(source: str, expected: str) -> None:
    assert fingerprint(source) == expected
