"""`check` in a program: functions of a module, judged in another process."""

import hashlib
import importlib.util
import inspect
import json
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from backmark import check
from backmark.grader.contracts import gallery
from backmark.grader.contracts.judging.revision import load_packaged
from backmark.grader.contracts.kits.kit import Kit, dump_kit
from backmark.grader.errors import AssignmentError, BadAssignment
from backmark.worker.notebook.result import CheckResult
from backmark.worker.notebook.sources import assign_names
from tests.contracts.making import build, contract
from tests.made import RIGHT, WRONG

#: As a student's own file has it, which no notebook gives a `K`.
OWN = RIGHT.replace("range(K", "range(len(all_f) - 1")
Load = Callable[..., ModuleType]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Write a file of the student's, and import it."""
    monkeypatch.syspath_prepend(str(tmp_path))
    names = []

    def write(text: str, name: str = "homework") -> ModuleType:
        file = tmp_path / f"{name}.py"
        file.write_text(text, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        names.append(name)
        vars(module)["np"] = np
        spec.loader.exec_module(module)
        return module

    yield write
    for name in names:
        sys.modules.pop(name, None)


def change(line: str) -> str:
    """Return a right function with a line before its first."""
    return OWN.replace("    delta = 2", f"    {line}\n    delta = 2", 1)


def list_frames(error: BaseException) -> list[str]:
    """Return the functions in an exception's traceback, below the test; it must show no other exception."""
    assert error.__cause__ is None
    assert error.__suppress_context__
    return [frame.name for frame in traceback.extract_tb(error.__traceback__)][1:]


def test_a_right_function_passes_and_is_true(load: Load, capfd: pytest.CaptureFixture[str]) -> None:
    result = check("udl-7.2", load(OWN).backward_pass)
    assert result
    assert result.passed
    assert result.example is None
    assert str(result).startswith("homework.py (udl-7.2)  passed  10 of 10 marks\n")
    assert capfd.readouterr() == ("", "")


def test_a_wrong_function_is_false_and_shows_the_smallest_case(load: Load, capfd: pytest.CaptureFixture[str]) -> None:
    module = load(OWN.replace("2 * ", ""))
    result = check("udl-7.2", module.backward_pass)
    assert not result
    assert "homework.py (udl-7.2)  failed" in repr(result)
    example = result.example
    assert example is not None
    assert capfd.readouterr() == ("", "")
    returned = module.backward_pass(*example.arguments)
    shown = result.verdict.as_dict()["counterexample"]["results"][0]
    assert shown["name"] == "all_dl_dweights[0]"
    assert returned[0][0].tolist() == shown["actual"]
    assert example.inputs.keys() >= {"K", "all_weights", "y"}
    example.show()
    printed = capfd.readouterr().out
    assert "The smallest case:" in printed
    assert "`backward_pass(*result.example.arguments)`" in printed


def test_each_name_of_the_smallest_case_is_an_argument_or_explained(load: Load) -> None:
    module = load(OWN.replace("2 * ", ""))
    result = check("udl-7.2", module.backward_pass)
    assert result.example is not None
    parameters = inspect.signature(module.backward_pass).parameters.keys()
    assert result.example.inputs.keys() - parameters == {"K", "x"}
    assert "set `K = result.example.inputs['K']`" in str(result.example)
    assert "  # of the forward pass alone\n" in str(result.example)


CACHED = """
language = 1
id = "cached"
title = "A linear map with a cache"
cases = 20
dims.n = [2, 3]
inputs.x.shape = "n n"
inputs.w.shape = "n n"
upstream.dout = "out"
call.given = ["cache"]
results.dx.grad = "x"
results.dw.grad = "w"
"""
CACHED_FILES = {
    "reference": "def forward(tap, x, w):\n    return {'out': x @ w, 'cache': (x, w, (2, x), 3)}\n",
    "solution": "def backward(dout, cache):\n    x, w, _, _ = cache\n    return dout @ w.T, x.T @ dout\n",
    "mistake_upstream": "",
}


def write_kit(file: Path, call: str) -> Path:
    """Write the kit of a linear map that is called by these lines."""
    assignment = contract(f"{CACHED}call.code = {json.dumps(call)}\n", **CACHED_FILES)
    file.write_bytes(dump_kit(Kit.of(build(assignment), with_solution=False)))
    return file


def test_a_cache_is_the_tuple_that_the_call_was_made_with(load: Load, tmp_path: Path) -> None:
    kit = write_kit(tmp_path / "cached.kit", "dx, dw = backward(dout, cache)")
    module = load("def backward(dout, cache):\n    x, w, (two, _), three = cache\n    return two * dout, x.T @ dout\n")
    example = check(kit, module.backward).example
    assert example is not None
    cache = example.arguments[1]
    assert (type(cache), type(cache[2]), cache[3]) == (tuple, tuple, 3)
    assert module.backward(*example.arguments)[1].shape == (2, 2)
    shown = str(example)
    assert "  cache = (np.array([" in shown
    assert "), (2, np.array([" in shown


def test_a_call_that_builds_its_arguments_is_shown_as_lines_to_run(load: Load, tmp_path: Path) -> None:
    call = "doubled = 2 * dout\ndx, dw = backward(doubled / 2, cache)"
    kit = write_kit(tmp_path / "built.kit", call)
    module = load("def backward(dout, cache):\n    return dout, dout\n")
    example = check(kit, module.backward).example
    assert example is not None
    with pytest.raises(LookupError, match=r"`result\.example\.show\(\)` prints them"):
        _ = example.arguments
    shown = str(example)
    names = {**vars(module), **example.inputs}
    exec("\n".join(line.strip() for line in shown.split("your code:\n\n")[1].split("\n")[:2]), names)  # noqa: S102
    assert names["dx"].shape == (2, 2)
    assert "`result.example.show()` prints the lines" in example.call_again()


def test_the_arguments_are_made_anew_each_time(load: Load) -> None:
    example = check("udl-7.2", load(WRONG).backward_pass).example
    assert example is not None
    example.arguments[0][0][:] = 99
    assert not (example.arguments[0][0] == 99).any()


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        ("raise ValueError('mine')", "error"),
        ("import sys; sys.exit(0)", "error"),
        ("raise KeyboardInterrupt", "error"),
        ("import os; os._exit(3)", "crashed"),
        ("big = np.ones(1 << 28)", "memory"),
        ("print('x' * (1 << 21))", "output_limit"),
        ("input()", "error"),
    ],
)
def test_whatever_a_function_does_is_its_own_process_end(
    load: Load, line: str, outcome: str, capfd: pytest.CaptureFixture[str]
) -> None:
    module = load(change(line))
    assert check("udl-7.2", module.backward_pass).verdict.outcome == outcome
    assert capfd.readouterr() == ("", "")
    assert check("udl-7.2", load(OWN).backward_pass)


