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


def judged(text: str) -> Judgement:
    judge = Judge(toy.drawn())
    candidate = local_by(text, judge.subject.exchange)
    return judge.judge(candidate, lambda: local_by(text, judge.subject.exchange))


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the toy's kind known, as that of a subject of next year would be."""
    monkeypatch.setattr(kinds, "KINDS", {**kinds.KINDS, toy.KIND: toy.__name__})


def test_the_toy_is_a_subject() -> None:
    """By its type: the checker reads this line."""
    subject: AnySubject = toy.drawn().subject
    assert [row.name for row in subject.rows] == ["finite_differences", "total", "cube", "pure"]


@pytest.mark.parametrize("name", SLIPS)
def test_each_row_of_its_own_rubric_gets_its_marks(name: str) -> None:
    *_, outcome, failing, marks = SLIPS[name]
    found = judged(source(name))
    assert found.outcome is outcome
    assert {row.name for row in found.properties if row.outcome is Mark.FAILED} == failing
    assert sum(row.score for row in found.properties) == marks


def test_what_is_inconclusive_is_counted_and_never_wrong() -> None:
    """The last number of one cube: what is wrong there alone passes, what is wrong beside it does not."""
    found = judged(toy.RIGHT)
    assert (found.outcome, found.statistics.inconclusive, found.statistics.networks) == (Outcome.PASSED, 1, 30)
    (x, _) = toy.drawn().cases.inputs[20]
    off = f"+ np.where(x[0] == {x[0]!r}, np.eye(len(x))[-1][:, None, None] * np.eye(len(x))[-1][:, None], 0.0)"
    assert (
        judged(toy.RIGHT.replace("x[None, None, :]", f"x[None, None, :] {off} * np.eye(len(x))[-1]")).outcome
        is Outcome.PASSED
    )
    assert judged(toy.RIGHT.replace("x[None, None, :]", f"x[None, None, :] {off}")).outcome is Outcome.FAILED


def test_a_counterexample_is_the_smallest_case_that_fails_in_the_same_way() -> None:
    example = judged(WRONG).counterexample
    assert isinstance(example, CaseCounterexample)
    assert (example.case, example.instead) == ({"n": 1}, None)
    assert [(each.name, each.shape, each.wrong) for each in example.results] == [
        ("total", [], 0),
        ("cube", [1, 1, 1], 1),
    ]
    assert example.first is not None
    assert (example.first.result, example.first.index) == ("cube", [0, 0, 0])


def test_what_changes_its_arguments_is_not_pure() -> None:
    found = judged(toy.RIGHT.replace("return", "x *= 1.5; x /= 1.5; x[0] += 1\n    return"))
    (pure,) = (row for row in found.properties if row.name == "pure")
    assert pure.message == "It changes x in place, on 30 of 30 pairs."


def test_the_self_check_tries_its_reference_and_its_mistakes() -> None:
    """A mistake that is right elsewhere, too, is none."""
    revision = toy.drawn()
    checked = selfcheck(revision)
    assert checked.sound
    assert [(catch.mistake.id, catch.cases) for catch in checked.catches] == [("off", 30)]
    assert [mistake.id for mistake in checked.right_here] == ["none"]
    assert json.loads(preview(revision, checked)) == {
        "pairs": 30,
        "mistakes": [{"id": "off", "title": "adds one to the total", "networks": 30}],
    }


def on_the_command_line(
    text: str, folder: Path, *options: str, revision: toy.ToyRevision | None = None
) -> tuple[int, str]:
    (folder / "toy.npz").write_bytes(toy.dump(revision or toy.drawn()))
    (folder / "mine.py").write_text(text)
    done = CliRunner().invoke(
        main, ["grade", str(folder / "mine.py"), "--assignment", str(folder / "toy.npz"), *options]
    )
    return done.exit_code, done.stdout


@pytest.mark.usefixtures("known", "jail")
@pytest.mark.parametrize("name", SLIPS)
def test_it_is_graded_in_a_jail_by_the_command_line(name: str, tmp_path: Path) -> None:
    *_, outcome, failing, marks = SLIPS[name]
    status, said = on_the_command_line(source(name), tmp_path, "--json")
    result = json.loads(said)
    assert status == (0 if outcome is Outcome.PASSED else 1)
    assert (result["outcome"], result["score"], result["max_score"]) == (outcome, marks, 9)
    assert {row["name"] for row in result["properties"] if row["outcome"] == "failed"} == failing
    assert json.loads(json.dumps(read_verdict(result).as_dict())) == result


