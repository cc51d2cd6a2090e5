"""An author's dims cannot take the memory of the machine that draws them."""

import json
import subprocess
import sys

import pytest

from backmark.grader.contracts.cases import draw
from backmark.grader.contracts.language.assignment import assignment_to_json
from backmark.grader.contracts.language.expressions import MOST_ITEMS
from backmark.grader.errors import REFUSED
from tests.contracts.making import LINEAR, contract

#: Dims of a text or a list, each twice as long as the one before, or so many of nearly the most.
DOUBLING = "\n".join(f'a{place + 1} = "a{place} + a{place}"' for place in range(40))
MANY = "\n".join(f'b{place} = "range(9999)"' for place in range(150))


def draw_cases(toml: str, *, most_memory: int = draw.MOST_MEMORY) -> tuple[int, str]:
    """Draw a contract's cases in a process of their own; return its status, and the reason for which it refused."""
    lines = f"from backmark.grader.contracts.cases import draw; draw.MOST_MEMORY = {most_memory}; draw.main()"
    text = assignment_to_json(contract(toml)).encode()
    done = subprocess.run([sys.executable, "-c", lines], input=text, capture_output=True, timeout=100, check=False)
    return done.returncode, json.loads(done.stdout)["refused"] if done.returncode else ""


@pytest.mark.parametrize(
    ("dims", "name"),
    [
        (f'a0 = {{ of = ["{"x" * 100}"] }}\n{DOUBLING}', "dims.a6: a text"),
        (f'a0 = "range(9)"\n{DOUBLING}', "dims.a10: a list"),
        (MANY, "dims.b1: a list"),
    ],
)
def test_dims_that_grow_without_end_are_refused_by_name(dims: str, name: str) -> None:
    status, refusal = draw_cases(LINEAR.replace("[dims]\n", f"[dims]\n{dims}\n"))
    assert status == REFUSED
    assert refusal == f"{name} that is too long: all dims together have at most {MOST_ITEMS:,} items and characters"


@pytest.mark.skipif(sys.platform != "linux", reason="the address space of a process is limited on Linux")
def test_drawing_has_a_limit_of_its_own() -> None:
    """300 cases of some 8,000 numbers take more than 20 MiB."""
    toml = LINEAR.replace("cases = 30", "cases = 300").replace("N = [1, 4]", "N = [1, 4]\nQ = [63, 64]")
    toml = toml.replace('shape = "N D"', 'shape = "60 Q 2"')
    assert draw_cases(toml, most_memory=8 << 20) == (
        REFUSED,
        "they take more than 8 MiB of memory: let dims be smaller, or ask for fewer cases",
    )
    assert draw_cases(toml) == (0, "")
