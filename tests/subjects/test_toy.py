"""A subject that nothing else knows is graded through all of it: judge, jail, command line, service and page."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import TypeAdapter

from grader.errors import AssignmentError, MadeByNewerVersion
from grader.judge.judge import Judge
from grader.judge.subject import AnySubject
from grader.judge.trial import KnownMistake, Trial
from grader.model import records
from grader.model.assignment import Feedback
from grader.model.records import Job, Kind, Scope, State
from grader.model.result import read_verdict
from grader.model.verdict import CaseCounterexample, Judgement, Mark, Outcome, Verdict
from grader.publishing.preview import preview
from grader.publishing.selfcheck import selfcheck
from grader.reports.disclosure import disclose, disclose_settings
from grader.reports.registry import FORMATS
from grader.store.packaged import read_packaged
from grader.store.publications import NewPublication
from grader.store.submissions import NewSubmission
from grader.subjects import kinds
from grader.web import create_app
from grader.web.http import links
from tests.local import local_by
from tests.service.conftest import Making, context, making, redis_server
from tests.subjects import toy
from tests.web.visitor import Visitor
from worker.cli.main import main
from worker.service.context import Context
from worker.service.fresh_cases import merge_pool
from worker.service.tasks import perform

__all__ = ["context", "making", "redis_server"]

#: Each a slip, and what comes of it: outcome, rows that fail, marks.
SLIPS = {
    "right": ("", "", Outcome.PASSED, set(), 9),
    "wrong total": ("np.sum(x * w)", "np.sum(x + w)", Outcome.FAILED, {"finite_differences", "total"}, 6),
    "wrong cube": ("* x[None, None, :]", "* w[None, None, :]", Outcome.FAILED, {"finite_differences", "cube"}, 4),
    "flat cube": ("* x[None, None, :]", "* x[0]", Outcome.FAILED, {"finite_differences", "cube"}, 4),
    "raises": ("return", "raise ValueError('no'); return", Outcome.ERROR, {"finite_differences", "total", "cube"}, 1),
}
WRONG = toy.RIGHT.replace("* x[None, None, :]", "* w[None, None, :]")


def source(name: str) -> str:
    old, new, *_ = SLIPS[name]
    assert old in toy.RIGHT
    return toy.RIGHT.replace(old, new) if old else toy.RIGHT


def judge_text(text: str) -> Judgement:
    judge = Judge(toy.draw_revision())
    candidate = local_by(text, judge.subject.exchange)
    return judge.judge(candidate, lambda: local_by(text, judge.subject.exchange))


@pytest.fixture
def toy_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the toy's kind known, as that of a subject of next year would be."""
    monkeypatch.setattr(kinds, "KINDS", {**kinds.KINDS, toy.KIND: toy.__name__})


def test_the_toy_is_a_subject() -> None:
    """By its type: the checker reads this line."""
    subject: AnySubject = toy.draw_revision().subject
    assert [row.name for row in subject.rows] == ["finite_differences", "total", "cube", "pure"]


@pytest.mark.parametrize("name", SLIPS)
def test_each_row_of_its_own_rubric_gets_its_marks(name: str) -> None:
    *_, outcome, failing_rows, marks = SLIPS[name]
    judgement = judge_text(source(name))
    assert judgement.outcome is outcome
    assert {row.name for row in judgement.properties if row.outcome is Mark.FAILED} == failing_rows
    assert sum(row.score for row in judgement.properties) == marks


def test_what_is_inconclusive_is_counted_and_never_wrong() -> None:
    """The last number of one cube: what is wrong there alone passes, what is wrong beside it does not."""
    judgement = judge_text(toy.RIGHT)
    assert (judgement.outcome, judgement.statistics.inconclusive, judgement.statistics.networks) == (
        Outcome.PASSED,
        1,
        30,
    )
    (x, _) = toy.draw_revision().cases.inputs[20]
    addend = f"+ np.where(x[0] == {x[0]!r}, np.eye(len(x))[-1][:, None, None] * np.eye(len(x))[-1][:, None], 0.0)"
    assert (
        judge_text(toy.RIGHT.replace("x[None, None, :]", f"x[None, None, :] {addend} * np.eye(len(x))[-1]")).outcome
        is Outcome.PASSED
    )
    assert judge_text(toy.RIGHT.replace("x[None, None, :]", f"x[None, None, :] {addend}")).outcome is Outcome.FAILED


