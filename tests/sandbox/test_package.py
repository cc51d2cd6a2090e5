"""Packages: what of an archive is read, what is refused with which sentence, and how its files import each other."""

import contextlib
import json
import sys
import warnings
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backmark.worker.sandbox.inside.entry import Entry
from backmark.worker.sandbox.inside.importer import CourseModules, Importer, package_of
from backmark.worker.sandbox.inside.reading.notebook import NotebookCell
from backmark.worker.sandbox.inside.reading.rejection import Rejected
from backmark.worker.sandbox.inside.reading.source import Slice, extract
from backmark.worker.sandbox.inside.student import Student
from tests.sandbox.packages import LINK, pack

PATH = "cs231n/classifiers/net.py"
RIGHT = "def f(x):\n    return 2 * x\n"


@pytest.fixture(autouse=True)
def left_as_found() -> Iterator[None]:
    """Leave Python's imports as they were."""
    before = set(sys.modules)
    yield
    for finder in [finder for finder in sys.meta_path if isinstance(finder, Importer)]:
        finder.leave()
    for name in set(sys.modules) - before:
        del sys.modules[name]


def slice_package(files: Mapping[str, str | bytes] | bytes, path: str = PATH) -> Slice:
    source = files if isinstance(files, bytes) else pack(files)
    return extract(source, "hw.zip", Entry("f", package=path))


def run(
    files: Mapping[str, str | bytes], path: str = PATH, functions: Mapping[str, Any] | None = None, *stand_ins: str
) -> Any:
    """Return what `f(3)` returns; raises what a verdict would say that it raised."""
    course = CourseModules(package_of(path), functions or {}, stand_ins)
    student = Student(slice_package(files, path))
    try:
        return student.names(("",), {}, course)["f"](3)
    except NameError as error:
        raise student.find_cause(error) from None


@pytest.mark.parametrize("line", ["from .im2col import g", "from ..im2col import g"])
def test_a_file_that_the_package_lacks_is_named_as_it_stands(line: str) -> None:
    with pytest.raises(ModuleNotFoundError, match=rf"No module named '{line.split()[1]}'"):
        run({PATH: f"{line}\ndef f(x): return g(x)\n"})


def test_a_name_that_a_file_lacks_is_not_taken_for_a_missing_file() -> None:
    beside = "cs231n/classifiers/im2col.py"
    student = Student(slice_package({PATH: "from .im2col import g\ndef f(x): return g(x)\n", beside: "h = 1\n"}))
    names = student.names(("",), {}, CourseModules(package_of(PATH)))
    with pytest.raises(NameError) as error:
        names["f"](3)
    description = student.describe(error.value)
    assert description["type"] == "ImportError"
    assert description["message"].startswith("cannot import name 'g'")


def refusal(source: bytes | Mapping[str, str | bytes], path: str = PATH) -> Rejected:
    with pytest.raises(Rejected) as error:
        slice_package(source, path)
    return error.value


@pytest.mark.parametrize(
    "line",
    [
        "from ..layers import double",
        "from ..layers import *",
        "from cs231n.layers import *",
        "import cs231n.layers\ndouble = cs231n.layers.double",
        "from cs231n import layers\ndef double(x): return layers.double(x)",
        "from .helpers import *",
        "from helpers import double",
        "def double(x):\n    from ..layers import double as other\n    return other(x)",
    ],
)
def test_a_packages_files_import_each_other(line: str) -> None:
    files = {
        f"hw2/{PATH}": f"from builtins import range\n{line}\ndef f(x):\n    return double(x)\n",
        "hw2/cs231n/__init__.py": "",
        "hw2/cs231n/layers.py": "import numpy as np\ndef double(x):\n    return 2 * x\n",
        "hw2/cs231n/classifiers/helpers.py": "from cs231n.layers import *\n",
        "hw2/readme.md": "# Homework",
    }
    assert run(files) == 6


