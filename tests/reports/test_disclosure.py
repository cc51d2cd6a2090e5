"""What a level of feedback shows, and that nothing else can be read from what is left."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.revision import load_packaged
from backmark.grader.contracts.language.assignment import assignment_to_json
from backmark.grader.model.assignment import Feedback, Level
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.result import read_verdict
from backmark.grader.model.row_messages import MISSING
from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.verdict import CaseReached, Flag, Mark, PythonMistake, StudentError
from backmark.grader.reports import disclosure
from backmark.grader.reports.disclosure import WITHHELD, disclose_settings, policy
from backmark.grader.reports.outcomes import NAMES
from tests.corpus.short import RIGHT, SLIPS
from tests.night import by_day
from tests.reports.disclosing import (
    CANARY,
    CHECK_AT_HINT,
    ERROR,
    REPAIR,
    ROWS,
    disclose,
    find_betrayals,
    reveal_all,
    secrets,
)
from tests.reports.test_terminal import judge_source, show_verdict

ASSIGNMENT = load_packaged("udl-7.2").assignment
RANDOM = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return [np.random.randn(*w.shape) for w in all_weights], [np.random.randn(*b.shape) for b in all_biases]
"""
SCORE, HINT, LINE, FULL = map(Feedback.always, Level)
#: What an error lacks if no process ended, and no line was refused.
NOT_ENDED: dict[str, Any] = {"lines": [], "ending": "", "reached": None, "mistake": None}
SAYS_NOTHING = {"schema", "submission", "assignment", "outcome", "score", "max_score", "level"}


def hide_properties(*names: str, level: Level = Level.FULL) -> Feedback:
    return Feedback.always(level, names)


def names(verdict: dict[str, Any]) -> list[str]:
    return [row["name"] for row in verdict["properties"]]


@pytest.mark.parametrize("outcome", Outcome)
def test_at_score_there_are_outcome_and_marks_and_nothing_else(outcome: Outcome) -> None:
    refusal = StudentError("no_function", "It has no function.")
    verdict = reveal_all(outcome, refusal if outcome is Outcome.REJECTED else None)
    result = disclose(verdict, SCORE, 1)
    assert (result["outcome"], result["score"], result["max_score"], result["level"]) == (outcome, 3, 17, "score")
    assert find_betrayals(json.dumps(result), secrets(verdict)) == []
    other_keys = {key for key, value in result.items() if value} - {*SAYS_NOTHING, "statistics"}
    assert other_keys == ({"error"} if outcome is Outcome.REJECTED else set())
    assert set(result["statistics"].values()) == {0}
    # Every key is there, as in a whole verdict.
    assert set(result) == {*verdict, "level"}


def test_a_refusal_says_why_at_every_level() -> None:
    refusal = StudentError("syntax_error", "Line 3: '(' was never closed.")
    verdict = reveal_all(Outcome.REJECTED, refusal, ())
    for level in (SCORE, HINT, FULL):
        assert disclose(verdict, level, 1)["error"]["message"] == refusal.message


def test_at_hint_there_are_rows_and_the_weak_hint() -> None:
    verdict = reveal_all()
    result = disclose(verdict, HINT, 1)
    assert [(row["title"], row["outcome"], row["score"], row["max_score"]) for row in result["properties"]] == [
        (row.title, row.outcome, row.score, row.max_score) for row in ROWS
    ]
    assert {(row["networks"], row["message"], row["counterexample"]) for row in result["properties"]} == {(0, "", None)}
    assert [(row["name"], row["names"]) for row in result["properties"]] == [(row.name, []) for row in ROWS]
    assert [diagnosis["hint"] for diagnosis in result["diagnosis"]] == ["zq-weak?"]
    public_texts = {row.title for row in ROWS} | {"zq-weak?"}
    public_texts |= {text for statement in REPAIR for text in (statement.hint, statement.read)}
    public_texts |= set(CHECK_AT_HINT)
    assert find_betrayals(json.dumps(result), secrets(verdict) - secrets(list(public_texts))) == []


@pytest.mark.parametrize(("attempt", "level"), [(1, HINT), (2, HINT), (3, LINE), (4, FULL), (9, FULL)])
def test_each_attempt_has_its_level_and_the_last_level_lasts(attempt: int, level: Feedback) -> None:
    ladder = Feedback((Level.HINT, Level.HINT, Level.LINE, Level.FULL))
    assert disclose(reveal_all(), ladder, attempt) == disclose(reveal_all(), level, 1)