def test_a_counterexample_is_the_smallest_case_that_fails_in_the_same_way() -> None:
    example = judge_text(WRONG).counterexample
    assert isinstance(example, CaseCounterexample)
    assert (example.case, example.instead) == ({"n": 1}, None)
    assert [(result.name, result.shape, result.wrong) for result in example.results] == [
        ("total", [], 0),
        ("cube", [1, 1, 1], 1),
    ]
    assert example.first is not None
    assert (example.first.result, example.first.index) == ("cube", [0, 0, 0])


def test_what_changes_its_arguments_is_not_pure() -> None:
    judgement = judge_text(toy.RIGHT.replace("return", "x *= 1.5; x /= 1.5; x[0] += 1\n    return"))
    (pure_row,) = (row for row in judgement.properties if row.name == "pure")
    assert pure_row.message == "It changes x in place, on 30 of 30 pairs."


def test_the_self_check_tries_its_reference_and_its_mistakes() -> None:
    """A mistake that is right elsewhere, too, is none."""
    revision = toy.draw_revision()
    check = selfcheck(revision)
    assert check.sound
    assert [(catch.mistake.id, catch.cases) for catch in check.catches] == [("off", 30)]
    assert [mistake.id for mistake in check.right_here] == ["none"]
    assert json.loads(preview(revision, check)) == {
        "pairs": 30,
        "mistakes": [{"id": "off", "title": "adds one to the total", "networks": 30}],
    }


def grade_by_command(
    text: str, folder: Path, *options: str, revision: toy.ToyRevision | None = None
) -> tuple[int, str]:
    (folder / "toy.npz").write_bytes(toy.dump(revision or toy.draw_revision()))
    (folder / "mine.py").write_text(text)
    outcome = CliRunner().invoke(
        main, ["grade", str(folder / "mine.py"), "--assignment", str(folder / "toy.npz"), *options]
    )
    return outcome.exit_code, outcome.stdout


@pytest.mark.usefixtures("toy_kind", "jail")
@pytest.mark.parametrize("name", SLIPS)
def test_it_is_graded_in_a_jail_by_the_command_line(name: str, tmp_path: Path) -> None:
    *_, outcome, failing_rows, marks = SLIPS[name]
    status, printed_text = grade_by_command(source(name), tmp_path, "--json")
    result = json.loads(printed_text)
    assert status == (0 if outcome is Outcome.PASSED else 1)
    assert (result["outcome"], result["score"], result["max_score"]) == (outcome, marks, 9)
    assert {row["name"] for row in result["properties"] if row["outcome"] == "failed"} == failing_rows
    assert json.loads(json.dumps(read_verdict(result).as_dict())) == result


@pytest.mark.usefixtures("toy_kind", "jail")
def test_a_call_that_does_not_end_is_shown_with_its_case(tmp_path: Path) -> None:
    """With what it was asked, and nothing that came back."""
    assignment = replace(toy.ToyAssignment(), limits=replace(toy.ToyAssignment().limits, seconds_per_call=0.5))
    endless_source = toy.RIGHT.replace("return", "while len(x) == 2: pass\n    return")
    _, printed_text = grade_by_command(endless_source, tmp_path, "--json", revision=toy.draw_revision(assignment))
    result = json.loads(printed_text)
    assert (result["outcome"], result["error"]["network"]) == ("timeout", None)
    assert result["error"]["reached"] == {"number": 7, "of": 30, "case": {"n": 2}}
    assert result["error"]["message"].endswith("It was at pair 7 of 30 (n = 2).")
    assert "for one pair" in result["error"]["message"]
    assert (result["counterexample"]["case"], result["counterexample"]["instead"]) == (
        {"n": 2},
        "ended without an answer",
    )


#: It answers in the place of what asks it, as networks do when their lists are asked for: nobody asked for any.
FORGED_SOURCE = """
import json
import os
import struct

EVIDENCE = {"kind": "evidence", "ended": True, "form": "plain", "status": "", "shared": ""}
EVIDENCE |= {"early": False, "within": "", "raised": None, "wrote": None}


def spread(x, w):
    header, size = json.dumps(EVIDENCE).encode(), 8 * (1 + len(x) ** 3)
    os.write(41, struct.pack(">IQ", len(header), size) + header + bytes(size))
"""


