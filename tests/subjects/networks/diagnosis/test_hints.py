"""What is said: true of several explanations at once, in two strengths, with something to read."""

import re
from importlib import resources
from pathlib import Path

import pytest

from grader.subjects import kinds
from grader.subjects.networks.assignment import Assignment, References
from grader.subjects.networks.diagnosis import hints
from grader.subjects.networks.diagnosis.bug import Bug
from grader.subjects.networks.diagnosis.bugs import library
from grader.subjects.networks.diagnosis.fit import Fit
from tests.corpus import four_lines
from tests.networks import NetworksJudge, load_layered
from tests.subjects.networks.diagnosis.diagnosing import diagnose
from tests.subjects.networks.diagnosis.styles import source

BUGS = {bug.id: bug for bugs in (*library.LINES, library.RETURNED) for bug in bugs}


def fit(*names: str, by_shapes: bool = False) -> Fit:
    """An explanation by these bugs."""
    return Fit(tuple(BUGS[name] for name in names), by_shapes)


def test_every_bug_has_an_id_of_its_own_and_two_hints() -> None:
    """The weak one asks or points, the strong one tells."""
    all_bugs: list[Bug] = [bug for bugs in (*library.LINES, library.RETURNED) for bug in bugs]
    assert len(BUGS) == len(all_bugs)
    assert [bug.id for bug in all_bugs if not bug.hint or not bug.strong or bug.hint == bug.strong] == []
    assert [bug.id for bug in all_bugs if not bug.strong.endswith(".") or bug.title.endswith(".")] == []


def test_only_the_strong_hint_has_a_formula() -> None:
    """A product, a transpose or what an array is made of: nothing else that students are shown says it."""
    formula = re.compile(r"@|\.T\b|matmul|(?<!\*)\*(?!\*)|should be all_|> 0")
    for bug in BUGS.values():
        assert formula.findall(f"{bug.title} {bug.hint} {bug.where.value.read}") == [], bug.id


def test_a_single_bug_is_one_sentence_with_its_hints() -> None:
    """As the library says it."""
    (diagnosis,) = hints.write_diagnoses([fit("no_derivative")], References())
    bug = BUGS["no_derivative"]
    assert (diagnosis.id, diagnosis.title) == ("no_derivative", f"It {bug.title}.")
    assert (diagnosis.hint, diagnosis.strong_hint, diagnosis.read) == (
        bug.hint,
        bug.strong,
        bug.where.value.refer(References()),
    )


def test_a_pair_is_one_explanation() -> None:
    """Both titles, a sentence each, both hints, both things to read."""
    (diagnosis,) = hints.write_diagnoses([fit("zero_biases", "no_derivative")], References())
    assert diagnosis.id == "zero_biases+no_derivative"
    assert diagnosis.title.count("It ") == diagnosis.title.count(".") == 2
    assert "Equation 7.22" in diagnosis.read
    assert "Equation 7.25" in diagnosis.read


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ("bias_gradient", "Equation 7.22 (7.21 in notebooks before 16 February 2025)"),
        ("weight_gradient", "Equation 7.23 (7.22 in notebooks before 16 February 2025)"),
        ("activation_gradient", "Equation 7.25, its second part (7.24 in notebooks before 16 February 2025)"),
        ("relu_derivative", "Equation 7.25, its first part (7.24 in notebooks before 16 February 2025)"),
    ],
)
def test_the_notebooks_equations_are_those_of_both_editions(row: str, place: str) -> None:
    """In the shipped assignment, as its file says it and as its stored revision is read."""
    file = kinds.read(Path(str(resources.files("grader"))) / "assignments" / "udl-7.2.toml")
    for assignment in (file, load_layered().assignment):
        assert isinstance(assignment, Assignment)
        assert getattr(assignment.references, row) == place


def test_the_place_to_read_again_is_the_assignments() -> None:
    """In the words of the course's own book; without one it is said what to read about."""
    own = References(bias_gradient="Lecture 3, page 12", relu_derivative="")
    (biases,), (derivative,) = (hints.write_diagnoses([fit(name)], own) for name in ("zero_biases", "no_derivative"))
    assert biases.read.startswith("Lecture 3, page 12: how a bias enters its preactivation")
    assert derivative.read.startswith("How a preactivation becomes an activation")


