"""Kinds of homework: an assignment's file names one, and nobody else asks which it is."""

from pathlib import Path

import pytest

from grader.errors import AssignmentError, BadAssignment
from grader.subjects import kinds
from grader.subjects.contracts import assignment as contracts_assignment
from grader.subjects.contracts import contracts_kind as contracts
from grader.subjects.networks import networks_kind as networks
from grader.subjects.networks.revision import KIND
from grader.subjects.subject_kind import SubjectKind
from grader.web.pages import case_figures
from grader.web.pages.networks import figures
from grader.web.pages.previews import FIGURES
from tests.subjects import toy

BASE = 'id = "x"\ntitle = "X"\n'


def test_each_module_of_a_kind_has_all_that_is_asked_of_it() -> None:
    """By its type: the checker reads these lines."""
    modules: list[SubjectKind] = [networks, contracts, toy]
    assert [kinds.find(name) for name in kinds.KINDS] == [kind for kind in modules if kind is not toy]


def test_figures_on_pages_are_of_kinds_that_are_known_and_stay_theirs_whatever_the_default_is() -> None:
    assert dict(FIGURES) == {KIND: figures.read, contracts_assignment.KIND: case_figures.read}
    assert set(FIGURES) <= set(kinds.KINDS)


def test_a_file_that_names_no_kind_is_about_networks() -> None:
    assert kinds.parse(BASE, "x.toml") == kinds.parse(f'kind = "networks"\n{BASE}', "x.toml")
    assert kinds.parse(BASE, "x.toml").kind == "networks"


@pytest.mark.parametrize("table", ["call", "results"])
def test_a_contract_without_its_language_is_told_so_and_nothing_else(table: str) -> None:
    with pytest.raises(BadAssignment) as refusal:
        kinds.parse(f'id = "x"\ntitle = "X"\ncases = 3\n[{table}]\nq = 1\n', "x.toml")
    assert str(refusal.value) == (
        f"x.toml: language is missing. A file with [{table}] is a contract: write language = 1 at its top"
    )


@pytest.mark.parametrize(("kind", "kind_text"), [('"toy"', '"toy"'), ("3", "3"), ("[]", "[]")])
def test_a_kind_that_is_not_known_is_refused_with_those_that_are(kind: str, kind_text: str) -> None:
    with pytest.raises(BadAssignment) as refusal:
        kinds.parse(f"kind = {kind}\n{BASE}", "x.toml")
    assert str(refusal.value) == f'x.toml: kind is {kind_text}: write one of "networks", "contract"'


@pytest.mark.parametrize(("at", "bit"), [(8, 0x01), (10, 0x20)], ids=["encrypted", "compressed in an unknown way"])
def test_an_archive_that_cannot_be_unpacked_is_damaged(at: int, bit: int) -> None:
    """By a bit of what its directory says of the first array."""
    data = bytearray(toy.dump(toy.draw_revision()))
    data[data.index(b"PK\x01\x02") + at] ^= bit
    with pytest.raises(AssignmentError, match="damaged"):
        kinds.load(bytes(data))


def test_a_file_that_cannot_be_read_is_its_authors_to_mend(tmp_path: Path) -> None:
    with pytest.raises(BadAssignment, match="cannot be read"):
        kinds.read(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b'title = "\xe9"')
    with pytest.raises(BadAssignment, match="cannot be read"):
        kinds.read(tmp_path / "latin.toml")