@pytest.mark.usefixtures("toy_kind", "jail")
def test_a_forged_answer_of_another_kind_is_a_crash_of_its_own(tmp_path: Path) -> None:
    _, printed_text = grade_by_command(FORGED_SOURCE, tmp_path, "--json")
    result = json.loads(printed_text)
    assert (result["outcome"], result["score"]) == ("crashed", 0)


@pytest.mark.usefixtures("toy_kind", "jail")
def test_several_processes_grade_it_alike(tmp_path: Path) -> None:
    """A verdict comes from them as JSON, and is read again."""
    files = [tmp_path / f"{number}.py" for number in range(4)]
    for file in files:
        file.write_text(WRONG)
    (tmp_path / "toy.npz").write_bytes(toy.dump(toy.draw_revision()))
    words = ["grade", "--json", "--assignment", str(tmp_path / "toy.npz"), *map(str, files)]
    first, second = (CliRunner().invoke(main, [*words, "--jobs", jobs]).stdout.splitlines() for jobs in ("1", "2"))
    assert [drop_seconds(json.loads(line)) for line in first] == [drop_seconds(json.loads(line)) for line in second]


def drop_seconds(result: dict[str, Any]) -> dict[str, Any]:
    return {**result, "statistics": {**result["statistics"], "seconds": 0}}


TOML = 'id = "mine"\ntitle = "Mine"\nkind = "toy"\npairs = 12\nseed = 3\n'


def command(*words: str | Path) -> tuple[int, str, str]:
    outcome = CliRunner().invoke(main, [*map(str, words)])
    return outcome.exit_code, outcome.stdout, outcome.stderr


