"""What a level of feedback shows, and that nothing else can be read from what is left."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from grader.model.assignment import Feedback, Level
from grader.model.result import read_verdict
from grader.model.stored import assignment_to_json
from grader.model.verdict import Flag, Mark, NetworkReached, Outcome, SourceLine, StudentError
from grader.reports.disclosure import WITHHELD, disclose_settings, policy
from grader.reports.terminal import HEADLINES
from grader.subjects.networks import networks_kind
from grader.subjects.networks.assignment import Assignment, Rubric
from grader.subjects.networks.rubric import ORDER
from tests.judge.test_shrinking import RIGHT, SLIPS
from tests.networks import NetworksJudge
from tests.reports.disclosing import ERROR, ROWS, TOLD, betrayed, disclose, revealing, secrets
from tests.reports.test_terminal import judged, shown

RANDOM = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return [np.random.randn(*w.shape) for w in all_weights], [np.random.randn(*b.shape) for b in all_biases]
"""
SCORE, HINT, FULL = (Feedback(level) for level in Level)
#: What an error lacks if no process ended, and no line was refused.
NOT_ENDED: dict[str, Any] = {"lines": [], "ending": "", "network": None}
SAYS_NOTHING = {"schema", "submission", "assignment", "outcome", "score", "max_score", "level"}


def hiding(*names: str, level: Level = Level.FULL) -> Feedback:
    return Feedback(level, hidden=names)


def names(verdict: dict[str, Any]) -> list[str]:
    return [row["name"] for row in verdict["properties"]]


@pytest.mark.parametrize("outcome", Outcome)
def test_at_score_there_are_outcome_and_marks_and_nothing_else(outcome: Outcome) -> None:
    refused = StudentError("no_function", "It has no function.")
    verdict = revealing(outcome, refused if outcome is Outcome.REJECTED else None)
    told = disclose(verdict, SCORE, 1)
    assert (told["outcome"], told["score"], told["max_score"], told["level"]) == (outcome, 3, 17, "score")
    assert betrayed(json.dumps(told), secrets(verdict)) == []
    rest = {key for key, value in told.items() if value} - {*SAYS_NOTHING, "statistics"}
    assert rest == ({"error"} if outcome is Outcome.REJECTED else set())
    assert set(told["statistics"].values()) == {0}
    # Every key is there, as in a whole verdict.
    assert set(told) == {*verdict, "level"}


def test_a_refusal_says_why_at_every_level() -> None:
    refused = StudentError("syntax_error", "Line 3: '(' was never closed.")
    verdict = revealing(Outcome.REJECTED, refused, ())
    for level in (SCORE, HINT, FULL):
        assert disclose(verdict, level, 1)["error"]["message"] == refused.message


def test_at_hint_there_are_rows_and_the_weak_hint() -> None:
    verdict = revealing()
    told = disclose(verdict, HINT, 1)
    assert [(row["title"], row["outcome"], row["score"], row["max_score"]) for row in told["properties"]] == [
        (row.title, row.outcome, row.score, row.max_score) for row in ROWS
    ]
    assert {(row["networks"], row["message"], row["counterexample"]) for row in told["properties"]} == {(0, "", None)}
    assert [(row["name"], row["names"]) for row in told["properties"]] == [(row.name, []) for row in ROWS]
    assert [each["hint"] for each in told["diagnosis"]] == ["zq-weak?"]
    open_to_all = {row.title for row in ROWS} | {"zq-weak?"}
    assert betrayed(json.dumps(told), secrets(verdict) - secrets(list(open_to_all))) == []


@pytest.mark.parametrize(("attempt", "strong"), [(1, False), (2, False), (3, True), (9, True)])
def test_the_hint_grows_with_the_attempts(attempt: int, *, strong: bool) -> None:
    (hint,) = disclose(revealing(), Feedback(Level.HINT, strong_hint_after=2), attempt)["diagnosis"]
    assert (hint["strong_hint"], hint["title"]) == (("zq-strong!", "It does zq-title.") if strong else ("", ""))


