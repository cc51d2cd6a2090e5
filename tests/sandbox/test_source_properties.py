"""Any bytes and any JSON give a slice or a refusal; and a slice does what the whole program does."""

import json
from textwrap import indent
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from backmark.worker.sandbox.inside.reading.source import Rejected, extract
from tests.local import entry_of

REASONS = {
    "binary", "empty", "encoding", "no_such_function", "not_a_function", "not_a_notebook",
    "syntax_error", "too_complex", "too_large",
}  # fmt: skip

words = (
    "def f ( ) : return x = 1 ' \" ''' # \\ % ! ? %% %%time { } [ ] , . @ * ** lambda class if else for in "
    "try except with as import from global K := f' é ; async await yield not - 0 1e9 coding: latin-1"
)
fragments = st.sampled_from([*words.split(), "\n", "\r", "\t", "\f", "\ud800", "\x00", "  "])
pythonish = st.lists(fragments, max_size=30).map(" ".join)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | pythonish,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
cells = st.fixed_dictionaries(
    {},
    optional={"cell_type": st.sampled_from(["code", "raw", 3]), "source": json_values, "input": json_values},
)
notebooks = st.fixed_dictionaries(
    {}, optional={"cells": st.lists(cells | json_values) | json_values, "worksheets": json_values}
)
names = st.sampled_from(["homework.py", "homework.ipynb", "homework"])


def outcome(source: bytes, filename: str) -> str:
    """Give the reason for a refusal, "slice" otherwise; any other exception is a failure."""
    part, refusal = None, Rejected("slice", "")
    try:
        part = extract(source, filename, entry_of("f"))
    except Rejected as error:
        refusal = error
    if part is None:
        assert refusal.message.encode()
        assert refusal.reason in REASONS
        return refusal.reason
    for line in range(1, part.code.count("\n") + 1):
        assert "line " in part.place(line)
        assert part.text(line).isprintable()
    return "slice"


@given(st.binary() | pythonish.map(lambda text: text.encode("utf-8", "surrogatepass")), names)
def test_any_bytes_give_a_slice_or_a_refusal(source: bytes, filename: str) -> None:
    outcome(source, filename)


@given(notebooks | json_values, names)
def test_any_json_gives_a_slice_or_a_refusal(document: Any, filename: str) -> None:
    outcome(json.dumps(document).encode(), filename)


@given(st.lists(pythonish, max_size=4))
def test_a_good_definition_survives_any_cells_before_it(sources: list[str]) -> None:
    document = [{"cell_type": "code", "source": source} for source in [*sources, "def f(): return 1"]]
    assert outcome(json.dumps({"cells": document}).encode(), "a.ipynb") == "slice"


# Programs of assignments and functions: g1 may call g0, g2 both, so that no call recurses.
values = st.sampled_from(["a", "b", "c"])
numbers = st.integers(0, 3)
atoms = (
    values | numbers.map(str) | st.sampled_from(["K", "t['x']", "g0()", "g1()", "g2()", "C.y", "[a for a in '1'][0]"])
)
expressions = st.builds("str({}) + str({})".format, atoms, atoms)


@st.composite
def functions(draw: st.DrawFn, name: str | None = None) -> str:
    """One function, perhaps with a default, a decorator, a local name or a `global`."""
    index = draw(st.integers(0, 2))
    allowed_text = expressions.filter(
        lambda text: all(f"g{level}" not in text for level in range(index if not name else 3, 3))
    )
    head = draw(st.sampled_from(["", "", "@wrap\n"])) + f"def {name or f'g{index}'}(p={draw(atoms)}):\n"
    bodies = ["", "  a = 'local'\n", "  def inner(): return c\n  c = p\n"]
    # Only in `f` itself: a slice does not follow what calls in statements that it leaves out do to globals.
    body = draw(st.sampled_from([*bodies, "  global b\n  b = 'set'\n"] if name else bodies))
    return f"{head}{body}  return str(p) + {draw(allowed_text)}\n"


assignments = st.builds("{} = {}\n".format, values, expressions)
heads = [
    "if a: pass\nelse:", "if len(b) > 1:", "with n():", "match c:\n case _:",
    "try: nowhere\nexcept NameError:",
]  # fmt: skip
#: Blocks that bind names that other statements bind, too.
blocks = st.builds(
    lambda head, body: f"{head}\n{indent(body, '  ')}",
    st.sampled_from(heads),
    assignments | functions() | st.just("from math import pi as a\n"),
)
statements = st.one_of(
    assignments,
    blocks,
    st.builds("{} = {}; print({})\n".format, values, expressions, values),
    st.builds("{}, {} = {}, {}\n".format, values, values, expressions, expressions),
    st.builds("{} += {}\n".format, values, expressions),
    st.builds("t['x'] = {}\n".format, expressions),
    st.builds("K, {} = 9, {}\n".format, values, expressions),
    st.builds("class C:\n  y = {}\n".format, expressions),
    st.sampled_from(["K = 9\n", "wrap = lambda g: g\n", "def wrap(g): return lambda *p: 'w' + str(g(*p))\n"]),
    functions(),
)
START = "from contextlib import nullcontext as n\nt = {'x': 1}\na, b, c = 1, 2, 3\nwrap = lambda g: g\n" + "".join(
    f"def g{index}(): return {index}\n" for index in range(3)
)


def result(program: str) -> str:
    """Return what `f()` returns, or the type of the exception that it raises."""
    module: dict[str, Any] = {"K": 4, "print": lambda *_: None}
    exec(program, module)  # noqa: S102 - a program of our own
    try:
        return repr(module["f"]())
    except Exception as error:  # noqa: BLE001 - whatever it is, the slice must raise it too
        return type(error).__name__


@given(st.lists(statements, max_size=10), functions("f"), st.lists(statements, max_size=3), st.booleans())
def test_a_slice_does_what_the_whole_program_does(
    before: list[str],
    f: str,
    after: list[str],
    in_cells: bool,  # noqa: FBT001 - Hypothesis passes it by name
) -> None:
    parts = [START, "class C:\n  y = 0\n", *before, f, *after]
    # In the whole program nothing but the harness may set `K`, as in the slice.
    whole_source = "".join(part.replace("K = 9\n", "").replace("K, ", "_, ") for part in parts)
    try:
        expected = result(whole_source)
    except Exception:  # noqa: BLE001 - a program that does not run is no example
        assume(False)  # noqa: FBT003
    document = {"cells": [{"cell_type": "code", "source": part} for part in parts]}
    source = json.dumps(document) if in_cells else "".join(parts)
    assert result(extract(source.encode(), "homework", entry_of("f")).code) == expected
