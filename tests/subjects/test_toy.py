"""A subject that nothing else knows is graded through all of it: judge, jail, command line, service and page."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from grader.errors import MadeByNewerVersion
from grader.judge.judge import Judge
from grader.judge.subject import AnySubject
from grader.model import records
from grader.model.assignment import Feedback
from grader.model.records import Job, Kind
from grader.model.result import verdict as read_verdict
from grader.model.verdict import CaseCounterexample, Judgement, Mark, Outcome
from grader.publishing.preview import preview
from grader.publishing.selfcheck import selfcheck
from grader.reports.disclosure import disclose
from grader.reports.registry import FORMATS
from grader.store.submissions import NewSubmission
from grader.subjects import kinds
from grader.web import create_app
from grader.web.api.verdict_schemas import VerdictResponse
from grader.web.http import links
from tests.local import local_by
from tests.service.conftest import Making, context, making, redis_server
from tests.subjects import toy
from worker.cli.main import main
from worker.service.context import Context
from worker.service.tasks import perform

__all__ = ["context", "making", "redis_server"]

#: Each a slip, and what comes of it: outcome, rows that fail, marks.
SLIPS = {
    "right": ("", "", Outcome.PASSED, set(), 9),
    "wrong total": ("np.sum(x * w)", "np.sum(x + w)", Outcome.FAILED, {"finite_differences", "total"}, 6),
    "wrong cube": ("* x[None, None, :]", "* w[None, None, :]", Outcome.FAILED, {"finite_differences", "cube"}, 4),
    "flat cube": ("* x[None, None, :]", "* x[0]", Outcome.FAILED, {"finite_differences", "total", "cube"}, 1),
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
    assert [(catch.mistake.id, catch.networks) for catch in checked.catches] == [("off", 30)]
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
    assert (result["counterexample"]["case"], result["counterexample"]["instead"]) == (
        {"n": 2},
        "ended without an answer",
    )


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


def test_each_form_and_the_documented_schema_take_its_verdict(published: Context) -> None:
    found = graded(published, WRONG)
    result = published.store.submissions.verdict(found.id)
    assert result is not None
    assert VerdictResponse.model_validate(result).counterexample is not None
    for form in FORMATS.values():
        assert b"network that" not in form.render(found, result)


def test_a_row_of_its_own_can_be_hidden(published: Context) -> None:
    result = published.store.submissions.verdict(graded(published, WRONG).id)
    assert result is not None
    shown = disclose(result, Feedback(hidden=("cube", "finite_differences")), 1)
    assert [row["name"] for row in shown["properties"]] == ["total", "pure"]
    assert shown["counterexample"] is None


@pytest.mark.usefixtures("known", "jail")
def test_the_terminal_shows_its_case_and_says_nothing_of_networks(tmp_path: Path) -> None:
    _, said = on_the_command_line(WRONG, tmp_path)
    assert "x = np.array([1.0])" in said
    assert "First to differ: cube at [0, 0, 0]." in said
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
    record = records.Revision(
        id=revision.id,
        course="spreading",
        assignment=revision.assignment_json,
        assignment_id=revision.assignment.id,
        title=revision.assignment.title,
        networks_sha256=revision.networks_sha256,
        published=0.0,
    )
    made.store.assignments.publish(record, toy.dump(revision))
    return made


def graded(context: Context, text: str) -> records.Submission:
    """Hand it in, and let the worker do it."""
    new = NewSubmission("spreading", "toy-1", toy.drawn().id, "ann", "mine.py", text.encode())
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


def link(context: Context, found: records.Submission) -> str:
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
    assert "The smallest case on which it goes wrong" in text
    assert "The first to differ is <code>cube[0, 0, 0]</code>" in text
    assert 'class="map' in text
    assert '<svg class="net' not in text


def test_the_form_to_hand_it_in_names_its_function(published: Context) -> None:
    app = create_app(published.settings, published.store)
    with app.test_request_context():
        path = str(links.hand_in("spreading", "toy-1", "ann", None))
    text = page(published, path)
    assert "<code>spread</code>" in text
    assert "network" not in text.lower()