def test_where_attempts_are_not_counted_the_author_names_the_level() -> None:
    ladder = Feedback((Level.HINT,), Level.LINE)
    assert disclose(reveal_all(), ladder, None) == disclose(reveal_all(), LINE, 1)


def test_at_line_there_is_all_but_what_stands_in_the_place_of_what() -> None:
    verdict = reveal_all()
    shown = disclose(verdict, LINE, 1)
    kinds = [{slip["kind"]: None for slip in statement["slips"]} for statement in verdict["repair"]]
    slips = [[{"kind": kind, "before": "", "after": ""} for kind in each if kind] for each in kinds]
    repair = [{**statement, "slips": of} for statement, of in zip(verdict["repair"], slips, strict=True)]
    hidden = {"flags": [], "explained_by": [], "fingerprint": ""}
    assert shown == verdict | hidden | {"repair": repair, "level": "line"}
    assert not {"zq-before", "zq-after"} & secrets(shown)


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        ([], False),
        ([("relu_derivative",)], False),
        ([("weight_gradient", "relu_derivative")], True),
        (None, True),
    ],
)
def test_the_change_is_shown_from_the_second_attempt_that_loses_the_row(
    lost: list[tuple[str, ...]] | None, *, told: bool
) -> None:
    student = disclosure.disclose(read_verdict(reveal_all()), Feedback(), 2, lost)
    changes = [slip.after != "" for part in student.repair if "weight_gradient" in part.rows for slip in part.slips]
    assert changes == [told, told]
    assert student.level is (None if told else Level.LINE)


def test_at_full_all_but_what_is_for_staff_is_there() -> None:
    assert disclose(reveal_all(), FULL, 1) == reveal_all() | {"flags": [], "explained_by": [], "fingerprint": ""}


def test_at_hint_the_rows_that_lines_cost_have_their_hints_and_not_how_many_lines_there_are() -> None:
    nothing: dict[str, Any] = {"kind": None, "lines": [], "source": "", "wrong": None}
    texts = {"before": "", "after": ""}
    assert disclose(reveal_all(), HINT, 1)["repair"] == [
        {
            "rows": ["weight_gradient"],
            "titles": ["Zq weights"],
            "hint": "zq-ask-weights?",
            "read": "zq-reread-weights",
            "slips": [{"kind": "index", **texts}, {"kind": "factor", **texts}],
            **nothing,
        },
        {
            "rows": ["relu_derivative"],
            "titles": ["Zq derivative"],
            "hint": "zq-ask-derivative?",
            "read": "zq-reread-derivative",
            "slips": [{"kind": "missing", **texts}],
            **nothing,
        },
    ]


@pytest.mark.parametrize("level", [Level.HINT, Level.FULL])
def test_a_line_that_costs_a_hidden_row_is_not_shown(level: Level) -> None:
    result = disclose(reveal_all(), hide_properties("weight_gradient", level=level), 1)
    assert [statement["rows"] for statement in result["repair"]] == [["relu_derivative"]]


def test_a_wrong_number_is_not_shown_beside_a_hidden_row_that_does_not_hold() -> None:
    """It may be one of the hidden row's."""
    verdict = reveal_all()
    shown = disclose(verdict, hide_properties("any_shape"), 1)["repair"]
    assert shown == [statement | {"wrong": None} for statement in verdict["repair"]]
    assert disclose(verdict, hide_properties("bias_gradient"), 1)["repair"] == verdict["repair"]


def test_a_line_of_which_nobody_knows_what_it_costs_is_not_shown_where_a_hidden_row_fails() -> None:
    verdict = reveal_all()
    nameless = {**verdict, "repair": [statement | {"rows": [], "titles": []} for statement in verdict["repair"]]}
    assert disclose(nameless, hide_properties("any_shape"), 1)["repair"] == []
    assert disclose(nameless, hide_properties("bias_gradient"), 1)["repair"] == nameless["repair"]


def test_an_exception_tells_its_kind_and_line_but_not_what_it_says() -> None:
    error_shown = disclose(reveal_all(error=replace(ERROR, type="ValueError")), HINT, 1)["error"]
    assert error_shown == {
        "type": "ValueError",
        "message": WITHHELD,
        "traceback": f"  line 31 of cell 9\nValueError: {WITHHELD}",
        "frames": [{"cell": 9, "line": 31}],
        **NOT_ENDED,
    }


