"""The figures of a contract's cases: at a terminal, and as staff see them on a page."""

import json

import pytest

from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.contracts.publishing.summary import count, describe
from backmark.grader.model.survey import Survey
from backmark.grader.web.pages import case_figures
from tests.contracts.making import build_shared, contract

TOML = """
language = 1
id = "figures"
title = "Figures"
cases = 30
dims.N = [1, 4]
dims.D = { many = 2, each = [1, 3] }
dims.mode = { of = ["a", "b"] }
dims.rate = { real = [0.0, 1.0] }
inputs.x = { shape = "N D[0]" }
inputs.w = { each = "2", shape = "D[k]" }
forward.dims = ["rate"]
call.code = "dx = backward(x, w, rate)"
results.dx.grad = "x"
"""
FILES = {
    "reference": "def forward(tap, x, w, rate):\n    return {'loss': np.sum(x**2)}\n",
    "solution": "def backward(x, w, rate):\n    return 2 * x\n",
    "mistake_upstream": "",
}


@pytest.fixture(scope="module")
def revision() -> ContractRevision:
    return build_shared(contract(TOML, **FILES))


def survey_of(revision: ContractRevision) -> Survey:
    survey = describe(revision)
    assert survey is not None
    return survey


def test_cases_are_counted_by_size_corner_and_dims(revision: ContractRevision) -> None:
    figures = survey_of(revision).figures
    assert (figures["cases"], figures["numbers"]) == (30, len(revision.cases.expected))
    dims = figures["dims"]
    for counts in (figures["sizes"], figures["corners"], dims["N"]["values"], dims["mode"]["values"]):
        assert sum(counts.values()) == 30
    assert list(dims["N"]["values"]) == ["1", "2", "3", "4"]
    assert set(dims["mode"]["values"]) == {"a", "b"}
    assert (dims["D"]["lengths"], sum(dims["D"]["values"].values())) == ({"2": 30}, 60)
    sizes = [case.size for case in revision.cases.drawn]
    assert figures["sizes"]["8 to 15"] == sum(8 <= size <= 15 for size in sizes)


def test_a_dim_of_many_values_has_a_range(revision: ContractRevision) -> None:
    rates = [case.dims["rate"] for case in revision.cases.drawn]
    dim = survey_of(revision).figures["dims"]["rate"]
    if len(set(rates)) > 20:
        assert dim == {"least": min(rates), "most": max(rates)}


def test_one_case_is_shown_with_its_dims_and_shapes(revision: ContractRevision) -> None:
    survey = survey_of(revision)
    example = survey.figures["example"]
    dims, inputs = example["dims"], example["inputs"]
    assert inputs["x"] == str((dims["N"], dims["D"][0]))
    assert inputs["w"] == f"[({dims['D'][0]},), ({dims['D'][1]},)]"
    assert any(sentence.startswith(f"A medium-sized case: N = {dims['N']}, D = ") for sentence in survey.sentences)
    titles = [title for title, _ in survey.counts]
    assert titles[:4] == ["Cases by corner", "Cases by input size", "Cases by N", "Cases by the length of D"]


def test_the_page_has_the_figures_that_publishing_stored(revision: ContractRevision) -> None:
    stored = json.loads(json.dumps(count(revision.cases, revision.statements)))
    figures = case_figures.read(stored)
    assert figures is not None
    assert (figures.cases, figures.inputs) == (30, stored["example"]["inputs"])
    dims = {dim.name: dim for dim in figures.dims}
    assert dims["D"].lengths == "2 (30)"
    assert dims["N"].values.startswith("1 (")
    assert ">8 to 15: " in figures.chart.drawing


def test_a_preview_of_an_earlier_version_has_no_figures() -> None:
    assert case_figures.read({"cases": 100, "numbers": 4990, "inconclusive": 0, "mistakes": []}) is None