def test_a_file_without_a_folder_imports_those_beside_it() -> None:
    files = {
        "net.py": "from .a import one\nfrom b import two\ndef f(x):\n    return one(x) + two(x)\n",
        "a.py": "from .b import two\ndef one(x):\n    return -two(x)\n",
        "b.py": "def two(x):\n    return x\n",
    }
    assert run(files, "net.py") == 0


def test_calls_loops_and_what_fails_in_another_file_do_not_end_the_submission() -> None:
    """A course's own `fast_layers.py` has such lines; a notebook's cells may, too."""
    files = {
        PATH: "from ..layers import *\ndef f(x):\n    return double(x)\n",
        "cs231n/layers.py": (
            "try:\n    from .im2col_cython import im2col_cython\nexcept ImportError:\n    print('run setup.py')\n"
            "import matplotlib.pyplot as plt\nplt.rcParams['figure.figsize'] = 1\n"
            "TWO = 2\ndef double(x):\n    return TWO * x\n"
            "while True:\n    double(1)\nplot(double)\n"
            "if __name__ == '__main__':\n    raise SystemExit\n"
        ),
    }
    assert run(files) == 6


def test_what_a_missed_name_stood_for_is_named_with_its_line() -> None:
    files = {
        PATH: "from ..layers import *\ndef f(x):\n    return double(x)\n",
        "cs231n/layers.py": "from .nothing import *\ndef double(x):\n    return twice(x)\n",
    }
    source = slice_package(files)
    student = Student(source)
    with pytest.raises(NameError) as error:
        student.names(("",), {}, CourseModules("cs231n.classifiers"))["f"](3)
    description = student.describe(error.value)
    assert "`from .nothing import *` on line 1 of cs231n/layers.py was left out: it raised" in description["message"]
    assert f"line 3 of {PATH}, in f" in description["traceback"]
    assert "line 3 of cs231n/layers.py, in double" in description["traceback"]
    assert description["frames"] == [(1, 3), (2, 3)]


def test_a_file_that_is_not_python_is_an_error_where_it_is_missed_and_no_harm_elsewhere() -> None:
    broken_files: dict[str, str | bytes] = {"cs231n/a.py": "x = = 3\n", "cs231n/b.py": b"\xff\xfe\x00"}
    assert run({PATH: f"from ..a import *\n{RIGHT}", **broken_files}) == 6
    assert run({PATH: RIGHT, **broken_files}) == 6
    with pytest.raises(ImportError, match=r"line 1 of cs231n/a\.py is not valid Python"):
        run({PATH: f"from ..a import g\n{RIGHT.replace('2', 'g(2)')}", **broken_files})
    with pytest.raises(ImportError, match=r"cs231n/b\.py cannot be read"):
        run({PATH: f"from ..b import g\n{RIGHT.replace('2', 'g(2)')}", **broken_files})


def test_the_courses_functions_win_and_the_files_others_stay() -> None:
    """A student who rewrote the course's file is graded with the course's."""
    files = {
        PATH: "from ..layers import double, own\ndef f(x):\n    return own(x)\n",
        "cs231n/layers.py": "def double(x):\n    return 0\ndef own(x):\n    return double(x)\n",
    }
    assert run(files) == 0
    assert run(files, PATH, {"..layers": {"double": lambda x: 2 * x}}) == 6
    assert run(files, PATH, {"cs231n.layers": {"double": lambda x: 2 * x}}) == 6


@pytest.mark.parametrize(
    "name", ["numpy/__init__.py", "os.py", "backmark/worker/sandbox/inside/wire.py", "builtins.py"]
)
def test_a_file_never_stands_for_a_module_of_pythons_numpys_or_ours(name: str) -> None:
    module = name.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")
    files = {
        "net.py": f"import {module}\ndef f(x):\n    return hasattr({module}, 'hostile')\n",
        name: "hostile = True\n",
    }
    assert run(files, "net.py") is False