@pytest.mark.usefixtures("known", "jail")
def test_a_call_that_does_not_end_is_shown_with_its_case(tmp_path: Path) -> None:
    """With what it was asked, and nothing that came back."""
    hurried = replace(toy.ToyAssignment(), limits=replace(toy.ToyAssignment().limits, seconds_per_call=0.5))
    endless = toy.RIGHT.replace("return", "while len(x) == 2: pass\n    return")
    _, said = on_the_command_line(endless, tmp_path, "--json", revision=toy.drawn(hurried))
    result = json.loads(said)
    assert (result["outcome"], result["error"]["network"]) == ("timeout", None)
    assert result["error"]["message"].endswith("It was at pair 7 of 30.")
    assert "for one pair" in result["error"]["message"]
    assert (result["counterexample"]["case"], result["counterexample"]["instead"]) == (
        {"n": 2},
        "ended without an answer",
    )


#: It answers in the place of what asks it, as networks do when their lists are asked for: nobody asked for any.
FORGED = """
import json
import os
import struct

EVIDENCE = {"kind": "evidence", "ended": True, "form": "plain", "status": "", "shared": ""}
EVIDENCE |= {"early": False, "within": "", "raised": None, "wrote": None}


def spread(x, w):
    header, size = json.dumps(EVIDENCE).encode(), 8 * (1 + len(x) ** 3)
    os.write(41, struct.pack(">IQ", len(header), size) + header + bytes(size))
"""


@pytest.mark.usefixtures("known", "jail")
def test_a_forged_answer_of_another_kind_is_a_crash_of_its_own(tmp_path: Path) -> None:
    _, said = on_the_command_line(FORGED, tmp_path, "--json")
    result = json.loads(said)
    assert (result["outcome"], result["score"]) == ("crashed", 0)


@pytest.mark.usefixtures("known", "jail")
def test_several_processes_grade_it_alike(tmp_path: Path) -> None:
    """A verdict comes from them as JSON, and is read again."""
    files = [tmp_path / f"{number}.py" for number in range(4)]
    for file in files:
        file.write_text(WRONG)
    (tmp_path / "toy.npz").write_bytes(toy.dump(toy.drawn()))
    words = ["grade", "--json", "--assignment", str(tmp_path / "toy.npz"), *map(str, files)]
    one, two = (CliRunner().invoke(main, [*words, "--jobs", jobs]).stdout.splitlines() for jobs in ("1", "2"))
    assert [timeless(json.loads(line)) for line in one] == [timeless(json.loads(line)) for line in two]


def timeless(result: dict[str, Any]) -> dict[str, Any]:
    return {**result, "statistics": {**result["statistics"], "seconds": 0}}


TOML = 'id = "mine"\ntitle = "Mine"\nkind = "toy"\npairs = 12\nseed = 3\n'


