"""A result object read back is the verdict that it was made from."""

import json
from dataclasses import asdict, replace

import pytest

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.model.counterexample import CaseInput
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.result import read_verdict
from backmark.grader.model.stored import read
from backmark.grader.model.verdict import Flag, Judgement, StudentError, Verdict
from backmark.grader.reports.numpy_text import format_input
from tests.corpus.short import RIGHT, SLIPS
from tests.reports.test_terminal import judge_source, show_verdict, verdict


def read_back(original: Verdict) -> Verdict:
    """By way of JSON, as a server sends it."""
    return read_verdict(json.loads(json.dumps(original.as_dict())))


@pytest.mark.parametrize("slip", [None, *SLIPS])
def test_verdicts_of_every_kind_come_back_as_they_were(udl: Judge, slip: str | None) -> None:
    source = RIGHT if slip is None else RIGHT.replace(*SLIPS[slip][:2])
    original = judge_source(source, udl)
    assert read_back(original) == original
    assert show_verdict(read_back(original)) == show_verdict(original)


def test_what_a_student_did_wrong_and_what_staff_should_see_come_back() -> None:
    judgement = Judgement(Outcome.CRASHED, error=StudentError("Killed", "m", "t"), flags=(Flag("prints", "prints"),))
    original = replace(verdict(judgement, own=False), output="x")
    assert read_back(original) == original


def test_flags_that_only_a_server_gives_are_kept() -> None:
    raw = verdict(Judgement(Outcome.PASSED)).as_dict()
    raw["flags"] = [{"id": "identical", "title": "identical to another student's submission"}]
    assert [flag.id for flag in read_verdict(raw).flags] == ["identical"]


def test_a_verdict_of_a_newer_server_or_of_an_older_engine_can_be_read() -> None:
    """What is more is passed over, and what was not there yet is not missed."""
    original = verdict(Judgement(Outcome.PASSED))
    raw = original.as_dict()
    raw["statistics"]["kelvin"] = 273
    raw["more"] = raw.pop("first_difference")
    assert read_verdict(raw) == original


@pytest.mark.parametrize("key", ["outcome", "properties", "submission", "statistics"])
def test_what_is_no_result_object_is_refused(key: str) -> None:
    raw = verdict(Judgement(Outcome.PASSED)).as_dict()
    with pytest.raises((KeyError, TypeError, ValueError)):
        read_verdict({**raw, key: "nonsense"})
    with pytest.raises(KeyError):
        read_verdict({name: field for name, field in raw.items() if name != key})


def test_a_list_of_arrays_of_a_case_comes_back_as_inputs() -> None:
    value = CaseInput("W", None, (CaseInput("", [1, 2], [[1.0, 2.0]]), CaseInput("", None, (CaseInput("", [], 1.0),))))
    assert read(CaseInput, json.loads(json.dumps(asdict(value)))) == value
    assert format_input(read(CaseInput, json.loads(json.dumps(asdict(value))))).startswith("[np.array([[1., 2.]])")