def test_modules_are_made_anew_for_each_module_of_the_students() -> None:
    """The course's functions see the dims of a case, and what a file remembers is its own module's."""
    files = {
        PATH: "from ..state import *\ndef f(x):\n    from ..state import k as late\n    return count(), k(), late()\n",
        "cs231n/state.py": "calls = []\ndef count():\n    calls.append(1)\n    return len(calls)\n",
    }
    student = Student(slice_package(files))

    def ask(key: int) -> Any:
        course = CourseModules("cs231n.classifiers", {"cs231n.state": {"k": lambda: key}})
        return student.names((key,), {}, course)["f"](0)

    assert [ask(1), ask(2), ask(1)] == [(1, 1, 1), (1, 2, 2), (2, 1, 1)]


def test_stand_ins_are_inert_until_they_are_used() -> None:
    plot_imports = (
        "import matplotlib.pyplot as plt\nfrom past.builtins import xrange\nfrom ..im2col_cython import *\n"
        "from matplotlib import cm\n"
    )
    method = "class Net:\n    def f(self, x): return 2 * x\n    def plot(self): plt.plot(cm.jet, xrange(3))\n"
    lines = f"{plot_imports}{method}def f(x):\n    return Net().f(x)\n"
    stand_ins = ("matplotlib", "past", "..im2col_cython")
    source = lines.replace("return Net().f(x)", "return Net().plot()")
    with pytest.raises(ModuleNotFoundError, match="No module named 'matplotlib'"):
        run({PATH: source})
    assert run({PATH: lines}, PATH, None, *stand_ins) == 6
    with pytest.raises(
        ImportError, match=r"The graded code uses `past\.builtins\.xrange`, but .* does not provide `past`"
    ):
        run({PATH: source}, PATH, None, *stand_ins)


@pytest.mark.parametrize(
    "use",
    [
        *("z(x)", "z[0]", "z + x", "x @ z", "-z", "float(z)", "len(z)", "[a for a in z]", "bool(z)", "z < x"),
        *("np.asarray(z)", "np.add(z, x)", "x * np.ones(2) + z", "z.a.b()", "setattr(z, 'a', 1)"),
        "__import__('types').new_class('C', (z,))",
    ],
)
def test_every_use_of_a_stand_in_names_it(use: str) -> None:
    with pytest.raises(ImportError, match=r"uses `tool\.z(\.a\.b)?`, but"):
        run({PATH: f"import numpy as np\nfrom tool import z\ndef f(x):\n    return {use}\n"}, PATH, None, "tool")


@pytest.mark.parametrize("prefix", ["./", "././", "./hw2/", "hw2/./", ".\\"])
def test_members_may_begin_with_the_folder_that_was_packed(prefix: str) -> None:
    """As of `find . -name "*.py"` handed to a program that keeps names as they are."""
    importing = "from ..layers import double\ndef f(x):\n    return double(x)\n"
    files = {f"{prefix}{PATH}": importing, f"{prefix}cs231n/layers.py": "def double(x):\n    return 2 * x\n"}
    assert run({"./": "", **files}) == 6