def test_the_more_usual_of_two_explanations_comes_first() -> None:
    """Each file of the library begins with the usual ones."""
    diagnoses = hints.write_diagnoses(
        [fit("weight_sign", "wrong_sign_and_factor"), fit("bias_sign", "missing_factor")], References()
    )
    assert [diagnosis.id for diagnosis in diagnoses] == [
        "bias_sign+missing_factor",
        "weight_sign+wrong_sign_and_factor",
    ]


def test_where_two_explain_as_well_it_says_what_tells_them_apart(udl: NetworksJudge) -> None:
    """TODO 3 and TODO 4 left as the template give the same numbers on every network."""
    first, second = diagnose(source("growing", back="np.zeros(h.shape)"), udl)
    assert "as if dl/df stayed zero there" in first.apart
    assert "as if dl/dh stayed zero" in second.apart
    sentence = "Work out all_dl_dh[layer] by hand for a small network: if yours is {}, that is ruled out."
    assert all(
        diagnosis.title.startswith("Its answers are those of code that returns zeros") for diagnosis in (first, second)
    )
    assert sentence.format("wrong") in first.apart
    assert sentence.format("right") in second.apart


def test_two_bugs_of_one_line_are_told_apart_by_looking_at_it() -> None:
    """There is nothing between them to print."""
    diagnoses = hints.write_diagnoses([fit("no_derivative"), fit("derivative_at_input")], References())
    assert all("Compare your lines with both." in diagnosis.apart for diagnosis in diagnoses)


def test_two_that_only_shapes_tell_are_not_told_apart_by_an_array_that_may_be_right() -> None:
    """A mask of shape (n,) is wrong in the line of the derivative, and dl/dh is right."""
    diagnoses = hints.write_diagnoses(
        [fit("row_for_column", by_shapes=True), fit("derivative_as_matrix", by_shapes=True)], References()
    )
    assert all("Compare your lines with both." in diagnosis.apart for diagnosis in diagnoses)


def test_every_name_that_is_as_near_is_named(udl: NetworksJudge) -> None:
    """Which of them is meant is not known."""
    (diagnosis,) = diagnose(four_lines.source({}).replace("all_dl_dbiases[layer] =", "all_dl_db[layer] ="), udl)
    assert all(name in diagnosis.title for name in ("all_dl_dh", "all_dl_df", "all_dl_dbiases"))
    assert "is meant" not in diagnosis.strong_hint


def test_a_loop_that_runs_upwards_is_told_how_it_should_go(udl: NetworksJudge) -> None:
    """As a norm: it does not go like this."""
    (diagnosis,) = diagnose(four_lines.source({}).replace("range(K, -1, -1)", "range(K + 1)"), udl)
    assert "the loop should go from layer K down to 0" in diagnosis.strong_hint


def test_a_right_line_that_was_handed_a_number_is_not_said_to_transpose_it(udl: NetworksJudge) -> None:
    """`np.diag` of a column is one number: the product with it, in the line below, loses its axes."""
    flat_source = """
import numpy as np

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    at = len(all_weights) - 1
    row = 2 * (all_f[at] - y).T
    dw, db = [None] * (at + 1), [None] * (at + 1)
    while True:
        dw[at], db[at] = row.T @ all_h[at].T, row.T
        if not at:
            return dw, db
        row = row @ all_weights[at] @ np.diag((all_f[at - 1] > 0).astype(float))
        at -= 1
"""
    assert not any("transposes all_dl_df" in diagnosis.title for diagnosis in diagnose(flat_source, udl))


def test_what_is_returned_is_seen_and_not_inferred() -> None:
    """Numbers may have come back in it; of a line that only shapes tell it is said that no numbers do."""
    (diagnosis,) = hints.write_diagnoses([fit("returned_nothing", by_shapes=True)], References())
    (line,) = hints.write_diagnoses([fit("missing_transpose", by_shapes=True)], References())
    assert hints.BY_SHAPES not in diagnosis.hint
    assert hints.BY_SHAPES in line.hint