@pytest.fixture
def file(toy_kind: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: ARG001 - it is to be known first
    """An assignment's file; what is drawn of it is kept in a folder of the test's own."""
    monkeypatch.setenv("BACKMARK_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "mine.toml"
    file.write_text(TOML)
    return file


@pytest.mark.usefixtures("jail")
def test_the_command_line_checks_its_assignment_draws_it_and_grades_by_it(file: Path, tmp_path: Path) -> None:
    status, text, _ = command("assignment", "check", file)
    assert (status, text.splitlines()[0]) == (0, "12 pairs; the reference is rejected on 0 of them.")
    assert "network" not in text
    status, text, _ = command("assignment", "draw", file)
    revision = kinds.load(file.with_suffix(".npz").read_bytes())
    assert (status, text) == (0, f"{file.with_suffix('.npz')}: 12 pairs, revision {revision.id}\n")
    (tmp_path / "right.py").write_text(toy.RIGHT)
    _, text, _ = command("grade", tmp_path / "right.py", "--assignment", file, "--json")
    result = json.loads(text)
    assert (result["outcome"], result["assignment"]["revision"]) == ("passed", revision.id)
    assert (result["statistics"]["networks"], result["assignment"]["own_networks"]) == (12, True)


@pytest.mark.usefixtures("jail")
def test_others_of_its_cases_are_drawn_by_a_seed_and_a_number(file: Path, tmp_path: Path) -> None:
    (tmp_path / "right.py").write_text(toy.RIGHT)
    _, text, _ = command(
        "grade", tmp_path / "right.py", "--assignment", file, "--json", "--seed", "5", "--networks", "7"
    )
    result = json.loads(text)
    assert (result["outcome"], result["assignment"]["own_networks"]) == ("passed", False)
    assert (result["statistics"]["networks"], result["statistics"]["seed"]) == (7, 5)


@pytest.mark.usefixtures("jail")
def test_a_right_submission_that_does_not_pass_shows_a_fault_of_its_assignment(file: Path, tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text(WRONG)
    status, text, _ = command("assignment", "check", file, "--right", tmp_path / "wrong.py")
    assert status == 1
    assert "wrong.py, which should be right, does not pass (failed)" in text


def test_a_mistake_that_passes_is_named_without_advice_if_its_kind_has_none(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is off by nothing is right on the drawn pairs, and wrong elsewhere."""
    trial = toy.Toy.trial

    def lax(self: toy.Toy) -> Trial:
        original = trial(self)
        return replace(original, mistakes=(KnownMistake("kept", "is lucky", toy.Lucky(self.cases)),))

    monkeypatch.setattr(toy.Toy, "trial", lax)
    status, text, _ = command("assignment", "check", file)
    assert (status, text.splitlines()[-1]) == (1, "Refused: these known-wrong implementations would pass: kept.")


def test_what_its_own_reader_or_drawing_refuses_is_a_sentence(file: Path) -> None:
    file.write_text(TOML.replace("pairs", "piars"))
    assert command("assignment", "draw", file)[::2] == (2, f"Error: {file}: piars is no key of a toy\n")
    file.write_text(TOML.replace("12", "120"))
    status, _, text = command("assignment", "draw", file)
    assert (status, text) == (2, "Error: the pairs of mine could not be drawn: there are 99 pairs at most\n")


def test_its_own_figures_of_its_cases_are_shown(file: Path) -> None:
    status, text, _ = command("cases", file)
    assert status == 0
    assert text.splitlines()[0] == "12 pairs"
    assert "lengths" in text
    assert json.loads(command("cases", "--assignment", file, "--json")[1]) == {"pairs": 12}


def test_a_kind_without_figures_says_so(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toy, "survey", lambda revision: None)  # noqa: ARG005 - of any revision
    status, _, text = command("cases", file)
    assert (status, text.splitlines()[-1]) == (2, f"Error: the pairs of {file} have no figures")


def publish(context: Context, toml: str, fresh: int = 0) -> records.PublicationRecord:
    request = context.store.publications.request(NewPublication("spreading", "mine", toml, fresh))
    perform(context, Job(Kind.PUBLICATION, request.id))
    publication = context.store.publications.get(request.id)
    assert publication is not None
    return publication


def test_a_worker_publishes_its_assignment(toy_context: Context) -> None:
    publication = publish(toy_context, TOML)
    assert (publication.state, publication.refusal) == (State.DONE, None)
    revision = toy_context.store.assignments.current("spreading", "mine")
    assert revision is not None
    assert (revision.id, revision.catches, revision.fresh) == (publication.revision, (("off", 12),), 0)
    assert json.loads(revision.preview)["pairs"] == 12
    assert grade_text(toy_context, toy.RIGHT, revision).outcome == "passed"


def test_staff_see_the_mistakes_that_its_cases_catch(toy_context: Context) -> None:
    """On the page of the assignment and on that of its revision."""
    revision = publish(toy_context, TOML).revision
    visitor = Visitor(create_app(toy_context.settings, toy_context.store), toy_context.store, "spreading")
    home = "/courses/spreading/assignments/mine"
    assert "Of 1 known mistake each is seen by at least 12 pairs" in " ".join(visitor.get(home).split())
    shown_page = visitor.get(f"{home}/revisions/{revision}")
    assert "It adds one to the total." in shown_page
    assert "Its pairs" in shown_page
    assert "On how many pairs each of 1 wrong spreads spreads wrongly" in " ".join(shown_page.split())
    assert "network" not in shown_page.lower()
    assert "backward" not in shown_page


def test_the_page_of_a_publication_speaks_of_its_cases(toy_context: Context) -> None:
    """While it waits, and when it was refused."""
    visitor = Visitor(create_app(toy_context.settings, toy_context.store), toy_context.store, "spreading")
    waiting = toy_context.store.publications.request(NewPublication("spreading", "mine", TOML, 0))
    assert "network" not in visitor.get(f"/courses/spreading/publications/{waiting.id}").lower()
    publication = publish(toy_context, TOML)
    assert ">Its pairs</a>" in visitor.get(f"/courses/spreading/publications/{publication.id}")


def test_a_kind_without_a_pool_has_no_fresh_cases(toy_context: Context) -> None:
    """Unless somebody asks for some, which is refused."""
    publication = publish(toy_context, TOML, fresh=3)
    assert publication.revision is None
    assert str(publication.refusal) == ("fresh is 3, but assignments of the kind toy have no fresh pairs; set it to 0")


def test_a_pool_that_was_stored_for_it_is_our_fault() -> None:
    """Not the student's, and no verdict."""
    with pytest.raises(AssignmentError, match="which its kind does not know"):
        merge_pool(toy.draw_revision(), toy.draw_revision(), [0])


def test_the_api_takes_its_assignment_and_asks_for_no_fresh_cases(toy_context: Context) -> None:
    """With a secret a fifth of networks would be fresh."""
    app = create_app(toy_context.settings, toy_context.store)
    _, token = toy_context.store.tokens.create("staff", "spreading", frozenset({Scope.STAFF}))
    response = app.test_client().post(
        "/api/v1/publications",
        json={"toml": TOML},
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "one"},
    )
    assert response.status_code == 202, response.text
    assert response.json is not None
    assert (response.json["assignment"], response.json["fresh"]) == ("mine", 0)


def test_each_form_and_the_documented_schema_take_its_verdict(toy_context: Context) -> None:
    submission = grade_text(toy_context, WRONG)
    result = toy_context.store.submissions.verdict(submission.id)
    assert result is not None
    document = json.loads(json.dumps(result.as_dict()))
    assert TypeAdapter(Verdict).validate_python(document).counterexample == result.counterexample
    for form in FORMATS.values():
        assert b"network that" not in form.render(submission, result)


def test_students_read_the_settings_that_its_kind_calls_public(toy_kind: None) -> None:  # noqa: ARG001 - it is to be known
    assignment = json.loads(toy.draw_revision().assignment_json)
    public_settings = disclose_settings(assignment)
    assert (public_settings["pairs"], public_settings["function"]) == (30, "spread")
    assert "scale" not in public_settings
    assert "pairs" not in disclose_settings({**assignment, "kind": "of next year"})


def test_an_exception_on_some_cases_only_is_hidden_with_the_row_that_says_so(toy_context: Context) -> None:
    source_text = toy.RIGHT.replace("return", "if len(x) == 3: raise ValueError('no')\n    return")
    result = toy_context.store.submissions.verdict(grade_text(toy_context, source_text).id)
    assert result is not None
    assert result.error is not None
    assert disclose(result, Feedback(hidden=("total",)), 1).error is not None
    assert disclose(result, Feedback(hidden=("cube",)), 1).error is None


def test_what_ships_may_be_of_its_kind(toy_kind: None) -> None:  # noqa: ARG001 - it is to be known
    revision = toy.draw_revision()
    package = read_packaged("toy.npz", toy.dump(revision), "{}")
    assert (package.id, package.assignment_id, package.title) == (revision.id, "toy-1", "Spread a vector")
    assert (package.cases, package.cases_sha256) == (30, revision.cases_sha256)


@pytest.mark.usefixtures("toy_kind", "jail")
def test_its_own_evidence_is_asked_for_in_the_jail(tmp_path: Path) -> None:
    """The total is seen by another line that calls, though the cube that comes with it is refused."""
    _, text = grade_by_command(source("flat cube"), tmp_path, "--json")
    (total,) = (row for row in json.loads(text)["properties"] if row["name"] == "total")
    assert (total["outcome"], total["message"]) == ("passed", "Seen before the cube.")


def test_its_page_says_what_is_the_first_wrong_value(toy_context: Context) -> None:
    text = page(toy_context, link(toy_context, grade_text(toy_context, WRONG)))
    assert "cube is the first to go wrong" in text
    assert "Your <code>spread</code>" in page(toy_context, link(toy_context, grade_text(toy_context, toy.RIGHT)))


def test_its_progress_names_its_cases(toy_context: Context) -> None:
    new = NewSubmission("spreading", "toy-1", toy.draw_revision().id, "ann", "mine.py", toy.RIGHT.encode())
    waiting = toy_context.store.submissions.get(toy_context.store.submissions.accept(new).id)
    assert waiting is not None
    text = page(toy_context, link(toy_context, waiting))
    assert 'data-noun="pair"' in text
    assert "Comparing its products" in text
    assert "network" not in text.lower()


def test_a_row_of_its_own_can_be_hidden(toy_context: Context) -> None:
    result = toy_context.store.submissions.verdict(grade_text(toy_context, WRONG).id)
    assert result is not None
    student_verdict = disclose(result, Feedback(hidden=("cube", "finite_differences")), 1)
    assert [row.name for row in student_verdict.properties] == ["total", "pure"]
    assert student_verdict.counterexample is None


@pytest.mark.usefixtures("toy_kind", "jail")
def test_the_terminal_shows_its_case_and_says_nothing_of_networks(tmp_path: Path) -> None:
    _, text = grade_by_command(WRONG, tmp_path)
    assert "products in 30 pairs compared by hand" in " ".join(text.split())
    assert "The smallest pair found on which it goes wrong" in text
    assert "x = np.array([1.0])" in text
    assert "First beyond the tolerance in the cube: cube at [0, 0, 0]." in text
    assert "network" not in text


@pytest.mark.usefixtures("toy_kind")
def test_an_archive_of_its_kind_is_refused_by_name_where_that_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a version of before does it."""
    data = toy.dump(toy.draw_revision())
    assert kinds.load(data).id == toy.draw_revision().id
    monkeypatch.undo()
    with pytest.raises(MadeByNewerVersion, match="of a kind that this version does not know \\(toy\\)"):
        kinds.load(data, "toy.npz")


@pytest.fixture
def toy_context(toy_kind: None, making: Making) -> Context:  # noqa: ARG001 - it is to be known first
    """A worker's context, and a store in which the toy is an assignment of the course."""
    worker_context = making(secret="a secret for tests, as long as others")  # noqa: S106 - it guards nothing
    revision = toy.draw_revision()
    record = records.RevisionRecord(
        id=revision.id,
        course="spreading",
        assignment=revision.assignment_json,
        assignment_id=revision.assignment.id,
        title=revision.assignment.title,
        networks_sha256=revision.cases_sha256,
        published=0.0,
    )
    worker_context.store.assignments.publish(record, toy.dump(revision))
    return worker_context


def grade_text(context: Context, text: str, revision: records.RevisionRecord | None = None) -> records.SubmissionRecord:
    """Hand it in, and let the worker do it."""
    name, number = ("toy-1", toy.draw_revision().id) if revision is None else (revision.assignment_id, revision.id)
    new = NewSubmission("spreading", name, number, "ann", "mine.py", text.encode())
    receipt = context.store.submissions.accept(new)
    perform(context, Job(Kind.SUBMISSION, receipt.id))
    submission = context.store.submissions.get(receipt.id)
    assert submission is not None
    return submission


@pytest.mark.parametrize("name", SLIPS)
def test_the_service_grades_it_and_keeps_its_verdict(toy_context: Context, name: str) -> None:
    *_, outcome, failing_rows, marks = SLIPS[name]
    submission = grade_text(toy_context, source(name))
    assert (submission.outcome, submission.score, set(submission.failing)) == (outcome, marks, failing_rows)


def page(context: Context, path: str) -> str:
    app = create_app(context.settings, context.store)
    answer = app.test_client().get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def link(context: Context, submission: records.SubmissionRecord) -> str:
    app = create_app(context.settings, context.store)
    with app.test_request_context():
        return str(links.verdict(submission))


@pytest.mark.parametrize("name", SLIPS)
def test_its_page_shows_its_rows_and_says_nothing_of_networks(toy_context: Context, name: str) -> None:
    submission = grade_text(toy_context, source(name))
    text = page(toy_context, link(toy_context, submission))
    assert "The cube" in text
    assert "network" not in text.lower()
    assert "backward" not in text


def test_its_page_shows_the_case_as_heat_maps(toy_context: Context) -> None:
    text = page(toy_context, link(toy_context, grade_text(toy_context, WRONG)))
    assert "The smallest pair on which it goes wrong" in text
    assert "The first to differ is <code>cube[0, 0, 0]</code>" in text
    assert 'class="map' in text
    assert '<svg class="net' not in text


def test_the_form_to_hand_it_in_names_its_function(toy_context: Context) -> None:
    app = create_app(toy_context.settings, toy_context.store)
    with app.test_request_context():
        path = str(links.hand_in("spreading", "toy-1", "ann"))
    text = page(toy_context, path)
    assert "<code>spread</code>" in text
    assert "network" not in text.lower()