@pytest.mark.parametrize("level", [Level.SCORE, Level.HINT])
def test_after_so_many_attempts_everything_is_shown(level: Level) -> None:
    feedback, verdict = Feedback(level, full_after=3), revealing()
    assert disclose(verdict, feedback, 3)["counterexample"] is None
    assert disclose(verdict, feedback, 4) == verdict | {"flags": []}


def test_at_full_all_but_the_flags_is_there() -> None:
    assert disclose(revealing(), FULL, 1) == revealing() | {"flags": []}


def test_an_exception_tells_its_kind_and_line_but_not_what_it_says() -> None:
    told = disclose(revealing(error=replace(ERROR, type="ValueError")), HINT, 1)["error"]
    assert told == {
        "type": "ValueError",
        "message": WITHHELD,
        "traceback": f"  cell 9, line 31\nValueError: {WITHHELD}",
        "frames": [{"cell": 9, "line": 31}],
        **NOT_ENDED,
    }


def test_what_may_be_imported_is_said_where_the_messages_of_exceptions_are_not() -> None:
    """The sentence is ours."""
    raised = StudentError(
        "ModuleNotFoundError", "No module named 'zq'", "  cell 9, line 31, in f\n    zq\n", (SourceLine(9, 31),)
    )
    told = disclose(revealing(error=raised), HINT, 1)["error"]
    assert told["message"].startswith("Only NumPy and Python's standard library can be imported here")
    assert "zq" not in json.dumps(told)


def test_what_a_student_calls_an_exception_is_not_shown() -> None:
    assert disclose(revealing(), HINT, 1)["error"]["type"] == "Exception"


@pytest.mark.parametrize("place", [(None, 123456), (12345, 1), (None, int("7" * 40))])
def test_a_line_that_nobody_has_is_not_shown(place: tuple[int | None, int]) -> None:
    error = StudentError("ValueError", "m", "  line 1, in f\nValueError: m", (SourceLine(*place),))
    told = disclose(revealing(error=error), HINT, 1)["error"]
    assert told == {"type": "ValueError", "message": WITHHELD, "traceback": "", "frames": [], **NOT_ENDED}


@pytest.mark.parametrize(
    ("place", "shown_as"),
    [((None, 31), "line 31"), ((None, 99_999), "line 99999"), ((9_999, 99_999), "cell 9999, line 99999")],
)
def test_a_line_that_a_file_may_have_is_shown(place: tuple[int | None, int], shown_as: str) -> None:
    error = StudentError("ValueError", "m", "  line 1, in f\nValueError: m", (SourceLine(*place),))
    told = disclose(revealing(error=error), HINT, 1)["error"]
    assert told["traceback"] == f"  {shown_as}\nValueError: {WITHHELD}"
    assert told["frames"] == [{"cell": place[0], "line": place[1]}]


def test_of_the_lines_of_a_traceback_the_last_is_shown_and_none_that_a_text_names() -> None:
    frames = (SourceLine(9, 1), SourceLine(9, 2), SourceLine(9, 123456))
    error = StudentError("ValueError", "m", "  cell 3, line 7, in f\nValueError: m", frames)
    assert disclose(revealing(error=error), HINT, 1)["error"]["frames"] == [{"cell": 9, "line": 2}]


def test_a_limit_is_told_without_the_network_at_which_it_was_reached() -> None:
    ending = "It ran for more than 2 s."
    error = StudentError("TimeLimit", f"{ending} It was there.", ending=ending, network=NetworkReached(86127, 86128, 3))
    told = disclose(revealing(Outcome.TIMEOUT, error), HINT, 1)["error"]
    assert told == {"type": "TimeLimit", "message": ending, "traceback": "", "frames": [], **NOT_ENDED}


@pytest.mark.parametrize("outcome", [Outcome.TIMEOUT, Outcome.MEMORY, Outcome.OUTPUT_LIMIT])
def test_of_a_limit_that_an_earlier_version_reached_only_the_kind_is_told(outcome: Outcome) -> None:
    """Its sentence names the network, and no sentence is read."""
    error = StudentError("Limit", "It was too much. It was at network 86127 of 200.")
    told = disclose(revealing(outcome, error), HINT, 1)["error"]
    assert told["message"].startswith("It ")
    assert "86127" not in json.dumps(told)


