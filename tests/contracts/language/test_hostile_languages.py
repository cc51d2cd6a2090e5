"""Hostile assignments before any code runs: each text is refused with a sentence, within seconds and little memory."""

import re
import resource
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backmark.grader.contracts.language import folder, reading
from backmark.grader.errors import BadAssignment
from backmark.worker.grading.revisions import DrawingProcess
from tests.contracts.making import FILES, LINEAR, contract

#: Characters of a refusal that anybody reads, and seconds that reading and drawing may take.
LONGEST, SECONDS = 3_000, 20.0
#: Bytes of address space that reading and drawing may take; NumPy and Hypothesis are a quarter of them.
MEMORY = 3 << 30


@pytest.fixture(autouse=True)
def bounds() -> Iterator[None]:
    """Bound the memory of this process, and of those that it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY if hard == resource.RLIM_INFINITY else min(hard, MEMORY), hard))
    yield
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def refuse(toml: str, **files: str) -> str:
    """Return the sentence with which the assignment is refused."""
    start = time.monotonic()
    with pytest.raises(BadAssignment) as refusal:
        DrawingProcess(contract(toml, **files)).result(SECONDS)
    assert time.monotonic() - start < SECONDS
    sentence = str(refusal.value)
    assert len(sentence) < LONGEST
    assert sentence.encode()
    assert "Traceback" not in sentence
    assert "not drawn within" not in sentence
    return sentence


def dims(line: str) -> str:
    return LINEAR.replace("[dims]\n", f"[dims]\nQ = {line}\n")


@pytest.mark.parametrize(
    "line",
    [
        "'\"%999999999d\" % 1'",
        "'prod([\"aaaaaaaaaa\", 1000000000])'",
        "'sum([[1] * 9999] * 9999, [])'",
        "'[[[[1] * 9999] * 9999] * 9999] * 9999'",
        "'[[[1] * 9999] * 9999] * 9999 == [[[1] * 9999] * 9999] * 9999'",
        "'ints(1, 0, 2**40)'",
        "'ints(1, 5, 2)'",
        "'ints(1, 0.5, 2)'",
        "'ints([1], 1, 2)'",
        "'ints(1)'",
        "'ints(9999, 0, 64) + ints(9999, 0, 64)'",
        "'(0 - 1) ** 0.5'",
        "'2 ** 64 ** 64'",
        "'reversed(3)'",
        "'len(3)'",
        "'1e308 * 10'",
        f"'{'(' * 200}'",
        '{ many = "2**40", each = [1, 6] }',
        '{ many = "[1]", each = [1, 6] }',
        "{ of = [nan] }",
        "{ of = [1e400] }",
        "{ real = [0.0, inf] }",
        "{ real = [nan, nan] }",
        f"{{ of = [{'1, ' * 100_000}] }}",
        f'{{ of = ["{"a" * 100_000}"] }}',
        f"{'[' * 60}{']' * 60}",
    ],
)
def test_a_huge_dim_is_refused(line: str) -> None:
    assert "dims.Q" in refuse(dims(line))


@pytest.mark.parametrize(
    "entry",
    [
        '{ shape = "4096 4096 4096" }',
        '{ shape = "4096 4096 30" }',
        '{ shape = "*range(9999)" }',
        '{ shape = "*N" }',
        '{ shape = "4096 4096", values = "onehot" }',
        '{ shape = "", values = "onehot" }',
        '{ shape = "N", values = "onehot(7)" }',
        '{ shape = "N", values = "onehot(0.5)" }',
        '{ shape = "N", values = "normal(1e308, 1e308)" }',
        '{ shape = "N", values = "uniform(0 - 1e308, 1e308)" }',
        '{ shape = "N", values = "labels(0)" }',
        '{ shape = "N", values = "mask(0)" }',
        '{ shape = "N", values = "spread(1e300)" }',
        '{ shape = "N", values = "normal([1, 2, 3, 4, 5, 6, 7])" }',
        '{ shape = "", each = "2**40" }',
        '{ shape = "0", each = "2**30" }',
        '{ shape = "0", each = "[1]" }',
    ],
)
def test_a_huge_input_is_refused(entry: str) -> None:
    assert "inputs.q" in refuse(LINEAR.replace("[inputs]\n", f"[inputs]\nq = {entry}\n"))


def test_an_assumption_that_never_holds_is_refused() -> None:
    assert "could be drawn" in refuse(LINEAR.replace("cases = 30", 'cases = 30\nassume = ["N > 99"]'))


@pytest.mark.parametrize(
    "change",
    [
        ("cases = 30", "cases = 1000000"),
        ("[results]\n", f'[results]\n"{" " * 99_000}" = {{ value = "out" }}\n'),
        ("[results]\n", f'[results]\n"{"+str(" * 20_000}" = {{ value = "out" }}\n'),
        ("[results]\n", f'[results]\n"{"a" * 99_000}" = {{ value = "out" }}\n'),
        ("[results]\n", "[results]\n" + "".join(f'r{i} = {{ value = "out" }}\n' for i in range(2_000))),
        ("[results]\n", '[results]\n"a\\ud800" = { value = "out" }\n'),
        ("[dims]\n", f"[dims]\n{'Q' * 99_000} = [1, 2]\n"),
        ("[dims]\n", "[dims]\n" + "".join(f"Q{i} = [1, 2]\n" for i in range(3_000))),
        ("[inputs]\n", "[inputs]\n" + "".join(f'q{i} = {{ shape = "1" }}\n' for i in range(3_000))),
        ("[upstream]\n", f'[upstream]\n{"q" * 99_000} = "out"\n'),
        ("[upstream]\n", f'[upstream]\nq = "{"o" * 99_000}"\n'),
        ("[call]\n", f'[call]\ngiven = ["{"g" * 99_000}"]\n'),
        ("[call]\n", f"[call]\ngiven = [{', '.join(f'{chr(34)}g{i}{chr(34)}' for i in range(9_000))}]\n"),
        ("[dims]\n", f"{'a.' * 400}a = 1\n[dims]\n"),
        ("out = linear(x, w)", f"out = {'-' * 90_000}linear(x, w)"),
        ("out = linear(x, w)", f"out = {'(' * 150}linear(x, w)"),
        ("out = linear(x, w)", "return linear(x, w)"),
        ("out = linear(x, w)", f"out = {'a.' * 40_000}linear(x, w)"),
    ],
)
def test_a_text_that_is_too_much_is_refused(change: tuple[str, str]) -> None:
    refuse(LINEAR.replace(*change))


@pytest.mark.parametrize("name", ["mistake_deep", "helpers"])
def test_a_file_that_nests_too_deeply_is_refused(name: str) -> None:
    deep = f'"""is deep."""\nx = {"-" * 90_000}1\n'
    toml = LINEAR if name != "helpers" else f'{LINEAR}\n[submission]\nhelpers = "helpers.py"\n'
    assert "not valid Python" in refuse(toml, **{name: deep})


@pytest.mark.parametrize(
    "slips",
    [
        "[[slips]]\n" * 90_000,
        "[[slips]]\n" + "".join(f"k{i} = 1\n" for i in range(50_000)),
        f"[[slips]]\n{'k' * 99_000} = 1\n",
        f'[[slips]]\nid = "{"i" * 99_000}"\n',
        f"[[slips]]\nchange = [{'{ }, ' * 90_000}]\n",
        f"[[slips]]\nchange = {'[' * 60}{']' * 60}\n",
        f'[[slips]]\nid = "a"\ntitle = "{"t" * 99_000}"\n',
    ],
)
def test_a_slip_that_is_too_much_is_refused(slips: str) -> None:
    assert re.search("slips|90001 mistakes", refuse(f"{LINEAR}{slips}"))


def test_many_mistakes_are_refused() -> None:
    many = {f"mistake_m{i}": FILES["mistakes/upstream.py"] for i in range(21)}
    assert "at most 20" in refuse(LINEAR, **many)


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd.py", "../up.py", "mistakes/../up.py", "mistakes//up.py", "mistakes/a b.py", "a\\nb.py", "a" * 99_000],
)
def test_a_file_by_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    files = "".join(f"\"{file}\" = '''\n{text}'''\n" for file, text in FILES.items())
    with pytest.raises(BadAssignment, match="files") as refusal:
        reading.parse(f'{LINEAR}\n[files]\n{files}"{name}" = "x"\n', "toml")
    assert len(str(refusal.value)) < LONGEST


def test_a_folder_whose_files_lie_elsewhere_or_never_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text("secret = 1\n")
    home = tmp_path / "home"
    home.mkdir()
    (home / "assignment.toml").write_text(LINEAR)
    for target in (tmp_path / "secret.py", Path("/dev/zero")):
        link = home / "helpers.py"
        link.symlink_to(target)
        with pytest.raises(BadAssignment, match=r"helpers\.py"):
            folder.bundle(home)
        link.unlink()
