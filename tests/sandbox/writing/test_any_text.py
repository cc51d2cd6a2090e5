"""Whatever a submission's text is, programs of it are written and can be read, or a plain error ends the search."""

import contextlib
import warnings
from itertools import product

from hypothesis import example, given
from hypothesis import strategies as st

from backmark.grader.errors import CandidateError, SubmissionError
from backmark.worker.sandbox.inside.entry import Entry
from backmark.worker.sandbox.inside.writing.edited import EDITED
from tests.local import LocalWriter

BARE = {"made": [], "helpers": [], "template": "", "call": ""}
SITED = {**BARE, "hooked": True}
CONSTANTS = (
    *("0", "1", "-1", "2.5", "1e999", "-1e999", "1e999j", "9" * 400, "0x" + "f" * 300, "True", "None", "..."),
    *(
        '"\\ud800"',
        "b'\\x00'",
        '"a\\nb"',
        "'\\\\ '",
        '"""\\"\\"\\" \\\\"""',
        'f"{x!r:>{y}}"',
        "f'{x}\\ud800{{'",
        'f"{x=}"',
    ),
)
NAMES = ("x", "y", "np", "self", "print", "backmark_value", "_", "été", "f")
OPERATORS = ("+", "-", "*", "/", "@", "**", "//", "%", "<", "==", "is not", "not in", "and", "or", "<<", "|")


def join(*parts: str | st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return texts of these parts."""
    made = (st.just(part) if isinstance(part, str) else part for part in parts)
    return st.tuples(*made).map("".join)


def extend(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return expressions of others."""
    name = st.sampled_from(NAMES)
    return st.one_of(
        join("(", inner, " ", st.sampled_from(OPERATORS), " ", inner, ")"),
        join(st.sampled_from(("-", "~", "not ")), inner),
        join(inner, "[", inner, ":", inner, ", None, ...]"),
        join(inner, "[", inner, "]"),
        join(inner, ".", name),
        join("f(", inner, ", *", inner, ", axis=", inner, ", **", inner, ")"),
        join("np.sum(", inner, ", axis=0)"),
        join("(", inner, " if ", inner, " else ", inner, ")"),
        join("[", inner, " for x in ", inner, " if ", inner, "]"),
        join("{", inner, ": ", inner, " for x, y in ", inner, "}"),
        join("(lambda x=", inner, ": ", inner, ")"),
        join("(", inner, ", ", inner, ",)"),
        join("{**", inner, "}"),
        join('f"{', st.sampled_from(NAMES), '}{{}}"'),
        join("super().", name, "(", inner, ")"),
    )


EXPRESSIONS = st.recursive(st.sampled_from((*CONSTANTS, *NAMES)), extend, max_leaves=8)
TARGETS = st.sampled_from(("x", "_", "self.x", "x[0]", "x, y", "(x, *y)", "[x, y[:1]]", "x = y", "été", "np"))
SIMPLE = st.one_of(
    join(TARGETS, " = ", EXPRESSIONS),
    join("x = (z := ", EXPRESSIONS, ")"),
    join("x = yield ", EXPRESSIONS),
    join("x, *y = ", EXPRESSIONS),
    join("x = y = ", EXPRESSIONS),
    join("x[", EXPRESSIONS, "] += ", EXPRESSIONS),
    join("u: ", EXPRESSIONS, " = ", EXPRESSIONS),
    join("return ", EXPRESSIONS),
    join("del x, y[", EXPRESSIONS, "]"),
    join("assert ", EXPRESSIONS, ", ", EXPRESSIONS),
    join("raise ", EXPRESSIONS, " from None"),
    st.sampled_from(("pass", "import os.path as x", "from math import pi", "def f(): pass")),
    join(st.sampled_from(CONSTANTS)),
)


def indent(block: str) -> str:
    """Return a block one level deeper."""
    return "\n".join(f"    {line}" for line in block.split("\n"))


def nest(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return blocks of others."""
    block = st.lists(inner, min_size=1, max_size=3).map("\n".join).map(indent)
    return st.one_of(
        join("if ", EXPRESSIONS, ":\n", block, "\nelif x:\n", block, "\nelse:\n", block),
        join("for x, y in ", EXPRESSIONS, ":\n", block, "\nelse:\n", block),
        join("while ", EXPRESSIONS, ":\n", block),
        join("try:\n", block, "\nexcept (x, y) as z:\n", block, "\nfinally:\n", block),
        join("with ", EXPRESSIONS, " as x, y:\n", block),
        join("def f(x, /, y=", EXPRESSIONS, ", *, z: ", EXPRESSIONS, " = 1):\n", block),
        join("async def g(*x, **y):\n", block),
        join("@x", "\nclass C(x):\n", block),
        join("match ", EXPRESSIONS, ":\n    case [x, *_] if y:\n", block.map(indent)),
    )


STATEMENTS = st.recursive(SIMPLE, nest, max_leaves=6)
SOURCES = st.lists(STATEMENTS, min_size=1, max_size=5).map(
    lambda body: "def f(x, y):\n" + indent("\n".join(body)) + "\n    return x\n"
)


@example(f"def f(x, y):\n    return len(x) * {'9' * 400}\n")
@example("def f(x, y):\n    while x:\n        x = y\n    return x\n")
@given(SOURCES)
def test_any_text_is_written_or_refused_plainly(source: str) -> None:
    writer = LocalWriter()
    with warnings.catch_warnings(action="ignore"), contextlib.suppress(CandidateError, SubmissionError):
        writer.extract(source.encode(), "a.py", Entry("f"))
        statements = list(range(len(writer.write(SITED)["statements"])))[:2]
        for kind, hooked in product(EDITED, (True, False)):
            written = writer.write({**BARE, "statements": statements, "edits": kind, "hooked": hooked})
            read(written["text"])
        for number, kind in product(statements, EDITED):
            edits = writer.write({**BARE, "statements": [number], "edits": kind, "hooked": False})["edits"]
            for place in range(0, len(edits), 1 + len(edits) // 2):
                read(writer.write({**BARE, "made": [[number, kind, place]], "hooked": True})["text"])


def read(text: str) -> None:
    """Have a jail read a program, as the next one does; raises SubmissionError."""
    if text:
        LocalWriter().extract(text.encode(), "program.py", Entry("f"))
