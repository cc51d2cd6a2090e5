"""A class that handed in for two weeks: verdicts of real gradings, each given to many students."""

from backmark.grader.model.records import Job, Kind
from backmark.grader.model.verdict import Verdict
from backmark.grader.store import keys
from backmark.grader.store.search import Filter
from backmark.grader.store.store import Store
from backmark.grader.store.submissions import NewSubmission
from tests.pages.house import ASSIGNMENT, House
from tests.service.parts import EXAMPLES

#: A course of its own, so that nobody else's submissions are in the figures.
CLASS = "cs-202"
#: What each student hands in, one after the other: by example, and how many students do so.
WAYS = (
    (("no_relu_derivative.ipynb", "right.ipynb"), 9),
    (("todo_left.ipynb", "no_relu_derivative.ipynb", "right.ipynb"), 6),
    (("missing_transpose.py", "missing_transpose.py", "right_loops.py"), 5),
    (("mask_from_wrong_layer.py",), 4),
    (("through_weight_gradients.py", "mask_from_wrong_layer.py"), 3),
    (("weight_template.py", "right_loops.py"), 3),
    (("unfilled.ipynb", "todo_left.ipynb"), 2),
    (("right_loops.py",), 5),
)


def seat_class(house: House) -> None:
    """The class, as it stands after two weeks; made once."""
    if house.store.submissions.list(Filter(CLASS), 1).items:
        return
    verdicts = {name: _judge_example(house, name) for ways, _ in WAYS for name in ways}
    sources = {example.name: example.read_bytes() for example in EXAMPLES}
    number = 0
    for ways, students in WAYS:
        for _ in range(students):
            number += 1
            for name in ways:
                _give_verdict(house, f"student-{number:02}", name, sources[name], verdicts[name])
    _spread(house.store)


def _judge_example(house: House, name: str) -> Verdict:
    """An example's verdict, from a worker."""
    source = next(example for example in EXAMPLES if example.name == name).read_bytes()
    record = house.grade(source, name, f"model-{name.partition('.')[0]}")
    verdict = house.store.submissions.verdict(record.id)
    assert verdict is not None, record
    return verdict


def _give_verdict(house: House, student: str, name: str, source: bytes, verdict: Verdict) -> None:
    revision = house.store.assignments.current(CLASS, ASSIGNMENT)
    assert revision is not None
    submission_id = house.store.submissions.accept(
        NewSubmission(CLASS, ASSIGNMENT, revision.id, student, name, source)
    ).id
    claim = house.store.jobs.claim(Job(Kind.SUBMISSION, submission_id))
    assert claim is not None
    assert house.store.submissions.finish(claim, verdict)


def _spread(store: Store) -> None:
    """As if all had not come within a second: over the two weeks before, more of them towards the end."""
    newest_first = store.submissions.list(Filter(CLASS), 1000).items
    for place, submission in enumerate(newest_first):
        ago = 14 * 86400 * (place / len(newest_first)) ** 2
        at = f"{1000 * (submission.created - ago):.3f}"
        store.redis.hset(keys.key(Kind.SUBMISSION, submission.id), "created", at)
        student = submission.student
        for parts in (("all",), ("assignment", ASSIGNMENT), ("student", student), ("both", ASSIGNMENT, student)):
            store.redis.zadd(keys.key("index", CLASS, *parts), {submission.id: at}, xx=True)