def test_what_may_be_imported_is_said_where_the_messages_of_exceptions_are_not() -> None:
    """The sentence is ours."""
    error = StudentError(
        "ModuleNotFoundError", "No module named 'zq'", "  cell 9, line 31, in f\n    zq\n", (SourceLine(9, 31),)
    )
    error_shown = disclose(reveal_all(error=error), HINT, 1)["error"]
    assert error_shown["message"].startswith("Only NumPy and Python's standard library can be imported here")
    assert "zq" not in json.dumps(error_shown)


def test_what_a_student_calls_an_exception_is_not_shown() -> None:
    assert disclose(reveal_all(), HINT, 1)["error"]["type"] == "Exception"


@pytest.mark.parametrize("place", [(None, 123456), (12345, 1), (None, int("7" * 40))])
def test_a_line_that_nobody_has_is_not_shown(place: tuple[int | None, int]) -> None:
    error = StudentError("ValueError", "m", "  line 1, in f\nValueError: m", (SourceLine(*place),))
    error_shown = disclose(reveal_all(error=error), HINT, 1)["error"]
    assert error_shown == {"type": "ValueError", "message": WITHHELD, "traceback": "", "frames": [], **NOT_ENDED}


@pytest.mark.parametrize(
    ("place", "place_text"),
    [((None, 31), "line 31"), ((None, 99_999), "line 99999"), ((9_999, 99_999), "line 99999 of cell 9999")],
)
def test_a_line_that_a_file_may_have_is_shown(place: tuple[int | None, int], place_text: str) -> None:
    error = StudentError("ValueError", "m", "  line 1, in f\nValueError: m", (SourceLine(*place),))
    error_shown = disclose(reveal_all(error=error), HINT, 1)["error"]
    assert error_shown["traceback"] == f"  {place_text}\nValueError: {WITHHELD}"
    assert error_shown["frames"] == [{"cell": place[0], "line": place[1]}]


def test_of_the_lines_of_a_traceback_the_last_is_shown_and_none_that_a_text_names() -> None:
    frames = (SourceLine(9, 1), SourceLine(9, 2), SourceLine(9, 123456))
    error = StudentError("ValueError", "m", "  cell 3, line 7, in f\nValueError: m", frames)
    assert disclose(reveal_all(error=error), HINT, 1)["error"]["frames"] == [{"cell": 9, "line": 2}]


def test_a_mistake_is_shown_by_its_sort_and_its_line() -> None:
    mistake = PythonMistake("name", SourceLine(3, 7), "uses the name `secret_0_17`.", "uses an unknown name.")
    verdict = reveal_all(error=StudentError("NameError", "m", frames=(SourceLine(3, 7),), mistake=mistake))
    sort = {"kind": "name", "line": {"cell": 3, "line": 7}, "text": "uses an unknown name.", "hint": ""}
    assert disclose({**verdict, "repair": []}, HINT, 1)["error"]["mistake"] == sort
    # Of a line that need not be changed, where it is known which ones must be, it says nothing.
    assert disclose(verdict, HINT, 1)["error"]["mistake"] is None
    changed = {**verdict["repair"][0], "lines": [{"cell": 3, "line": 7}]}
    assert disclose({**verdict, "repair": [changed]}, HINT, 1)["error"]["mistake"] == sort
    # A line that is none of the traceback's could be any number.
    verdict["error"]["frames"] = [{"cell": 3, "line": 8}]
    assert disclose({**verdict, "repair": []}, HINT, 1)["error"]["mistake"] is None


def test_the_reason_for_which_a_row_without_lines_is_lost_is_shown_unless_it_tells_of_a_hidden_row() -> None:
    verdict = reveal_all()
    open_row = {**verdict["properties"][-1], "message": MISSING, "names": ["weight_gradient"]}
    verdict["properties"] = [*verdict["properties"][:-1], open_row]
    assert disclose(verdict, HINT, 1)["properties"][-1]["message"] == MISSING
    assert {row["message"] for row in disclose(verdict, HINT, 1)["properties"][:-1]} == {""}
    hiding = hide_properties("weight_gradient", level=Level.HINT)
    assert disclose(verdict, hiding, 1)["properties"][-1]["message"] == ""


