"""Kits: what is in one, what is not, and how a damaged or a forged one is read. Their code may be any."""

import contextlib
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backmark.grader.contracts import gallery
from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.revision import ContractRevision, load, load_packaged, read_contents
from backmark.grader.contracts.kits import kit as kits
from backmark.grader.contracts.kits.kit import Kit, dump_kit, load_kit, open_kit
from backmark.grader.contracts.language.assignment import assignment_from_json, assignment_to_json
from backmark.grader.errors import AssignmentError, BadAssignment, MadeByNewerVersion
from backmark.grader.model.assignment import Limits
from backmark.grader.model.verdict import Judgement
from tests.local import local, local_programs
from tests.made import RIGHT, WRONG

WITHOUT_MASK = RIGHT.replace("(all_f[k - 1] > 0) * ", "")


@pytest.fixture(scope="module")
def revision() -> ContractRevision:
    return load_packaged("udl-7.2")


@pytest.fixture(scope="module")
def closed(revision: ContractRevision) -> bytes:
    return dump_kit(Kit.of(revision, with_solution=False))


@pytest.fixture(scope="module")
def opened(revision: ContractRevision) -> bytes:
    return dump_kit(Kit.of(revision, with_solution=True))


def read_all(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return b"".join(map(archive.read, archive.namelist()))


def list_lines(source: str) -> list[bytes]:
    """The lines of a source that say something, as JSON within JSON has them."""
    lines = [line.strip() for line in source.splitlines()]
    return [json.dumps(json.dumps(line)[1:-1])[1:-1].encode() for line in lines if len(line) > 30]


def judge(judged: Judge, source: str) -> Judgement:
    programs = local_programs(source, judged)
    return judged.judge(local(source, judged), lambda: local(source, judged), programs=programs)


# ---- what is in it


def test_a_kit_says_of_which_revision_it_is_and_has_all_of_its_public_cases(
    revision: ContractRevision, closed: bytes
) -> None:
    kit = load_kit(closed, "udl-7.2.kit")
    assert kit.revision == revision.id
    assert not kit.has_solution
    assert np.array_equal(kit.contents.cases.expected, revision.cases.expected, equal_nan=True)
    assert np.array_equal(kit.contents.cases.tolerances, revision.cases.tolerances)
    assert len(kit.contents.ladder) == len(revision.ladder)


def test_no_kit_is_made_that_is_larger_than_what_is_read(
    revision: ContractRevision, closed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kits, "MOST_BYTES", len(closed) - 1)
    with pytest.raises(BadAssignment, match=r"no kit can be made of udl-7\.2: it would be larger than"):
        dump_kit(Kit.of(revision, with_solution=False))


def test_whoever_reads_a_kit_finds_neither_the_solution_nor_the_reference_nor_a_mistake(
    revision: ContractRevision, closed: bytes
) -> None:
    text, assignment = read_all(closed), revision.assignment
    # The texts of mistakes begin with their titles and hints, which a kit holds.
    told = {part.encode() for mistake in assignment.mistakes for part in (mistake.title, mistake.hint)}
    template = {*list_lines(assignment.template), *told}
    hidden = [assignment.reference, assignment.solution]
    hidden += [solution.source for solution in assignment.other_solutions]
    hidden += [mistake.source for mistake in assignment.mistakes]
    lines = {line for source in hidden for line in list_lines(source)} - template
    assert [line for line in lines if line in text and line not in assignment.helpers.encode()] == []
    words = [part for row in assignment.rows for part in (row.read, row.hint) if part]
    assert [part for part in words if json.dumps(part)[1:-1].encode() in text] == []


def test_with_the_solution_it_has_no_code_of_mistakes_and_no_reference(
    revision: ContractRevision, opened: bytes
) -> None:
    kit, assignment = load_kit(opened, "udl-7.2.kit"), revision.assignment
    assert kit.has_solution
    assert kit.contents.assignment.solution == assignment.solution
    assert kit.contents.assignment.reference == ""
    assert {mistake.source for mistake in kit.contents.assignment.mistakes} == {""}
    assert [mistake.title for mistake in kit.contents.assignment.mistakes] == [
        mistake.title for mistake in assignment.mistakes
    ]
    assert kit.contents.statements == ()


def test_what_can_be_read_is_listed(revision: ContractRevision) -> None:
    closed, opened = (" ".join(Kit.of(revision, with_solution=with_it).list_readable()) for with_it in (False, True))
    assert "200 public cases" in closed
    assert "`backward_pass`" in closed
    assert "SOLUTION" not in closed
    assert "SOLUTION and 2 others" in opened


@pytest.mark.parametrize("source", [RIGHT, WRONG, WITHOUT_MASK], ids=["right", "wrong", "without the mask"])
def test_a_kit_with_the_solution_says_what_its_revision_says(
    revision: ContractRevision, opened: bytes, source: str
) -> None:
    full, kit = Judge(revision), Judge(load_kit(opened, "udl-7.2.kit").contents)
    assert judge(kit, source) == judge(full, source)


@pytest.mark.parametrize("source", [RIGHT, WRONG, WITHOUT_MASK], ids=["right", "wrong", "without the mask"])
def test_without_the_solution_results_and_the_smallest_case_are_the_same(
    revision: ContractRevision, closed: bytes, source: str
) -> None:
    full, kit = Judge(revision), Judge(load_kit(closed, "udl-7.2.kit").contents)
    expected, said = (each.judge(local(source, each), lambda: local(source, full)) for each in (full, kit))
    rows = {row.name: row for row in expected.properties}
    assert said.outcome == expected.outcome
    assert said.counterexample == expected.counterexample
    assert said.repair == ()
    for row in said.properties:
        same = rows[row.name]
        assert (row.title, row.outcome, row.message) == (same.title, same.outcome, same.message)


def test_the_kit_that_ships_is_of_the_revision_that_ships(revision: ContractRevision) -> None:
    """`make kits ARGS=udl-7.2` makes it anew."""
    file = gallery.find_kit("udl-7.2")
    assert file is not None
    kit = load_kit(file.read_bytes(), file.name)
    assert kit.revision == revision.id
    assert kit.contents.id == Kit.of(revision, with_solution=False).contents.id


@pytest.mark.parametrize("name", gallery.list_kits())
def test_no_kit_that_ships_holds_a_solution(name: str) -> None:
    """Also of those that `make kits` has made on this machine."""
    kit = open_kit(name).kit
    assert kit.contents.assignment.id == name
    assert not kit.has_solution


def test_a_kit_is_no_revision_that_can_be_published(closed: bytes) -> None:
    with pytest.raises(AssignmentError, match="no revision"):
        load(closed, "udl-7.2.kit")


def test_no_kit_is_made_of_code_that_is_longer_than_what_is_read(revision: ContractRevision) -> None:
    assignment = replace(revision.assignment, helpers="#" * 70_000)
    with pytest.raises(BadAssignment, match=r"no kit can be made of udl-7\.2: a file of its code has more than 65,536"):
        dump_kit(Kit.of(replace(revision, assignment=assignment), with_solution=False))


def test_the_code_of_a_kit_may_use_whatever_its_course_wants(revision: ContractRevision) -> None:
    code = "import sys\n\ndef report(value):\n    print(value, file=sys.stderr)\n"
    assignment = replace(revision.assignment, helpers=code, solution=f"import os\n{revision.assignment.solution}")
    kit = dump_kit(Kit.of(replace(revision, assignment=assignment, stored=None), with_solution=True))
    assert load_kit(kit, "homework.kit").contents.assignment.helpers == code


def test_reading_a_kit_runs_nothing_of_it(revision: ContractRevision, tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    code = f"open({str(touched)!r}, 'w')\n"
    assignment = replace(revision.assignment, helpers=code, solution=code, call=code)
    load_kit(
        dump_kit(Kit.of(replace(revision, assignment=assignment, stored=None), with_solution=True)), "homework.kit"
    )
    assert not touched.exists()


def test_where_a_kit_comes_from_is_known_by_its_file(closed: bytes, tmp_path: Path) -> None:
    file = tmp_path / "homework.kit"
    file.write_bytes(closed)
    own, shipped = open_kit(str(file)).origin, open_kit("udl-7.2").origin
    assert (own.name, own.shipped, shipped.name, shipped.shipped) == (str(file), False, "udl-7.2", True)
    assert hashlib.sha256(closed).hexdigest().startswith(own.sha256)
    assert (own.assignment, own.revision) == ("udl-7.2", load_packaged("udl-7.2").id)


# ---- from a stranger


def forge(data: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """Change a kit's header, with the hash that belongs to it: whoever makes a kit can make that, too."""
    with np.load(io.BytesIO(data)) as archive:
        arrays = dict(archive)
    header = json.loads(arrays.pop("kit").tobytes())
    change(header)
    with contextlib.suppress(LookupError, TypeError, ValueError, MemoryError, MadeByNewerVersion):
        assignment = assignment_from_json(header["assignment"])
        contents = read_contents(header, arrays, assignment, header["assignment"])
        header["id"] = kits._hash(header, contents)
    return pack({"kit": np.frombuffer(json.dumps(header).encode(), np.uint8), **arrays})


def pack(arrays: Mapping[str, Any]) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def set_assignment(**settings: Any) -> Callable[[dict[str, Any]], object]:
    def change(header: dict[str, Any]) -> None:
        assignment = assignment_from_json(header["assignment"])
        header["assignment"] = assignment_to_json(replace(assignment, **settings))

    return change


HOSTILE: dict[str, Callable[[dict[str, Any]], object]] = {
    "a call that is no Python": set_assignment(call="dx = = 1"),
    "a call that does not compile": set_assignment(call="return 1"),
    "helpers that are no Python": set_assignment(helpers="def f(:\n"),
    "a solution that is no Python": set_assignment(solution="\0"),
    "a solution that is nested too deeply": set_assignment(solution=f"x = {'(' * 500}1{')' * 500}"),
    "helpers without an end": set_assignment(helpers="#" * 70_000),
    "an ID that says more": set_assignment(id="hw1`, by your course"),
    "a name": set_assignment(entries=("backward_pass; import os",)),
    "a provided name": set_assignment(provides=("__builtins__",)),
    "a module": set_assignment(modules=("os; x",)),
    "a result that is no expression": lambda header: header["layouts"][0][0].__setitem__(0, "x = 1"),
    "a result that is no text": lambda header: header["layouts"][0][0].__setitem__(0, 1),
    "a result without an end": lambda header: header["layouts"][0][0].__setitem__(0, f"{'x' * 70_000}"),
    "an input": lambda header: header["cases"][0]["inputs"][0].__setitem__(0, "x = 1; import os"),
    "a case": lambda header: header["cases"][0].__setitem__("dims", {"K = 1; import os": 1}),
    "days": set_assignment(limits=Limits(seconds=86400.0)),
    "a petabyte": set_assignment(limits=Limits(memory=1 << 50)),
    "a text for a number": set_assignment(limits=Limits(memory="1")),  # type: ignore[arg-type] # JSON may have it
    "many cases": lambda header: header.__setitem__("cases", header["cases"] * 100),
    "a terabyte": lambda header: header["layouts"][0][0].__setitem__(2, [1 << 20, 1 << 20]),
    "less than nothing": lambda header: header["layouts"][0][0].__setitem__(2, [-1]),
    "an input of a terabyte": lambda header: header["cases"][0]["inputs"][2].__setitem__(1, {"array": [1 << 40]}),
    "a result that is none": lambda header: header["layouts"][0][0].__setitem__(1, 99),
    "more cases than there are": lambda header: header.__setitem__("count", 10_000),
    "many results": lambda header: header["layouts"].__setitem__(0, [[f"x{i}", 0, [], ""] for i in range(9999)]),
    "no cases": lambda header: header.__setitem__("cases", []),
    "cases that are none": lambda header: header.__setitem__("cases", {"a": 1}),
    "a revision that says more": lambda header: header.__setitem__("revision", "1, signed by your course"),
    "a revision of another type": lambda header: header.__setitem__("revision", ["x"] * 10),
    "an assignment that is none": lambda header: header.__setitem__("assignment", "[]"),
    "no assignment": lambda header: header.pop("assignment"),
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_kit_is_refused_before_anything_in_it_is_used(
    closed: bytes, change: Callable[[dict[str, Any]], object]
) -> None:
    with pytest.raises(AssignmentError, match="is not a kit, or is damaged"):
        load_kit(forge(closed, change), "homework.kit")


def test_a_forged_kit_without_a_change_is_taken(closed: bytes) -> None:
    """Or the tests above would show nothing."""
    assert load_kit(forge(closed, lambda _: None), "homework.kit").contents.assignment.id == "udl-7.2"


def test_a_kit_with_other_numbers_than_its_hash_says_is_damaged(closed: bytes) -> None:
    with np.load(io.BytesIO(closed)) as archive:
        arrays = {name: archive[name].copy() for name in archive.files}
    arrays["expected"][0] += 1
    with pytest.raises(AssignmentError, match="does not match its hash"):
        load_kit(pack(arrays), "homework.kit")


def test_a_kit_of_a_newer_version_says_so(closed: bytes) -> None:
    for change in (
        lambda header: header.__setitem__("format", 99),
        lambda header: header.__setitem__(
            "assignment", json.dumps({**json.loads(header["assignment"]), "from_the_future": 1})
        ),
    ):
        with pytest.raises(MadeByNewerVersion, match=r"homework\.kit was made by a newer version"):
            load_kit(forge(closed, change), "homework.kit")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x80\x04N.", b"{}"])
def test_a_file_that_is_no_kit_says_so(data: bytes) -> None:
    with pytest.raises(AssignmentError, match="is not a kit, or is damaged"):
        load_kit(data, "homework.kit")


@pytest.mark.nightly
def test_a_kit_with_the_solution_names_every_known_mistake_as_its_revision_does(
    revision: ContractRevision, opened: bytes
) -> None:
    full, kit = Judge(revision), Judge(load_kit(opened, "udl-7.2.kit").contents)
    for mistake in revision.assignment.mistakes:
        said, expected = judge(kit, mistake.source), judge(full, mistake.source)
        assert replace(said, flags=()) == replace(expected, flags=()), mistake.id


def test_who_makes_a_kit_is_told_of_rows_that_only_a_check_hides(revision: ContractRevision) -> None:
    feedback = replace(revision.assignment.feedback, hidden=("weight_gradient",))
    hiding = replace(revision, assignment=replace(revision.assignment, feedback=feedback), stored=None)
    readable = [*Kit.of(hiding, with_solution=False).list_readable()]
    assert (
        "the expected numbers of `weight_gradient`, too: a check hides them, but anybody can read them in the file"
        in readable
    )
