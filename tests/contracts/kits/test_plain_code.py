"""Code of a kit: arithmetic is taken, and nothing that reaches a file, a process or the interpreter."""

from dataclasses import replace

import pytest

from backmark.grader.contracts import gallery
from backmark.grader.contracts.judging.revision import load_packaged
from backmark.grader.contracts.kits.kit import Kit, dump_kit
from backmark.grader.contracts.kits.plain_code import NotPlainCodeError, require_plain
from backmark.grader.contracts.language import reading
from backmark.grader.contracts.language.assignment import ContractAssignment
from tests.night import by_day

REACHING = [
    "import os",
    "import numpy as np, os",
    "from os import system",
    "import numpy",
    "from numpy import *",
    "open('x')",
    "eval('1')",
    "exec('1')",
    "__import__('os')",
    "getattr(x, 'y')",
    "globals()",
    "breakpoint()",
    "x.__class__",
    "x.__globals__",
    "__builtins__['open']",
    "f = lambda: 0\nf.__code__",
    "(i for i in x).gi_frame",
    "np.load('x.npy')",
    "np.save('x', x)",
    "np.fromfile('x')",
    "np.lib.format.open_memmap('x')",
    "np.ctypeslib.load_library('x', '.')",
    "np.random.mtrand",
    "np.linalg.linalg.functools",
    "np.random",
    "x.tofile('y')",
    "x.dump('y')",
    "x.ctypes.data",
    "m = np\nm.load('x')",
    "[np][0].load('x')",
    "def f(np): return np.load",
    "global np",
    "async def f(): pass",
    "def f(): yield 1",
    "unknown(x)",
    "def unused(eval): return 0\neval('1')",
    "class Unused:\n    open = 1\nopen('x')",
    "[exec for exec in x]\nexec('1')",
    "try:\n    pass\nexcept ValueError as compile:\n    pass\ncompile('1', '', 'eval')",
    "f'{x.__class__}'",
    "match x:\n    case 1: pass",
    "x = " + "(" * 500 + "1" + ")" * 500,
    "this is no Python",
    "x\0",
    "#" * 100_000,
]


@pytest.mark.parametrize("code", REACHING)
def test_code_that_reaches_further_than_arithmetic_is_refused(code: str) -> None:
    with pytest.raises(NotPlainCodeError, match=r"^the lines (may|must) "):
        require_plain("the lines", code, ("x", "y"))


@pytest.mark.parametrize("name", ["eval", "open", "getattr", "__import__"])
def test_an_input_that_is_called_as_a_function_of_python_is_refused(name: str) -> None:
    """A kit names its inputs itself, and not all of its code has them."""
    with pytest.raises(NotPlainCodeError, match=f"^the lines may not use the name `{name}`"):
        require_plain("the lines", f"y = {name}(x)", ("x", name))


@pytest.mark.parametrize(
    "code",
    [
        "a, b = f(x, y)",
        "import numpy as np\n\ndef g(x):\n    return np.where(x > 0, 1.0, np.exp(x))",
        "layer = Layer(); layer.forward(x); out = layer.backward(y)\nloss = np.random.randn(3).sum()",
        "np.add.at(y, x, 1)\nz = [k for k in range(len(x)) if k]\nz.append(f'{x}')",
        "class Step:\n    def __init__(self):\n        self.rate = np.linalg.norm(x)",
    ],
)
def test_code_as_assignments_have_it_is_taken(code: str) -> None:
    require_plain("the lines", code, ("x", "y", "f", "Layer"))


@pytest.mark.parametrize("code", ["x = 1", "x; y", ""])
def test_a_result_is_one_expression(code: str) -> None:
    with pytest.raises(NotPlainCodeError, match="must be one expression"):
        require_plain("a result", code, ("x", "y"), expression=True)


@pytest.mark.parametrize("entry", by_day(gallery.list_gallery(), 4, lambda entry: entry.id))
def test_every_assignment_of_the_gallery_can_be_a_kit_with_its_solution(entry: gallery.GalleryEntry) -> None:
    """Their code is read as that of a stranger's kit: around the cases of another, which are not looked at here."""
    assignment = reading.read(entry.folder)
    assert isinstance(assignment, ContractAssignment)
    shipped = load_packaged("udl-7.2")
    kit = Kit.of(replace(shipped, assignment=assignment), with_solution=True)
    dump_kit(kit)