@pytest.mark.parametrize(
    "mistake",
    [
        PythonMistake("name", SourceLine(3, 123456), "uses the name `secret_0_17`.", "uses an unknown name."),
        PythonMistake("name", SourceLine(3, 7), "uses the name `secret_0_17`."),
    ],
)
def test_a_mistake_of_no_line_or_no_known_sort_is_not_shown(mistake: PythonMistake) -> None:
    error = StudentError("NameError", "m", mistake=mistake)
    assert disclose(reveal_all(error=error), HINT, 1)["error"]["mistake"] is None


def test_a_limit_is_told_without_the_network_at_which_it_was_reached() -> None:
    sentence = "It ran for more than 2 s."
    error = StudentError(
        "TimeLimit",
        f"{sentence} It was there.",
        ending=sentence,
        reached=CaseReached(86127, 86128, {"K": 3}),
    )
    error_shown = disclose(reveal_all(Outcome.TIMEOUT, error), HINT, 1)["error"]
    assert error_shown == {"type": "TimeLimit", "message": sentence, "traceback": "", "frames": [], **NOT_ENDED}


@pytest.mark.parametrize("outcome", [Outcome.TIMEOUT, Outcome.MEMORY, Outcome.OUTPUT_LIMIT])
def test_of_a_limit_that_an_earlier_version_reached_only_the_kind_is_told(outcome: Outcome) -> None:
    """Its sentence names the network, and no sentence is read."""
    error = StudentError("Limit", "It was too much. It was at network 86127 of 200.")
    error_shown = disclose(reveal_all(outcome, error), HINT, 1)["error"]
    assert error_shown["message"].startswith("Your code ")
    assert "86127" not in json.dumps(error_shown)


@pytest.mark.parametrize("ending", ["", "Its process ended with exit status 61."])
def test_an_exit_status_is_not_shown(ending: str) -> None:
    sentence = "Your code's process ended with exit status 61, without an answer. Remove any exit() calls."
    error = StudentError("Crash", sentence, ending=ending)
    error_shown = disclose(reveal_all(Outcome.CRASHED, error), HINT, 1)["error"]
    assert (error_shown["type"], error_shown["message"]) == ("Crash", "Your code's process ended without an answer.")
    assert not any(error_shown[name] for name in error_shown.keys() - {"type", "message"})


def test_a_weak_hint_has_nothing_of_the_strong_one() -> None:
    (hint,) = disclose(reveal_all(), HINT, 1)["diagnosis"]
    assert hint.pop("hint") == "zq-weak?"
    assert set(hint) >= {"id", "title", "strong_hint", "read", "apart"}
    assert not any(hint.values())
    assert ({hint[name] for name in ("id", "title", "strong_hint", "read", "apart")}, hint["names"]) == ({""}, [])


def test_the_seed_is_not_shown_beside_hidden_properties() -> None:
    """With it the networks could be drawn again, and the code be tried on them."""
    result = disclose(reveal_all(), hide_properties("bias_gradient"), 1)
    assert result["statistics"] == reveal_all()["statistics"] | {"seed": 0}
    assert result["level"] == "full"
    assert result["flags"] == []


def test_of_a_limit_only_how_it_ended_is_shown() -> None:
    """The network tells how deep it is, and text of the student's could be made to look like it."""
    error = StudentError("TimeLimit", "Too long. It was at network 1 of 2.", ending="Too long.")
    assert disclose(reveal_all(Outcome.TIMEOUT, error), HINT, 1)["error"]["message"] == "Too long."


@pytest.mark.parametrize("name", [row.name for row in ROWS])
@pytest.mark.parametrize("level", Level)
def test_of_a_hidden_property_nothing_is_shown(name: str, level: Level) -> None:
    verdict = reveal_all()
    (row,) = (row for row in verdict["properties"] if row["name"] == name)
    other_rows = [other_row for other_row in verdict["properties"] if other_row["name"] != name]
    result = disclose(verdict, hide_properties(name, level=level), 1)
    # The message of `any_shape` names the weights; the counterexample of the whole is that of the first row.
    facts = {name} | secrets(row) - secrets([other_row | {"message": ""} for other_row in other_rows])
    assert find_betrayals(json.dumps(result), facts) == []
    assert result["score"] == 3


def test_another_rows_message_that_names_a_hidden_property_is_gone() -> None:
    result = disclose(reveal_all(), hide_properties("weight_gradient"), 1)
    assert [row["message"] for row in result["properties"]] == ["zq-wrong-on-86112", "", "zq-should-be-D", ""]
    assert [row["names"] for row in result["properties"]] == [[], [], [], []]