@pytest.mark.parametrize("ending", ["", "Its process ended with exit status 61."])
def test_an_exit_status_is_not_shown(ending: str) -> None:
    says = "Its process ended with exit status 61, without an answer. Take exit() calls out."
    error = StudentError("Crash", says, ending=ending)
    told = disclose(revealing(Outcome.CRASHED, error), HINT, 1)["error"]
    assert (told["type"], told["message"]) == ("Crash", "Its process ended without an answer.")
    assert not any(told[name] for name in told.keys() - {"type", "message"})


def test_a_weak_hint_has_nothing_of_the_strong_one() -> None:
    (hint,) = disclose(revealing(), HINT, 1)["diagnosis"]
    assert hint.pop("hint") == "zq-weak?"
    assert set(hint) >= {"id", "title", "strong_hint", "read", "apart"}
    assert not any(hint.values())
    assert ({hint[name] for name in ("id", "title", "strong_hint", "read", "apart")}, hint["names"]) == ({""}, [])


def test_the_seed_is_not_shown_beside_hidden_properties() -> None:
    """With it the networks could be drawn again, and the code be tried on them."""
    told = disclose(revealing(), hiding("bias_gradient"), 1)
    assert told["statistics"] == revealing()["statistics"] | {"seed": 0}
    assert told["level"] == "full"
    assert told["flags"] == []


def test_of_a_limit_only_how_it_ended_is_shown() -> None:
    """The network tells how deep it is, and text of the student's could be made to look like it."""
    error = StudentError("TimeLimit", "Too long. It was at network 1 of 2.", ending="Too long.")
    assert disclose(revealing(Outcome.TIMEOUT, error), HINT, 1)["error"]["message"] == "Too long."


@pytest.mark.parametrize("name", [row.name for row in ROWS])
@pytest.mark.parametrize("level", Level)
def test_of_a_hidden_property_nothing_is_shown(name: str, level: Level) -> None:
    verdict = revealing()
    (row,) = (row for row in verdict["properties"] if row["name"] == name)
    others = [each for each in verdict["properties"] if each["name"] != name]
    told = disclose(verdict, hiding(name, level=level), 1)
    # The message of `any_shape` names the weights; the counterexample of the whole is that of the first row.
    facts = {name} | secrets(row) - secrets([each | {"message": ""} for each in others])
    assert betrayed(json.dumps(told), facts) == []
    assert told["score"] == 3


def test_another_rows_message_that_names_a_hidden_property_is_gone() -> None:
    told = disclose(revealing(), hiding("weight_gradient"), 1)
    assert [row["message"] for row in told["properties"]] == ["zq-wrong-on-86112", "", "zq-should-be-D", ""]
    assert [row["names"] for row in told["properties"]] == [[], [], [], []]


def test_of_a_verdict_that_does_not_say_what_its_messages_speak_of_none_is_shown_beside_hidden_properties() -> None:
    """An earlier version's: no message is searched for names."""
    verdict = revealing()
    for part in (*verdict["properties"], *verdict["diagnosis"]):
        del part["names"]
    told = disclose(verdict, hiding("bias_gradient"), 1)
    assert {row["message"] for row in told["properties"]} == {""}
    assert told["diagnosis"] == []
    whole = disclose(verdict, FULL, 1)
    assert {row["message"] for row in whole["properties"]} == {row["message"] for row in verdict["properties"]}
    assert [row["names"] for row in whole["properties"]] == [None] * len(verdict["properties"])


def test_marks_of_rows_do_not_tell_those_of_a_hidden_one() -> None:
    told = disclose(revealing(), hiding("weight_gradient"), 1)
    assert (told["score"], told["max_score"]) == (3, 17)
    assert {(row["score"], row["max_score"]) for row in told["properties"]} == {(0, 0)}


def test_where_a_hidden_property_carries_no_marks_the_others_keep_theirs() -> None:
    told = disclose(revealing(), hiding("finite_differences"), 1)
    assert sum(row["max_score"] for row in told["properties"]) == 17


def test_what_explains_a_hidden_failure_is_not_shown() -> None:
    told = disclose(revealing(), hiding("relu_derivative"), 1)
    assert (told["diagnosis"], told["first_difference"]) == ([], None)