@pytest.mark.parametrize(
    ("files", "reason", "sentence"),
    [
        ({PATH: RIGHT, f"./{PATH}": RIGHT}, "bad_archive", "holds cs231n/classifiers/net.py twice"),
        ({PATH: RIGHT, "./../x.py": ""}, "bad_archive", "leads out of its folder"),
        ({PATH: RIGHT, ".//etc/x.py": ""}, "bad_archive", "an absolute path"),
        ({PATH: RIGHT, "./C:/x.py": ""}, "bad_archive", "an absolute path"),
        ({"a.py": "", "b/c.py": ""}, "no_such_file", f"There is no {PATH} in the archive, which holds a.py, b/c.py."),
        ({"net.py": ""}, "no_such_file", "which holds net.py. Put the file into that folder"),
        ({"a.txt": ""}, "no_such_file", "holds no Python file"),
        ({f"a/{PATH}": RIGHT, f"b/{PATH}": RIGHT}, "no_such_file", "more than once"),
        ({PATH: RIGHT, "../../etc/cron.d/x.py": ""}, "bad_archive", "leads out of its folder"),
        ({PATH: RIGHT, "/etc/passwd": ""}, "bad_archive", "an absolute path"),
        ({PATH: RIGHT, "C:\\x.py": ""}, "bad_archive", "an absolute path"),
        ({PATH: RIGHT, "a\\..\\..\\x": ""}, "bad_archive", "leads out of its folder"),
        ({PATH: RIGHT, "a//b.py": ""}, "bad_archive", "not a path that every system allows"),
        ({PATH: RIGHT, "a\x1b[2J.py": ""}, "bad_archive", "not a path that every system allows"),
        ({PATH: RIGHT, f"{'a' * 130}.py": ""}, "bad_archive", "has 133 characters"),
        ({PATH: RIGHT, "zeros.py": " " * 1_000_000}, "too_large", "unpacks to more than 100 times its size"),
        (
            {PATH: RIGHT, "long.py": bytes(range(256)) * 5000},
            "too_large",
            "bytes of Python, but the limit is 1,048,576",
        ),
        (dict.fromkeys([PATH, *(f"{i}.py" for i in range(500))], ""), "too_large", "501 Python files"),
        (dict.fromkeys([PATH, *map(str, range(5000))], ""), "too_large", "5,001 members"),
        ({PATH: "# nothing\n"}, "empty", f"{PATH} holds no code"),
        ({PATH: "def g(x): pass\n"}, "no_such_function", "Is this the right file?"),
        ({PATH: "def f(x:\n"}, "syntax_error", f"Line 1 of {PATH} is not valid Python"),
    ],
)
def test_an_archive_that_is_no_package_is_refused_with_a_sentence(
    files: Mapping[str, str | bytes], reason: str, sentence: str
) -> None:
    error = refusal(files)
    assert (error.reason, sentence in error.message) == (reason, True), error.message


def test_a_link_an_encrypted_member_a_repeated_one_and_another_method_are_refused() -> None:
    assert "is a link or a device" in refusal(pack({PATH: "/etc/passwd"}, external_attr=LINK)).message
    with warnings.catch_warnings(action="ignore"):
        twice = pack({PATH: RIGHT, "x.py": "", "y.py": ""}).replace(b"y.py", b"x.py")
    assert "holds x.py twice" in refusal(twice).message
    archive = bytearray(pack({PATH: RIGHT}))
    for start in (archive.find(b"PK\x03\x04") + 6, archive.find(b"PK\x01\x02") + 8):
        archive[start] |= 1
    assert "is encrypted" in refusal(bytes(archive)).message
    torn_archive = bytearray(pack({PATH: RIGHT}))
    for start in (torn_archive.find(b"PK\x03\x04") + 8, torn_archive.find(b"PK\x01\x02") + 10):
        torn_archive[start] = 14
    assert "not every program reads" in refusal(bytes(torn_archive)).message


def test_a_member_that_holds_more_than_it_declares_is_refused() -> None:
    """A bomb says that it is small."""
    bomb = bytearray(pack({PATH: RIGHT, "b.py": "x = 1\n" * 40_000}))
    size = len("x = 1\n" * 40_000).to_bytes(4, "little")
    assert bomb.count(size) == 2
    error = refusal(bytes(bomb).replace(size, (10).to_bytes(4, "little")))
    assert error.reason == "bad_archive"


def test_members_that_are_no_python_stay_closed() -> None:
    """Data, pictures and what systems put there: not even a bomb among them is unpacked."""
    bomb = pack({PATH: RIGHT, "data.npy": b"\0" * 50_000_000, "__MACOSX/cs231n/._net.py": b"\0\1", ".venv/a.py": b"\0"})
    cells: list[NotebookCell] = []
    extract(bomb, "hw.zip", Entry("f", package=PATH), cells)
    assert [(cell.name, cell.text) for cell in cells] == [(PATH, RIGHT)]


#: Wrong code, as a notebook.
NOTEBOOK = json.dumps({"cells": [{"cell_type": "code", "source": "def f(x):\n    return 0\n"}], "nbformat": 4})
BESIDE = PATH.replace(".py", ".ipynb")