def test_marks_of_rows_do_not_tell_those_of_a_hidden_one() -> None:
    result = disclose(reveal_all(), hide_properties("weight_gradient"), 1)
    assert (result["score"], result["max_score"]) == (3, 17)
    assert {(row["score"], row["max_score"]) for row in result["properties"]} == {(0, 0)}


def test_where_a_hidden_property_carries_no_marks_the_others_keep_theirs() -> None:
    result = disclose(reveal_all(), hide_properties("finite_differences"), 1)
    assert sum(row["max_score"] for row in result["properties"]) == 17


def test_what_explains_a_hidden_failure_is_not_shown() -> None:
    result = disclose(reveal_all(), hide_properties("relu_derivative"), 1)
    assert (result["diagnosis"], result["first_difference"]) == ([], None)


@pytest.mark.parametrize("name", ["bias_gradient", "finite_differences"])
def test_what_explains_shown_failures_is_shown(name: str) -> None:
    result = disclose(reveal_all(), hide_properties(name), 1)
    assert (len(result["diagnosis"]), result["first_difference"] is None) == (1, False)


def test_a_diagnosis_that_names_a_hidden_property_is_not_shown() -> None:
    verdict = reveal_all()
    verdict["diagnosis"][0]["names"] = ["weight_gradient", "bias_gradient"]
    assert disclose(verdict, hide_properties("bias_gradient"), 1)["diagnosis"] == []
    assert disclose(verdict, hide_properties("bias_gradient", level=Level.HINT), 1)["diagnosis"] == []


def test_the_counterexample_of_the_whole_is_of_a_row_that_is_shown() -> None:
    verdict = reveal_all()
    result = disclose(verdict, hide_properties("finite_differences"), 1)
    assert result["counterexample"] == verdict["properties"][2]["counterexample"]
    assert disclose(verdict, hide_properties(*(row.name for row in ROWS)), 1)["counterexample"] is None


def test_the_network_at_which_it_ended_is_nobodys_row() -> None:
    rows = tuple(replace(row, outcome=Mark.NOT_RUN, score=0, counterexample=None) for row in ROWS)
    verdict = reveal_all(Outcome.TIMEOUT, rows=rows) | {"counterexample": reveal_all()["counterexample"]}
    assert disclose(verdict, hide_properties("pure"), 1)["counterexample"] == verdict["counterexample"]


def test_a_key_that_verdicts_have_one_day_is_hidden_until_somebody_decides() -> None:
    later_verdict = reveal_all() | {"spectrum": CANARY}
    later_verdict["statistics"] |= {"widest": 86124}
    for level in (SCORE, HINT):
        text = json.dumps(disclose(later_verdict, level, 1))
        assert find_betrayals(text, {"spectrum", CANARY, "86124"}) == []


@pytest.mark.parametrize("slip", by_day([None, *SLIPS], 3))
def test_what_the_engine_says_is_cut_as_well(udl: Judge, slip: str | None) -> None:
    """Of a real verdict: no number of a network, no message, and it can still be read back and shown."""
    source = RIGHT if slip is None else RIGHT.replace(*SLIPS[slip][:2])
    verdict = json.loads(json.dumps(judge_source(source, udl).as_dict()))
    for feedback in (SCORE, HINT):
        result = disclose(verdict, feedback, 1)
        text = json.dumps(result)
        numbers = re.findall(r"\d+\.\d{6,}", json.dumps(verdict["counterexample"]))
        messages = [row["message"] for row in verdict["properties"] if row["message"]]
        titles = [diagnosis["title"] for diagnosis in verdict["diagnosis"]]
        assert [fact for fact in (*numbers, *messages, *titles) if fact in text] == []
        back = read_verdict(result)
        assert (back.score, back.max_score) == (verdict["score"], verdict["max_score"])
        assert NAMES[back.outcome] in show_verdict(back)


@pytest.mark.parametrize("source", by_day([RANDOM, *(RIGHT.replace(*slip[:2]) for slip in SLIPS.values())], 3))
def test_no_row_of_a_verdict_gives_a_formula_away(udl: Judge, source: str) -> None:
    """Which array is wrong, and on how many networks: what it should be made of is the strong hint's to say."""
    result = disclose(json.loads(json.dumps(judge_source(source, udl).as_dict())), FULL, 1)
    rows = [row["message"] for row in result["properties"]]
    hint_texts = [
        text for diagnosis in result["diagnosis"] for text in (diagnosis["hint"], diagnosis["read"], diagnosis["apart"])
    ]
    assert [text for text in (*rows, *hint_texts) if re.search(r"@|\.T\b|\*|should (be|equal) all_|> 0", text)] == []


