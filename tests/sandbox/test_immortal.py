"""Objects whose counts stand still: seen in a process of their own, as they are so for good."""

import subprocess
import sys
import textwrap

import pytest

from backmark.worker.sandbox.inside import immortal
from backmark.worker.sandbox.inside.immortal import _possible

#: What each program prints, where this Python has such objects.
PROGRAMS = {
    "a count stands still": (
        """
        kept = ["held by others"]
        make_immortal([kept])
        before = sys.getrefcount(kept), sys.getrefcount(kept[0])
        others = [kept, kept[0]] * 1000
        print(before == (sys.getrefcount(kept), sys.getrefcount(kept[0])))
        """,
        "True",
    ),
    "what it leads to is so too, and its class": (
        """
        class Kept:
            pass
        kept = Kept()
        kept.inner = {"one": (1.5, [b"two"])}
        make_immortal([kept])
        parts = [Kept, kept.inner, kept.inner["one"], kept.inner["one"][0], kept.inner["one"][1][0]]
        print({sys.getrefcount(part) for part in parts} == {sys.getrefcount(kept)})
        """,
        "True",
    ),
    "what a dtype holds is so too": (
        """
        cut = np.dtype([("", "<f8", (2, 3)), ("", "<f8", (1, 1))])
        make_immortal([cut])
        print({sys.getrefcount(cut.names), sys.getrefcount(cut.fields["f0"])} == {sys.getrefcount(cut)})
        """,
        "True",
    ),
    "everything goes on as before, and a collection too": (
        """
        make_immortal(gc.get_objects())
        gc.collect()
        made = [dict(a=[n]) for n in range(1000)]
        made.append(made)
        del made
        print(gc.collect() > 0, np.ones((2, 2)) @ np.ones(2), json.loads("[1]"))
        """,
        "True [2. 2.] [1]",
    ),
    "what is not told stays mortal": (
        """
        kept, other = ["kept"], ["other"]
        make_immortal([kept])
        before = sys.getrefcount(other)
        others = [other]
        print(sys.getrefcount(other) - before)
        """,
        "1",
    ),
}


@pytest.mark.skipif(not _possible(), reason="this Python counts all references")
@pytest.mark.parametrize("program_name", PROGRAMS)
def test_an_object_that_is_immortal(program_name: str) -> None:
    program, output = PROGRAMS[program_name]
    head = (
        "import gc, json, sys\nimport numpy as np\nfrom backmark.worker.sandbox.inside.immortal import make_immortal\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", head + textwrap.dedent(program)], capture_output=True, text=True, check=True
    )
    assert process.stdout.strip() == output


def test_a_python_that_goes_on_counting_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As 3.11 goes on from the highest count of later ones, and here from a high one that is not the highest."""
    monkeypatch.setattr(immortal, "_IMMORTAL", 1 << 20)
    assert not immortal._possible.__wrapped__()


def test_where_python_counts_all_references_nothing_is_written() -> None:
    """As before 3.12, or in a Python without a global lock, where a count is somewhere else."""
    program = """
import sys
from backmark.worker.sandbox.inside import immortal
immortal._possible = lambda: False
kept = ["held"]
before = sys.getrefcount(kept)
immortal.make_immortal([kept])
print(sys.getrefcount(kept) == before)
"""
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert process.stdout.strip() == "True"