@pytest.mark.parametrize("name", ["bias_gradient", "finite_differences"])
def test_what_explains_shown_failures_is_shown(name: str) -> None:
    told = disclose(revealing(), hiding(name), 1)
    assert (len(told["diagnosis"]), told["first_difference"] is None) == (1, False)


def test_a_diagnosis_that_names_a_hidden_property_is_not_shown() -> None:
    verdict = revealing()
    verdict["diagnosis"][0]["names"] = ["weight_gradient", "bias_gradient"]
    assert disclose(verdict, hiding("bias_gradient"), 1)["diagnosis"] == []
    assert disclose(verdict, hiding("bias_gradient", level=Level.HINT), 1)["diagnosis"] == []


def test_the_counterexample_of_the_whole_is_of_a_row_that_is_shown() -> None:
    verdict = revealing()
    told = disclose(verdict, hiding("finite_differences"), 1)
    assert told["counterexample"] == verdict["properties"][2]["counterexample"]
    assert disclose(verdict, hiding(*(row.name for row in ROWS)), 1)["counterexample"] is None


def test_the_network_at_which_it_ended_is_nobodys_row() -> None:
    rows = tuple(replace(row, outcome=Mark.NOT_RUN, score=0, counterexample=None) for row in ROWS)
    verdict = revealing(Outcome.TIMEOUT, rows=rows) | {"counterexample": revealing()["counterexample"]}
    assert disclose(verdict, hiding("pure"), 1)["counterexample"] == verdict["counterexample"]


def test_an_exception_on_other_shapes_only_belongs_to_the_row_about_shapes() -> None:
    for level in (Level.HINT, Level.FULL):
        assert disclose(revealing(), hiding("any_shape", level=level), 1)["error"] is None
        assert disclose(revealing(Outcome.ERROR), hiding("any_shape", level=level), 1)["error"] is not None


def test_a_key_that_verdicts_have_one_day_is_hidden_until_somebody_decides() -> None:
    later = revealing() | {"spectrum": TOLD}
    later["statistics"] |= {"widest": 86124}
    for level in (SCORE, HINT):
        told = json.dumps(disclose(later, level, 1))
        assert betrayed(told, {"spectrum", TOLD, "86124"}) == []


@pytest.mark.parametrize("slip", [None, *SLIPS])
def test_what_the_engine_says_is_cut_as_well(udl: NetworksJudge, slip: str | None) -> None:
    """Of a real verdict: no number of a network, no message, and it can still be read back and shown."""
    source = RIGHT if slip is None else RIGHT.replace(*SLIPS[slip][:2])
    verdict = json.loads(json.dumps(judged(source, udl).as_dict()))
    for feedback in (SCORE, HINT):
        told = disclose(verdict, feedback, 1)
        text = json.dumps(told)
        numbers = re.findall(r"\d+\.\d{6,}", json.dumps(verdict["counterexample"]))
        messages = [row["message"] for row in verdict["properties"] if row["message"]]
        titles = [each["title"] for each in verdict["diagnosis"]]
        assert [fact for fact in (*numbers, *messages, *titles) if fact in text] == []
        back = read_verdict(told)
        assert (back.score, back.max_score) == (verdict["score"], verdict["max_score"])
        assert HEADLINES[back.outcome][0] in shown(back)


@pytest.mark.parametrize("source", [*(RIGHT.replace(*slip[:2]) for slip in SLIPS.values()), RANDOM])
def test_no_row_of_a_verdict_gives_a_formula_away(udl: NetworksJudge, source: str) -> None:
    """Which array is wrong, and on how many networks: what it should be made of is the strong hint's to say."""
    told = disclose(json.loads(json.dumps(judged(source, udl).as_dict())), FULL, 1)
    rows = [row["message"] for row in told["properties"]]
    asked = [text for each in told["diagnosis"] for text in (each["hint"], each["read"], each["apart"])]
    assert [text for text in (*rows, *asked) if re.search(r"@|\.T\b|\*|should (be|equal) all_|> 0", text)] == []