def test_marks_of_a_verdict_without_its_rows_are_the_whole_ones() -> None:
    result = disclose(reveal_all(), hide_properties("weight_gradient"), 1)
    assert "3 of 17 marks" in show_verdict(read_verdict(result))
    assert read_verdict(result).as_dict()["score"] == 3


@pytest.mark.parametrize("hidden", [(), ("pure",), ("weight_gradient",)])
@pytest.mark.parametrize("level", Level)
def test_how_lines_were_found_and_the_fingerprint_are_shown_to_no_student(
    level: Level, hidden: tuple[str, ...]
) -> None:
    shown = disclose(reveal_all(), Feedback.always(level, hidden), 1)
    assert (shown["explained_by"], shown["fingerprint"]) == ([], "")
    assert find_betrayals(json.dumps(shown), {"zq-reason-row", "86161", "zq-known-mistake"}) == []


def test_staff_have_flags_and_students_none() -> None:
    assert read_verdict(reveal_all()).flags == (Flag("zq-flag-id", "zq-flag-title"),)
    assert [disclose(reveal_all(), level, 1)["flags"] for level in (SCORE, HINT, FULL)] == [[], [], []]


@pytest.mark.parametrize("level", Level)
def test_settings_are_announced_without_what_the_level_hides(level: Level) -> None:
    settings = json.loads(assignment_to_json(replace(ASSIGNMENT, seed=86125, feedback=Feedback.always(level))))
    public_settings = disclose_settings(settings)
    assert public_settings.get("seed") == (86125 if level in {Level.LINE, Level.FULL} else None)
    assert {key: public_settings[key] for key in ("id", "title", "limits")} == {
        key: settings[key] for key in ("id", "title", "limits")
    }
    assert public_settings["feedback"] == {"levels": [level], "uncounted": level}
    assert public_settings["rubric"] == settings["rubric"]


def test_settings_that_are_public_are_announced() -> None:
    settings = json.loads(assignment_to_json(ASSIGNMENT))
    own = {"entries", "call", "cases", "dtype", "package", "stand_ins"}
    assert own <= settings.keys()
    public_settings = disclose_settings(settings)
    assert {name: public_settings[name] for name in own} == {name: settings[name] for name in own}


def test_settings_do_not_name_hidden_properties() -> None:
    settings = json.loads(assignment_to_json(replace(ASSIGNMENT, feedback=hide_properties("pure"))))
    assert "pure" not in json.dumps(disclose_settings(settings))
    assert disclose_settings(settings)["rubric"]["all_dl_dweights"] == 5


def test_a_setting_of_a_later_version_is_not_announced() -> None:
    """It may say what is hidden."""
    settings = json.loads(assignment_to_json(ASSIGNMENT))
    assert disclose_settings(settings | {"answers": [1]}) == disclose_settings(settings)


def test_a_rubric_is_not_announced_where_it_would_tell_the_marks_of_what_is_hidden() -> None:
    settings = json.loads(
        assignment_to_json(
            replace(ASSIGNMENT, rubric={**ASSIGNMENT.rubric, "pure": 4}, feedback=hide_properties("pure"))
        )
    )
    assert "rubric" not in disclose_settings(settings)


@pytest.mark.parametrize("hidden", [{}, {"hidden": ["pure"]}])
def test_feedback_of_a_newer_version_shows_marks_alone_and_hides_what_it_hid(hidden: dict[str, list[str]]) -> None:
    """It may hide what this version would show."""
    expected = Feedback.always(Level.SCORE, tuple(hidden.get("hidden", ())))
    assert policy({"feedback": {"levels": ["full"], "reveal": "all", **hidden}}) == expected
    assert policy({"feedback": {"levels": ["riddle"], **hidden}}) == expected


def test_a_setting_that_an_older_version_did_not_store_is_not_announced() -> None:
    settings = json.loads(assignment_to_json(ASSIGNMENT))
    assert "call" in disclose_settings(settings)
    del settings["call"]
    assert "call" not in disclose_settings(settings)


def test_every_property_can_be_hidden(udl: Judge) -> None:
    verdict = json.loads(json.dumps(judge_source(RIGHT, udl).as_dict()))
    order = names(verdict)
    for name in order:
        assert names(disclose(verdict, hide_properties(name), 1)) == [other for other in order if other != name]