def command(*words: str | Path) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, [*map(str, words)])
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def file(known: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: ARG001 - it is to be known first
    """An assignment's file; what is drawn of it is kept in a folder of the test's own."""
    monkeypatch.setenv("BACKMARK_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "mine.toml"
    file.write_text(TOML)
    return file


@pytest.mark.usefixtures("jail")
def test_the_command_line_checks_its_assignment_draws_it_and_grades_by_it(file: Path, tmp_path: Path) -> None:
    status, said, _ = command("assignment", "check", file)
    assert (status, said.splitlines()[0]) == (0, "12 pairs; the reference is rejected on 0 of them.")
    assert "network" not in said
    status, said, _ = command("assignment", "draw", file)
    drawn = kinds.load(file.with_suffix(".npz").read_bytes())
    assert (status, said) == (0, f"{file.with_suffix('.npz')}: 12 pairs, revision {drawn.id}\n")
    (tmp_path / "right.py").write_text(toy.RIGHT)
    _, said, _ = command("grade", tmp_path / "right.py", "--assignment", file, "--json")
    result = json.loads(said)
    assert (result["outcome"], result["assignment"]["revision"]) == ("passed", drawn.id)
    assert (result["statistics"]["networks"], result["assignment"]["own_networks"]) == (12, True)


@pytest.mark.usefixtures("jail")
def test_others_of_its_cases_are_drawn_by_a_seed_and_a_number(file: Path, tmp_path: Path) -> None:
    (tmp_path / "right.py").write_text(toy.RIGHT)
    _, said, _ = command(
        "grade", tmp_path / "right.py", "--assignment", file, "--json", "--seed", "5", "--networks", "7"
    )
    result = json.loads(said)
    assert (result["outcome"], result["assignment"]["own_networks"]) == ("passed", False)
    assert (result["statistics"]["networks"], result["statistics"]["seed"]) == (7, 5)


@pytest.mark.usefixtures("jail")
def test_a_right_submission_that_does_not_pass_shows_a_fault_of_its_assignment(file: Path, tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text(WRONG)
    status, said, _ = command("assignment", "check", file, "--right", tmp_path / "wrong.py")
    assert status == 1
    assert "wrong.py, which should be right, does not pass (failed)" in said


def test_a_mistake_that_passes_is_named_without_advice_if_its_kind_has_none(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is off by nothing is right on the drawn pairs, and wrong elsewhere."""
    trial = toy.Toy.trial

    def lax(self: toy.Toy) -> Trial:
        tried = trial(self)
        return replace(tried, mistakes=(KnownMistake("kept", "is lucky", toy.Lucky(self.cases)),))

    monkeypatch.setattr(toy.Toy, "trial", lax)
    status, said, _ = command("assignment", "check", file)
    assert (status, said.splitlines()[-1]) == (1, "Refused: these known-wrong implementations would pass: kept.")


def test_what_its_own_reader_or_drawing_refuses_is_a_sentence(file: Path) -> None:
    file.write_text(TOML.replace("pairs", "piars"))
    assert command("assignment", "draw", file)[::2] == (2, f"Error: {file}: piars is no key of a toy\n")
    file.write_text(TOML.replace("12", "120"))
    status, _, said = command("assignment", "draw", file)
    assert (status, said) == (2, "Error: the pairs of mine could not be drawn: there are 99 pairs at most\n")


def test_its_own_figures_of_its_cases_are_shown(file: Path) -> None:
    status, said, _ = command("networks", "--assignment", file)
    assert status == 0
    assert said.splitlines()[0] == "12 pairs"
    assert "lengths" in said
    assert json.loads(command("networks", "--assignment", file, "--json")[1]) == {"pairs": 12}


def test_a_kind_without_figures_says_so(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toy, "survey", lambda revision: None)  # noqa: ARG005 - of any revision
    status, _, said = command("networks", "--assignment", file)
    assert (status, said.splitlines()[-1]) == (2, f"Error: the pairs of {file} have no figures")


def publish(context: Context, toml: str, fresh: int = 0) -> records.PublicationRecord:
    requested = context.store.publications.request(NewPublication("spreading", "mine", toml, fresh))
    perform(context, Job(Kind.PUBLICATION, requested.id))
    found = context.store.publications.get(requested.id)
    assert found is not None
    return found


def test_a_worker_publishes_its_assignment(published: Context) -> None:
    publication = publish(published, TOML)
    assert (publication.state, publication.refusal) == (State.DONE, None)
    revision = published.store.assignments.current("spreading", "mine")
    assert revision is not None
    assert (revision.id, revision.catches, revision.fresh) == (publication.revision, (("off", 12),), 0)
    assert json.loads(revision.preview)["pairs"] == 12
    assert graded(published, toy.RIGHT, revision).outcome == "passed"


def test_staff_see_the_mistakes_that_its_cases_catch(published: Context) -> None:
    """On the page of the assignment and on that of its revision."""
    revision = publish(published, TOML).revision
    visitor = Visitor(create_app(published.settings, published.store), published.store, "spreading")
    home = "/courses/spreading/assignments/mine"
    assert "Of 1 known mistake each is seen by at least 12 pairs" in " ".join(visitor.get(home).split())
    shown = visitor.get(f"{home}/revisions/{revision}")
    assert "It adds one to the total." in shown
    assert "Its pairs" in shown
    assert "On how many pairs each of 1 wrong spreads spreads wrongly" in " ".join(shown.split())
    assert "network" not in shown.lower()
    assert "backward" not in shown


def test_the_page_of_a_publication_speaks_of_its_cases(published: Context) -> None:
    """While it waits, and when it was refused."""
    visitor = Visitor(create_app(published.settings, published.store), published.store, "spreading")
    waiting = published.store.publications.request(NewPublication("spreading", "mine", TOML, 0))
    assert "network" not in visitor.get(f"/courses/spreading/publications/{waiting.id}").lower()
    done = publish(published, TOML)
    assert ">Its pairs</a>" in visitor.get(f"/courses/spreading/publications/{done.id}")


def test_a_kind_without_a_pool_has_no_fresh_cases(published: Context) -> None:
    """Unless somebody asks for some, which is refused."""
    publication = publish(published, TOML, fresh=3)
    assert publication.revision is None
    assert str(publication.refusal) == ("fresh is 3, but assignments of the kind toy have no fresh pairs; set it to 0")


def test_a_pool_that_was_stored_for_it_is_our_fault() -> None:
    """Not the student's, and no verdict."""
    with pytest.raises(AssignmentError, match="which its kind does not know"):
        merge_pool(toy.drawn(), toy.drawn(), [0])


def test_the_api_takes_its_assignment_and_asks_for_no_fresh_cases(published: Context) -> None:
    """With a secret a fifth of networks would be fresh."""
    app = create_app(published.settings, published.store)
    _, token = published.store.tokens.create("staff", "spreading", frozenset({Scope.STAFF}))
    asked = app.test_client().post(
        "/api/v1/publications",
        json={"toml": TOML},
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "one"},
    )
    assert asked.status_code == 202, asked.text
    assert asked.json is not None
    assert (asked.json["assignment"], asked.json["fresh"]) == ("mine", 0)


def test_each_form_and_the_documented_schema_take_its_verdict(published: Context) -> None:
    found = graded(published, WRONG)
    result = published.store.submissions.verdict(found.id)
    assert result is not None
    written = json.loads(json.dumps(result.as_dict()))
    assert TypeAdapter(Verdict).validate_python(written).counterexample == result.counterexample
    for form in FORMATS.values():
        assert b"network that" not in form.render(found, result)


def test_students_read_the_settings_that_its_kind_calls_public(known: None) -> None:  # noqa: ARG001 - it is to be known
    assignment = json.loads(toy.drawn().assignment_json)
    shown = disclose_settings(assignment)
    assert (shown["pairs"], shown["function"]) == (30, "spread")
    assert "scale" not in shown
    assert "pairs" not in disclose_settings({**assignment, "kind": "of next year"})


def test_an_exception_on_some_cases_only_is_hidden_with_the_row_that_says_so(published: Context) -> None:
    sometimes = toy.RIGHT.replace("return", "if len(x) == 3: raise ValueError('no')\n    return")
    result = published.store.submissions.verdict(graded(published, sometimes).id)
    assert result is not None
    assert result.error is not None
    assert disclose(result, Feedback(hidden=("total",)), 1).error is not None
    assert disclose(result, Feedback(hidden=("cube",)), 1).error is None


def test_what_ships_may_be_of_its_kind(known: None) -> None:  # noqa: ARG001 - it is to be known
    revision = toy.drawn()
    packaged = read_packaged("toy.npz", toy.dump(revision), "{}")
    assert (packaged.id, packaged.assignment_id, packaged.title) == (revision.id, "toy-1", "Spread a vector")
    assert (packaged.cases, packaged.cases_sha256) == (30, revision.cases_sha256)


@pytest.mark.usefixtures("known", "jail")
def test_its_own_evidence_is_asked_for_in_the_jail(tmp_path: Path) -> None:
    """The total is seen by another line that calls, though the cube that comes with it is refused."""
    _, said = on_the_command_line(source("flat cube"), tmp_path, "--json")
    (total,) = (row for row in json.loads(said)["properties"] if row["name"] == "total")
    assert (total["outcome"], total["message"]) == ("passed", "Seen before the cube.")


def test_its_page_says_what_is_the_first_wrong_value(published: Context) -> None:
    text = page(published, link(published, graded(published, WRONG)))
    assert "cube is the first to go wrong" in text
    assert "Your <code>spread</code>" in page(published, link(published, graded(published, toy.RIGHT)))


def test_its_progress_names_its_cases(published: Context) -> None:
    new = NewSubmission("spreading", "toy-1", toy.drawn().id, "ann", "mine.py", toy.RIGHT.encode())
    waiting = published.store.submissions.get(published.store.submissions.accept(new).id)
    assert waiting is not None
    text = page(published, link(published, waiting))
    assert 'data-noun="pair"' in text
    assert "Comparing its products" in text
    assert "network" not in text.lower()


def test_a_row_of_its_own_can_be_hidden(published: Context) -> None:
    result = published.store.submissions.verdict(graded(published, WRONG).id)
    assert result is not None
    shown = disclose(result, Feedback(hidden=("cube", "finite_differences")), 1)
    assert [row.name for row in shown.properties] == ["total", "pure"]
    assert shown.counterexample is None


@pytest.mark.usefixtures("known", "jail")
def test_the_terminal_shows_its_case_and_says_nothing_of_networks(tmp_path: Path) -> None:
    _, said = on_the_command_line(WRONG, tmp_path)
    assert "products in 30 pairs compared by hand" in " ".join(said.split())
    assert "The smallest pair found on which it goes wrong" in said
    assert "x = np.array([1.0])" in said
    assert "First beyond the tolerance in the cube: cube at [0, 0, 0]." in said
    assert "network" not in said


@pytest.mark.usefixtures("known")
def test_an_archive_of_its_kind_is_refused_by_name_where_that_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a version of before does it."""
    data = toy.dump(toy.drawn())
    assert kinds.load(data).id == toy.drawn().id
    monkeypatch.undo()
    with pytest.raises(MadeByNewerVersion, match="of a kind that this version does not know \\(toy\\)"):
        kinds.load(data, "toy.npz")


@pytest.fixture
def published(known: None, making: Making) -> Context:  # noqa: ARG001 - it is to be known first
    """A worker's context, and a store in which the toy is an assignment of the course."""
    made = making(secret="a secret for tests, as long as others")  # noqa: S106 - it guards nothing
    revision = toy.drawn()
    record = records.RevisionRecord(
        id=revision.id,
        course="spreading",
        assignment=revision.assignment_json,
        assignment_id=revision.assignment.id,
        title=revision.assignment.title,
        networks_sha256=revision.cases_sha256,
        published=0.0,
    )
    made.store.assignments.publish(record, toy.dump(revision))
    return made


def graded(context: Context, text: str, revision: records.RevisionRecord | None = None) -> records.SubmissionRecord:
    """Hand it in, and let the worker do it."""
    name, number = ("toy-1", toy.drawn().id) if revision is None else (revision.assignment_id, revision.id)
    new = NewSubmission("spreading", name, number, "ann", "mine.py", text.encode())
    accepted = context.store.submissions.accept(new)
    perform(context, Job(Kind.SUBMISSION, accepted.id))
    found = context.store.submissions.get(accepted.id)
    assert found is not None
    return found


@pytest.mark.parametrize("name", SLIPS)
def test_the_service_grades_it_and_keeps_its_verdict(published: Context, name: str) -> None:
    *_, outcome, failing, marks = SLIPS[name]
    found = graded(published, source(name))
    assert (found.outcome, found.score, set(found.failing)) == (outcome, marks, failing)


def page(context: Context, path: str) -> str:
    app = create_app(context.settings, context.store)
    answer = app.test_client().get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def link(context: Context, found: records.SubmissionRecord) -> str:
    app = create_app(context.settings, context.store)
    with app.test_request_context():
        return str(links.verdict(found))


@pytest.mark.parametrize("name", SLIPS)
def test_its_page_shows_its_rows_and_says_nothing_of_networks(published: Context, name: str) -> None:
    found = graded(published, source(name))
    text = page(published, link(published, found))
    assert "The cube" in text
    assert "network" not in text.lower()
    assert "backward" not in text


def test_its_page_shows_the_case_as_heat_maps(published: Context) -> None:
    text = page(published, link(published, graded(published, WRONG)))
    assert "The smallest pair on which it goes wrong" in text
    assert "The first to differ is <code>cube[0, 0, 0]</code>" in text
    assert 'class="map' in text
    assert '<svg class="net' not in text


def test_the_form_to_hand_it_in_names_its_function(published: Context) -> None:
    app = create_app(published.settings, published.store)
    with app.test_request_context():
        path = str(links.hand_in("spreading", "toy-1", "ann"))
    text = page(published, path)
    assert "<code>spread</code>" in text
    assert "network" not in text.lower()