def test_marks_of_a_verdict_without_its_rows_are_the_whole_ones() -> None:
    told = disclose(revealing(), hiding("weight_gradient"), 1)
    assert "3 of 17 marks" in shown(read_verdict(told))
    assert read_verdict(told).as_dict()["score"] == 3


def test_staff_have_flags_and_students_none() -> None:
    assert read_verdict(revealing()).flags == (Flag("zq-flag-id", "zq-flag-title"),)
    assert [disclose(revealing(), each, 1)["flags"] for each in (SCORE, HINT, FULL)] == [[], [], []]


@pytest.mark.parametrize("level", Level)
def test_settings_are_announced_without_what_the_level_hides(level: Level) -> None:
    settings = json.loads(assignment_to_json(Assignment("x", "X", seed=86125, feedback=Feedback(level))))
    told = disclose_settings(settings)
    assert told.get("seed") == (86125 if level is Level.FULL else None)
    assert {key: told[key] for key in ("id", "title", "limits")} == {
        key: settings[key] for key in ("id", "title", "limits")
    }
    assert told["feedback"] == {"level": level, "strong_hint_after": 0, "full_after": 0}
    assert told["rubric"] == settings["rubric"]


def test_settings_that_a_kind_makes_public_are_announced_and_those_of_an_unknown_kind_are_not() -> None:
    """What was published before there were kinds is about networks."""
    settings = json.loads(assignment_to_json(Assignment("x", "X")))
    own = set(networks_kind.PUBLIC_SETTINGS) & settings.keys()
    assert own
    announced = disclose_settings(settings)
    assert {name: announced[name] for name in own} == {name: settings[name] for name in own}
    older = {name: value for name, value in settings.items() if name != "kind"}
    assert disclose_settings(older).keys() >= own
    assert not disclose_settings(settings | {"kind": "sculptures"}).keys() & own


def test_an_exception_of_an_unknown_kind_belongs_to_no_hidden_row() -> None:
    """A newer version's verdict, shown by this one."""
    verdict = revealing()
    verdict["assignment"]["kind"] = "sculptures"
    for level in (Level.HINT, Level.FULL):
        assert disclose(verdict, hiding("any_shape", level=level), 1)["error"] is not None


def test_settings_do_not_name_hidden_properties() -> None:
    settings = json.loads(assignment_to_json(Assignment("x", "X", feedback=hiding("pure"))))
    assert "pure" not in json.dumps(disclose_settings(settings))
    assert disclose_settings(settings)["rubric"]["any_shape"] == 2


def test_a_setting_of_a_later_version_is_not_announced() -> None:
    """It may say what is hidden."""
    settings = json.loads(assignment_to_json(Assignment("x", "X")))
    assert disclose_settings(settings | {"answers": [1]}) == disclose_settings(settings)


def test_a_rubric_is_not_announced_where_it_would_tell_the_marks_of_what_is_hidden() -> None:
    settings = json.loads(assignment_to_json(Assignment("x", "X", rubric=Rubric(pure=4), feedback=hiding("pure"))))
    assert "rubric" not in disclose_settings(settings)


def test_an_assignment_that_was_published_before_there_were_levels_shows_all() -> None:
    assert policy({}) == Feedback()


@pytest.mark.parametrize("hidden", [{}, {"hidden": ["pure"]}])
def test_feedback_of_a_newer_version_shows_marks_alone_and_hides_what_it_hid(hidden: dict[str, list[str]]) -> None:
    """It may hide what this version would show."""
    expected = Feedback(Level.SCORE, hidden=tuple(hidden.get("hidden", ())))
    assert policy({"feedback": {"level": "full", "reveal": "all", **hidden}}) == expected
    assert policy({"feedback": {"level": "riddle", **hidden}}) == expected


def test_a_setting_that_an_older_version_did_not_store_is_not_announced() -> None:
    settings = json.loads(assignment_to_json(Assignment("x", "X")))
    del settings["templates"]
    assert "templates" not in disclose_settings(settings)


def test_every_property_can_be_hidden(udl: NetworksJudge) -> None:
    verdict = json.loads(json.dumps(judged(RIGHT, udl).as_dict()))
    for name in ORDER:
        assert names(disclose(verdict, hiding(name), 1)) == [each for each in ORDER if each != name]