def lie_about_size(text: str, size: int, checked: str) -> bytes:
    """Return an archive whose member says that it has so many bytes, and the checksum of another text."""
    archive = pack({PATH: text})
    for held, said in ((len(text), size), (zlib.crc32(text.encode()), zlib.crc32(checked.encode()))):
        assert archive.count(held.to_bytes(4, "little")) == 2
        archive = archive.replace(held.to_bytes(4, "little"), said.to_bytes(4, "little"))
    return archive


def lie_about_name(name: str) -> bytes:
    """Return an archive whose list of members says PATH, and whose member another name of the same length."""
    assert len(name) == len(PATH)
    return pack({PATH: RIGHT}).replace(PATH.encode(), name.encode(), 1)


@pytest.mark.parametrize(
    "archive",
    [
        pack({BESIDE: NOTEBOOK, PATH: RIGHT, "cs231n/classifiers/.ipynb_checkpoints/net.py": NOTEBOOK}),
        pack({BESIDE: f"{NOTEBOOK}{' ' * 10**8}", PATH: RIGHT}),
        pack({PATH: RIGHT}) + NOTEBOOK.encode(),
        lie_about_size(RIGHT + NOTEBOOK, len(RIGHT), RIGHT),
        lie_about_size(RIGHT + RIGHT.replace("2", "0"), len(RIGHT), RIGHT),
    ],
    ids=["beside it", "beside it, and a bomb", "behind the archive", "behind its end", "other code behind its end"],
)
@pytest.mark.parametrize("filename", ["hw.zip", "hw.ipynb", "net.py"])
def test_of_an_archive_with_a_notebook_within_the_named_file_alone_is_read(archive: bytes, filename: str) -> None:
    """Whatever the archive is called; its pages show what was read."""
    cells: list[NotebookCell] = []
    student = Student(extract(archive, filename, Entry("f", package=PATH), cells))
    assert student.names(("",), {}, CourseModules(package_of(PATH)))["f"](3) == 6
    assert [(cell.name, cell.text) for cell in cells] == [(PATH, RIGHT)]


@pytest.mark.parametrize(
    ("archive", "reason"),
    [
        (pack({PATH: NOTEBOOK}), "no_such_function"),
        (pack({BESIDE: NOTEBOOK}), "no_such_file"),
        (lie_about_name("cs231n/classifier/n.ipynb"), "bad_archive"),
        (lie_about_size(3 * RIGHT, len(4 * RIGHT), 3 * RIGHT), "bad_archive"),
        (NOTEBOOK.encode() + pack({PATH: RIGHT}), "binary"),
        (pack({PATH: pack({PATH: RIGHT})}), "binary"),
    ],
    ids=["as the file", "in its place", "another name", "less than it says", "before the archive", "an archive within"],
)
@pytest.mark.parametrize("filename", ["hw.zip", "hw.ipynb", "net.py"])
def test_an_archive_that_may_be_read_as_two_files_is_refused(archive: bytes, reason: str, filename: str) -> None:
    with pytest.raises(Rejected) as error:
        extract(archive, filename, Entry("f", package=PATH))
    assert error.value.reason == reason


GOOD = pack({PATH: f"from ..a import *\n{RIGHT.replace('2', 'g(2)')}", "cs231n/a.py": "def g(x):\n    return x\n"})


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_any_bytes_end_in_a_slice_or_a_rejection(changes: list[tuple[int, int]]) -> None:
    octets = bytearray(GOOD)
    for place, octet in changes:
        octets[place] = octet
    with warnings.catch_warnings(action="ignore"), contextlib.suppress(Rejected):
        slice_package(bytes(octets))


def test_a_file_alone_is_still_taken_and_an_archive_is_not_where_no_file_is_named() -> None:
    assert extract(RIGHT.encode(), "net.py", Entry("f", package=PATH)).modules == ()
    with pytest.raises(Rejected) as error:
        extract(pack({PATH: RIGHT}), "hw.zip", Entry("f"))
    assert error.value.reason == "binary"