def test_the_headline_names_the_line_that_raised_before_one_that_writes_a_wrong_list(load: Load) -> None:
    text = OWN.replace("2 * ", "").replace("        if k > 0:", "        if k > 5: all_f[99]\n        if k > 0:")
    page = check("udl-7.2", load(text).backward_pass)._repr_html_()
    headline, _, rest = page.partition("</h3>")
    assert "Line 8 uses <code>all_f[99]</code>, but" in headline
    assert "<code>all_dl_dweights[k]</code> is wrong; line 6 sets it." in rest


def test_of_a_function_that_is_not_filled_in_nobody_is_told_to_hand_in_a_file(load: Load) -> None:
    folder = gallery.find_folder("udl-7.2")
    assert folder is not None
    template = load((folder / "template.py").read_text(encoding="utf-8"))
    error = check("udl-7.2", template.backward_pass).verdict.error
    assert error is not None
    assert "Fill it in and save the file." in error.message
    assert "hand" not in error.message


def test_an_endless_loop_is_ended(load: Load) -> None:
    result = check("udl-7.2", load(change("while True: pass")).backward_pass)
    assert result.verdict.outcome == "timeout"
    assert "never returned from this case. Save your notebook first" in str(result)


def test_this_process_is_never_forked(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenBLAS's threads hang a child that is."""

    def refuse(*_: object) -> None:
        raise AssertionError("forked")

    monkeypatch.setattr("os.fork", refuse)
    monkeypatch.setattr("os.forkpty", refuse)
    assert check("udl-7.2", load(OWN).backward_pass)


def test_a_function_under_another_name_is_taken_for_the_only_one(load: Load) -> None:
    assert check("udl-7.2", load(OWN.replace("backward_pass", "mine")).mine)


def test_a_method_a_closure_and_a_decorated_function_work(load: Load) -> None:
    module = load(
        OWN.replace("backward_pass", "solve")
        + """
import functools

class Net:
    def backward(self, *arrays):
        return solve(*arrays)

def make(factor):
    def inner(*arrays):
        return solve(*arrays)
    return inner

def plain(function):
    @functools.wraps(function)
    def inner(*arrays):
        return function(*arrays)
    return inner

@plain
def decorated(*arrays):
    return solve(*arrays)

net = Net()
closure = make(2)
"""
    )
    for function in (module.net.backward, module.closure, module.decorated):
        result = check("udl-7.2", function)
        assert result, result
        assert result.notes == ()


def test_a_function_that_calls_one_of_the_name_that_is_asked_for_is_not_taken_for_that(load: Load) -> None:
    result = check("udl-7.2", load(OWN + "\ndef outer(*arrays):\n    return backward_pass(*arrays)\n").outer)
    assert result, result
    assert "ran in the kernel itself" in result.notes[0]


def test_a_file_that_was_broken_since_its_import_is_judged_as_it_would_be_handed_in(load: Load) -> None:
    module = load(OWN)
    assert module.__file__ is not None
    Path(module.__file__).write_text(OWN + "\ndef broken(:\n", encoding="utf-8")
    result = check("udl-7.2", module.backward_pass)
    assert not result
    assert "Line 12 is not valid Python" in str(result)


def test_a_file_beside_it_is_found_and_named(load: Load) -> None:
    load("def double(x):\n    return 2 * x\n", "mine_too")
    module = load("from mine_too import double\n" + OWN.replace("2 * (all_f[-1] - y)", "double(all_f[-1] - y)"))
    result = check("udl-7.2", module.backward_pass)
    assert result
    assert [note for note in result.notes if "mine_too.py" in note]


def test_what_is_installed_beside_numpy_is_not_there_as_it_is_not_when_handed_in(load: Load) -> None:
    result = check("udl-7.2", load(change("import pytest")).backward_pass)
    assert result.verdict.error is not None
    assert result.verdict.error.type == "ModuleNotFoundError"


def mark_process(file: Path, part: str) -> str:
    """Return a line of a kit's code that notes in which process it runs."""
    return f"import os; open({str(file)!r}, 'a').write('{part} ' + str(os.getpid()) + chr(10))\n"


def write_marking_kit(folder: Path) -> tuple[Path, Path]:
    """Write a kit whose call, helpers and solution note in which process they run; return it and that file."""
    marks, kit, revision = folder / "processes", folder / "homework.kit", load_packaged("udl-7.2")
    own = revision.assignment
    changed = replace(
        own,
        call=mark_process(marks, "call") + own.call,
        helpers=f"{own.helpers}\n{mark_process(marks, 'helpers')}def unused():\n    pass\n",
        solution=mark_process(marks, "solution") + own.solution,
    )
    made = Kit.of(replace(revision, assignment=changed, stored=None), with_solution=True)
    kit.write_bytes(dump_kit(made))
    return kit, marks


def test_no_code_of_a_kit_runs_in_the_process_that_asks_for_a_check(load: Load, tmp_path: Path) -> None:
    kit, marks = write_marking_kit(tmp_path)
    result = check(kit, load(OWN.replace("2 * ", "")).backward_pass)
    assert not result
    str(result), result._repr_html_()
    noted = [line.split() for line in marks.read_text().splitlines()]
    assert {part for part, _ in noted} >= {"call", "helpers"}
    assert str(os.getpid()) not in {process for _, process in noted}


def test_where_functions_have_no_source_the_code_of_the_kit_runs_here_too(tmp_path: Path) -> None:
    """It is said so: this is the one place where it does."""
    kit, marks = write_marking_kit(tmp_path)
    names: dict[str, object] = {"np": np, "K": 5}
    exec(RIGHT, names)  # noqa: S102 - as a student's kernel may have it
    result = check(kit, names["backward_pass"])
    assert {line.split()[1] for line in marks.read_text().splitlines()} == {str(os.getpid())}
    assert "so your code and the kit's ran in the kernel itself" in result.notes[0]


def test_a_check_shows_whose_kit_it_is_and_its_hash(load: Load, tmp_path: Path) -> None:
    module, file = load(OWN), tmp_path / "homework.kit"
    revision = load_packaged("udl-7.2")
    file.write_bytes(dump_kit(Kit.of(revision, with_solution=True)))
    own, shipped = check(file, module.backward_pass), check("udl-7.2", module.backward_pass)
    digits = hashlib.sha256(file.read_bytes()).hexdigest()[:16]
    assert (own.kit.name, own.kit.sha256, own.kit.assignment) == (str(file), digits, "udl-7.2")
    for text in (" ".join(str(own).split()), own._repr_html_()):
        assert "is code: take it from your course only." in text
        assert f"revision {revision.id}, and its SHA-256 begins with {digits}." in text
    for text in (" ".join(str(shipped).split()), shipped._repr_html_()):
        assert "comes with Backmark" in text


def test_functions_without_a_source_run_here_and_the_result_says_so() -> None:
    names: dict[str, object] = {"np": np, "K": 5}
    exec(RIGHT, names)  # noqa: S102 - as a student's kernel may have it
    result = check("udl-7.2", names["backward_pass"])
    assert result, result
    assert (
        "The source of `backward_pass` was not found, so your code and the kit's ran in the kernel itself"
        in result.notes[0]
    )
    assert "ran in the kernel itself" in str(result)
    assert "ran in the kernel itself" in result._repr_html_()


def test_an_interrupt_of_functions_that_run_here_is_no_answer_of_theirs() -> None:
    names: dict[str, object] = {}
    exec("def backward_pass(*_):\n    raise KeyboardInterrupt", names)  # noqa: S102 - as above
    with pytest.raises(KeyboardInterrupt) as interrupt:
        check("udl-7.2", names["backward_pass"])
    assert list_frames(interrupt.value) == ["check"]


def test_a_machine_that_starts_no_process_checks_here(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    result = check("udl-7.2", load(OWN).backward_pass)
    assert result
    assert "This machine could not start another Python process" in result.notes[0]


def test_other_functions_than_the_kit_asks_for_are_an_error_in_a_sentence() -> None:
    for functions, sentence in (
        ((3,), "pass the function itself to check"),
        ((print, print), "asks for `backward_pass`, but you gave 2"),
        ((), "there is no `backward_pass` here"),
    ):
        with pytest.raises(TypeError, match=sentence) as error:
            check("udl-7.2", *functions)
        assert list_frames(error.value) == ["check"]


def test_a_call_without_a_kit_is_an_error_that_shows_a_right_one(load: Load) -> None:
    for first in (load(OWN).backward_pass, None, 7.2):
        with pytest.raises(TypeError, match=r"name the kit first, as in check\('udl-7\.2', backward_pass\)") as error:
            check(first)  # type: ignore[arg-type]
        assert list_frames(error.value) == ["check"]


def test_a_kit_may_be_given_as_a_path(load: Load, tmp_path: Path) -> None:
    file = tmp_path / "homework.kit"
    shipped = gallery.find_kit("udl-7.2")
    assert shipped is not None
    file.write_bytes(shipped.read_bytes())
    assert check(file, load(OWN).backward_pass)


def test_functions_of_one_name_are_given_in_the_order_of_the_kit() -> None:
    def make() -> Callable[..., None]:
        def inner() -> None: ...

        return inner

    first, second = make(), make()
    assert assign_names(("forward", "backward"), (first, second)) == {"forward": first, "backward": second}
    assert assign_names(("inner", "backward"), (first,)) == {"inner": first}


def test_another_path_starts_other_processes(load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = OWN.replace("2 * (all_f[-1] - y)", "late.double(all_f[-1] - y)")
    assert not check("udl-7.2", load(WRONG).backward_pass)
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "late.py").write_text("def double(x):\n    return 2 * x\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    assert check("udl-7.2", load(f"import late\n{text}").backward_pass)


def test_a_kit_that_is_not_there_is_an_error_that_names_those_that_may_be_meant() -> None:
    for name in ("udl-72", "udl-7.3", Path("udl-72")):
        with pytest.raises(BadAssignment, match=r"there is no kit 'udl-7.+: did you mean 'udl-7\.2'") as error:
            check(name)
        assert list_frames(error.value) == ["check"]


def test_a_list_of_all_kits_is_named_and_not_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = [f"course-{number}" for number in range(50)]
    monkeypatch.setattr(gallery, "list_kits", lambda: shipped)
    for name in ("nothing-like-it", "course", "x" * 10_000, "a\0b", str(tmp_path)):
        with pytest.raises(BadAssignment, match=r"`backmark\.list_kits\(\)` lists those that come") as error:
            check(name)
        assert sum(kit in str(error.value) for kit in shipped) <= 5  # "course-1" is in "course-12"
        assert len(str(error.value)) < 400


@pytest.mark.parametrize(
    ("data", "sentence"),
    [(b"no archive", "is not a kit, or is damaged"), (bytes((8 << 20) + 1), "kits have at most 8 MB")],
    ids=["no kit", "large"],
)
def test_a_refused_kit_is_one_short_error(tmp_path: Path, data: bytes, sentence: str) -> None:
    file = tmp_path / "homework.kit"
    file.write_bytes(data)
    with pytest.raises(AssignmentError, match=sentence) as error:
        check(str(file))
    assert list_frames(error.value) == ["check"]


def test_without_a_solution_no_marks_are_shown_that_depend_on_lines(load: Load) -> None:
    wrong: CheckResult = check("udl-7.2", load(WRONG).backward_pass)
    assert wrong.verdict.score is None
    assert {row.max_score for row in wrong.verdict.properties} == {0}
    for text in (str(wrong), wrong._repr_html_()):
        assert "This kit holds no solution" in text
        assert not re.search(r"\d+ ?(/|of) ?\d+ marks|\d/\d", re.sub("<style.*?</style>", "", text))
    right: CheckResult = check("udl-7.2", load(OWN).backward_pass)
    assert (right.verdict.score, right.verdict.max_score) == (10, 10)


def test_without_a_solution_a_known_mistake_is_named_with_its_hint(load: Load) -> None:
    result: CheckResult = check("udl-7.2", load(WRONG).backward_pass)
    assert "Your code forgets the 2 of the squared error." in str(result)
    assert "What is the derivative of a square? The notebook has a function for it." in str(result)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(OWN.replace("def ", "async def ", 1), id="refused"),
        pytest.param("import pytest\n" + OWN.replace("y):", "y, p=pytest):", 1), id="import"),
        pytest.param(change("from pytest import fixture"), id="import in it"),
        pytest.param(change("import os; os._exit(3)"), id="crash"),
    ],
)
def test_where_no_line_could_be_named_nothing_is_said_of_a_solution(load: Load, text: str) -> None:
    """As its file is when it is checked; the function in memory is an earlier one."""
    module = load(OWN)
    Path(str(module.__file__)).write_text(text, encoding="utf-8")
    result = check("udl-7.2", module.backward_pass)
    assert result.verdict.outcome in {"rejected", "error", "crashed"}
    assert "solution" not in str(result)
    assert result.remark == ""
