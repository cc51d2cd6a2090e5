"""What a real jail answers is diagnosed as well: with the student's own lines, and as it is handed over."""

import json
from pathlib import Path

import pytest

from grader.judge.judge import Judge
from tests.subjects.networks.diagnosis.behaviours import RAISING_PAIRS
from worker.grading.grader import Grader
from worker.grading.pool import Jails

EXAMPLES = Path(__file__).parents[4] / "examples"

DIAGNOSES = {
    "right.ipynb": None,
    "right_float32.py": None,
    "no_relu_derivative.ipynb": "no_derivative",
    "mask_from_wrong_layer.py": "derivative_of_other_layer",
    "missing_transpose.py": "missing_transpose",
    "through_weight_gradients.py": "through_weight_gradient",
    "weights_from_previous_activation.py": "previous_activation",
    "weight_template.py": "zero_weights",
    "bias_template.py": "zero_biases",
    "todo_left.ipynb": "zero_derivative",
    "missing_factor_two.py": "missing_factor",
    "unfilled.ipynb": None,
    "raises.py": "transpose_not_called",
}


@pytest.mark.parametrize(("name", "bug"), DIAGNOSES.items())
def test_an_example_is_diagnosed(udl: Judge, jails: Jails, name: str, bug: str | None) -> None:
    """Every typical mistake by its name, and nothing else."""
    verdict = Grader(udl, jails).grade((EXAMPLES / name).read_bytes(), name)
    assert [diagnosis.id for diagnosis in verdict.diagnosis][:1] == ([bug] if bug else [])


@pytest.mark.parametrize(("bug", "text"), RAISING_PAIRS, ids=[bug for bug, _ in RAISING_PAIRS])
def test_a_transpose_is_told_by_the_line_that_raised(udl: Judge, jails: Jails, bug: str, text: str) -> None:
    """Called where it should not be, or the other way round."""
    verdict = Grader(udl, jails).grade(text.encode(), "a.py")
    assert [diagnosis.id for diagnosis in verdict.diagnosis] == [bug]


def test_the_result_object_holds_both_hints_and_the_place(udl: Judge, jails: Jails) -> None:
    """As JSON."""
    name = "no_relu_derivative.ipynb"
    result = json.loads(json.dumps(Grader(udl, jails).grade((EXAMPLES / name).read_bytes(), name).as_dict()))
    (diagnosis,) = result["diagnosis"]
    assert list(diagnosis) == ["id", "title", "hint", "strong_hint", "read", "apart", "mistakes", "names"]
    assert diagnosis["title"] == f"It {diagnosis['mistakes'][0]['title']}."
    assert diagnosis["names"] == ["relu_derivative"]
    place = result["first_difference"]
    assert place.pop("message").endswith(
        "all_dl_dh[5] is correct, and all_dl_df[4] (see cell 8, line 25) is the first wrong value."
    )
    assert place == {
        "variable": "all_dl_df[4]", "layer": 4, "depth": 5, "lists": ["all_dl_df"], "source": "all_dl_dh[5]",
        "home": True, "inferred": False, "cell": 10, "lines": [25],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("no_relu_derivative.ipynb", "all_dl_df[4] (see cell 8, line 25) is the first wrong value"),
        ("missing_factor_two.py", "all_dl_df[5] (see line 14) is the first wrong value"),
    ],
)
def test_the_students_own_line_is_named(udl: Judge, jails: Jails, name: str, place: str) -> None:
    """In a notebook by its cell."""
    difference = Grader(udl, jails).grade((EXAMPLES / name).read_bytes(), name).first_difference
    assert difference is not None
    assert place in difference.message
